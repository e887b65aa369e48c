package nixcmd

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

// Closure is a store path with all that it needs to run: each path with the
// size of its NAR in bytes.
type Closure map[StorePath]int64

// Size is the closure's size in bytes.
func (c Closure) Size() int64 {
	var sum int64
	for _, size := range c {
		sum += size
	}
	return sum
}

// PackageChange is how one package differs between two closures.
type PackageChange struct {
	Name    string
	Removed []string // versions that only the first closure has; "" is a version, too
	Added   []string // versions that only the second has
	Delta   int64    // bytes by which all paths of the package have grown
	Before  bool     // the first closure has the package, in whatever version
	After   bool     // the second has it
}

// shownDelta is the growth in bytes from which a change of size alone is worth
// a line (as in `nix store diff-closures`).
const shownDelta = 8 << 10

// DiffClosures compares two closures in the way of `nix store diff-closures`:
// paths are grouped by package, versions that only one side has are told, and
// sizes where they differ by 8 KiB or more (src/nix/diff-closures.cc, 2.4+). The
// changes are sorted by name, byte by byte.
func DiffClosures(before, after Closure) []PackageChange {
	old, now := packagesOf(before), packagesOf(after)
	names := maps.Clone(old)
	maps.Copy(names, now)
	var changes []PackageChange
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c := PackageChange{Name: name, Removed: missingIn(now[name].versions, old[name].versions), Added: missingIn(old[name].versions, now[name].versions),
			Delta: now[name].size - old[name].size, Before: old[name].versions != nil, After: now[name].versions != nil}
		if c.showsSize() || len(c.Removed)+len(c.Added) > 0 {
			changes = append(changes, c)
		}
	}
	return changes
}

func (c PackageChange) showsSize() bool { return max(c.Delta, -c.Delta) >= shownDelta }

// pkg is what a closure has of one package.
type pkg struct {
	versions map[string]bool
	size     int64
}

func packagesOf(c Closure) map[string]pkg {
	all := map[string]pkg{}
	for path, size := range c {
		name, version := packageVersion(path.Name())
		p := all[name]
		if p.versions == nil {
			p.versions = map[string]bool{}
		}
		p.versions[version] = true
		p.size += size
		all[name] = p
	}
	return all
}

func missingIn(where, versions map[string]bool) []string {
	var missing []string
	for v := range versions {
		if !where[v] {
			missing = append(missing, v)
		}
	}
	slices.Sort(missing)
	return missing
}

// outputSuffix is what Nix takes for the name of an output at the end of a
// store path's name. It cannot tell "bin" from a version such as "unstable".
var outputSuffix = regexp.MustCompile(`^(.*)-([a-z]+|lib32|lib64)$`)

// packageVersion splits the name of a store path into the package and its
// version as Nix groups them: without an output's name at the end, and cut at
// the first dash that no letter follows. A name without a version has "".
func packageVersion(name string) (pkg, version string) {
	if m := outputSuffix.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	pkg = PackageName(name)
	return pkg, strings.TrimPrefix(name[len(pkg):], "-")
}

// String is the change as `nix store diff-closures` prints it without colours
// (up to Nix 2.32, which gives all sizes in KiB): "openssl: 3.0.7 → 3.0.8, +12.6 KiB".
func (c PackageChange) String() string {
	var items []string
	if versions := c.Versions(); versions != "" {
		items = append(items, versions)
	}
	if c.showsSize() {
		const kib = 1024
		items = append(items, fmt.Sprintf("%+.1f KiB", float64(c.Delta)/kib))
	}
	return c.Name + ": " + strings.Join(items, ", ")
}

// Versions is the change of versions, such as "3.0.7 → 3.0.8", with ∅ for no
// package and ε for one without a version; "" when only its size differs.
func (c PackageChange) Versions() string {
	if len(c.Removed)+len(c.Added) == 0 {
		return ""
	}
	return showVersions(c.Removed) + " → " + showVersions(c.Added)
}

func showVersions(versions []string) string {
	if len(versions) == 0 {
		return "∅"
	}
	shown := make([]string, len(versions))
	for i, v := range versions {
		shown[i] = cmp.Or(v, "ε")
	}
	slices.Sort(shown) // by what is shown, as Nix does
	return strings.Join(shown, ", ")
}

// FormatBytes is a number of bytes for people, such as "12.6 MiB".
func FormatBytes(n int64) string {
	const kib = 1024
	f, unit := float64(n), 0
	for units := 4; math.Abs(f) >= kib && unit < units; unit++ {
		f /= kib
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %ciB", f, "KMGT"[unit-1])
}

// FormatDelta is FormatBytes with a sign.
func FormatDelta(n int64) string {
	if n > 0 {
		return "+" + FormatBytes(n)
	}
	return FormatBytes(n)
}
