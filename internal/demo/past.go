package demo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// pastAnswers are what a host tells of its generations.
func (s snapshot) pastAnswers(all catalogue) []answer {
	answers := []answer{{"init", "systemd 1"}}
	for _, g := range s.Generations {
		key := "gen " + strconv.Itoa(g.Number) + " "
		sys := all[g.Path]
		answers = append(answers,
			answer{key + "time", strconv.FormatInt(g.Created.Unix(), 10)},
			answer{key + "path", g.Path})
		if !s.valid(g.Path) {
			answers = append(answers, answer{key + "gone", "1"})
			continue
		}
		answers = append(answers,
			answer{key + "label", sys.label},
			answer{key + "init", "systemd 1"},
			answer{key + "boot", strings.Join([]string{sys.part("kernel"), sys.part("initrd"), sys.part("kernel-modules")}, " ")},
			answer{key + "kernel", sys.kernelVersion()},
			answer{key + "special", sys.specialisations()},
			answer{key + "loader", sys.loader()},
			answer{key + "nixos", sys.versionJSON()})
	}
	for _, root := range sortedRoots(s.Roots) {
		if name, ok := strings.CutPrefix(root, pinDir); ok {
			answers = append(answers, answer{"pin " + name, s.Roots[root]})
		}
	}
	return answers
}

// pinDir is where roots of generations that somebody pinned stand.
const pinDir = "/nix/var/nix/gcroots/nixfleet/"

func sortedRoots(roots map[string]string) []string {
	var names []string
	for name := range roots {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// specialisations are the variants of a system: the laptop and the desktop have some.
func (s system) specialisations() string {
	switch s.host {
	case "kelyus":
		return "gaming"
	case "sifaka":
		return "on-the-road"
	}
	return ""
}

// loader is the program that writes the system's boot menu. The database was
// moved from GRUB to systemd-boot with its last big update.
func (s system) loader() string {
	switch {
	case s.isPi():
		return "extlinux-conf-builder"
	case s.host == "tsingy" && strings.HasPrefix(s.label, "25."):
		return "install-grub.sh"
	}
	return "install-systemd-boot.sh"
}

// member is a store path of a closure, and the size of its NAR in bytes.
type member struct {
	path string
	size int64
}

// packageVersions are packages that every system has: the newest version, then
// those of the revisions before, of which the last stands for all older ones.
func packageVersions() []string {
	return strings.Split(`glibc 2.42-32 2.42-32 2.40-66
systemd 258.2 258.2 258.1 257.9 257.8 257.7 257.6 257.5
openssh 10.2p1 10.2p1 10.1p1 10.0p2
openssl 3.6.0 3.6.0 3.5.4 3.5.2 3.5.1 3.4.1
curl 8.17.0 8.17.0 8.16.0 8.15.0 8.14.1 8.13.0
git 2.52.0 2.51.2 2.51.0 2.50.1 2.50.1 2.49.0
bash-interactive 5.3p3 5.3p3 5.3p3 5.2p37
coreutils-full 9.8 9.8 9.8 9.7
util-linux 2.41.2 2.41.2 2.41.2 2.41.1 2.41
perl 5.42.0 5.42.0 5.42.0 5.40.0
python3 3.13.9 3.13.9 3.13.7 3.13.6 3.13.5 3.13.4 3.12.11
sudo 1.9.17p2 1.9.17p2 1.9.17p2 1.9.17p1 1.9.16p2
dbus-broker 37 37 37 36
iproute2 6.17.0 6.17.0 6.16.0 6.15.0
nftables 1.1.5 1.1.5 1.1.5 1.1.3
gnugrep 3.12
gawk 5.3.2
zlib 1.3.1
sqlite 3.50.4 3.50.4 3.50.4 3.50.2 3.48.0
tzdata 2025b
nano 8.7 8.6 8.6 8.5 8.4
linux-firmware 20251111 20251021 20250917 20250808 20250627`, "\n")
}

// closure is what a system needs to run, itself included.
func (s system) closure() []member {
	at := slices.IndexFunc(revisions(), func(r revision) bool { return r.rev == s.rev })
	shared := func(name string) member { return member{storePath(s.arch, name), narSize(name)} }
	own := func(name string, kib int64) member { return member{storePath(s.host+s.rev, name), kib << 10} }
	const etcKiB, unitsKiB, systemKiB, initrdKiB = 96, 340, 24, 21 << 10
	all := []member{
		{s.path, systemKiB << 10}, own("etc", etcKiB), own("system-units", unitsKiB),
		shared("nix-" + s.nix), {storePath(s.arch+" "+s.kernelVersion(), "linux-"+s.kernelVersion()), 13 << 20}, {s.part("kernel-modules"), 118 << 20},
		{storePath(s.arch+" "+s.kernelVersion()+" "+s.host, "initrd-linux-"+s.kernelVersion()), initrdKiB << 10},
	}
	known := map[string]bool{}
	for _, line := range packageVersions() {
		words := strings.Fields(line)
		known[words[0]] = true
		all = append(all, shared(words[0]+"-"+words[min(1+at, len(words)-1)]))
	}
	st := storyOf(s.host)
	for _, name := range slices.Concat(st.fetched, st.builtHere) {
		if base, _ := splitName(name); known[base] || strings.HasPrefix(name, "linux-") || strings.HasPrefix(name, "initrd-") || strings.HasSuffix(name, ".tar.xz") {
			continue
		}
		if at > 0 {
			name = earlier(name)
		}
		all = append(all, shared(name))
	}
	slices.SortFunc(all, func(a, b member) int { return strings.Compare(a.path, b.path) })
	return slices.CompactFunc(all, func(a, b member) bool { return a.path == b.path })
}

// narSize is how big something of that name could be: a package much as big as
// its other versions, and what is generated small.
func narSize(name string) int64 {
	base, version := splitName(name)
	if version == "" {
		const most = 40 << 10
		return 1<<10 + seeded(name).Int64N(most)
	}
	const spread = 0.02 // between versions
	size := float64(sizeOf(name, seeded(base)))
	return int64(size * (1 + spread*seeded(name).Float64()))
}

// earlier is a package at the version before: its last number is one less.
func earlier(name string) string {
	end := strings.LastIndexAny(name, "0123456789") + 1
	begin := end
	for begin > 0 && name[begin-1] >= '0' && name[begin-1] <= '9' {
		begin--
	}
	n, err := strconv.Atoi(name[begin:end])
	if base, version := splitName(name); err != nil || n == 0 || version == "" || begin <= len(base) {
		return name
	}
	return name[:begin] + strconv.Itoa(n-1) + name[end:]
}

// closures answers the script that asks for the closures of the paths in its
// first line.
func (c *call) closures(script string) int {
	snap := c.server.snapshot()
	first, _, _ := strings.Cut(script, "\n")
	of, sizes := map[string][]string{}, map[string]int64{}
	var out, told strings.Builder
	for i, root := range strings.Fields(strings.Trim(strings.TrimPrefix(first, rootsAre), "'")) {
		number := strconv.Itoa(i + 1)
		if !snap.valid(root) {
			fmt.Fprintf(&out, "%s\tlacks\t%s error: path '%s' is not valid\n", probeMark, number, root)
			continue
		}
		for _, m := range c.server.all[root].closure() {
			of[m.path], sizes[m.path] = append(of[m.path], number), m.size
		}
	}
	for path, numbers := range of {
		fmt.Fprintf(&out, "%s\tpath\t%s %s\n", probeMark, strings.Join(numbers, ","), path)
		fmt.Fprintf(&told, "%s\tsize\t%d\n", probeMark, sizes[path])
	}
	fmt.Fprintf(c.stdout, "%s%s%s\tend\t1\n", &out, &told, probeMark)
	return 0
}

// rootsAre begins a script that asks for closures.
const rootsAre = "roots="

// ln makes garbage collector's roots, and nothing else.
func (c *call) ln(_ context.Context, args []string) int {
	var words []string
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			words = append(words, a)
		}
	}
	if len(words) != 2 || !strings.HasPrefix(words[1], "/nix/var/nix/gcroots/") || !c.server.snapshot().valid(words[0]) {
		fmt.Fprintln(c.stderr, "ln: the demo's hosts make roots only, of what is in their store")
		return 1
	}
	if !c.root {
		fmt.Fprintf(c.stderr, "ln: failed to create symbolic link '%s': Permission denied\n", words[1])
		return 1
	}
	return c.changed(func(m *machine) { m.Roots[words[1]] = words[0] })
}

// deleteGenerations is nix-env's --delete-generations, which spares the one
// that the profile points to.
func (m *machine) deleteGenerations(numbers []int) {
	m.Generations = slices.DeleteFunc(m.Generations, func(g generation) bool { return g.Number != m.Profile && slices.Contains(numbers, g.Number) })
}

// collectGarbage forgets the systems that nothing leads to, and says what that
// has freed.
func (c *call) collectGarbage() int {
	snap := c.server.snapshot()
	kept := []string{snap.Current, snap.Booted}
	for _, g := range snap.Generations {
		kept = append(kept, g.Path)
	}
	for _, path := range snap.Roots {
		kept = append(kept, path)
	}
	left := map[string]int64{} // what goes, as far as nothing that stays needs it
	for _, path := range snap.Store {
		if !slices.Contains(kept, path) && !strings.HasSuffix(path, ".drv") {
			for _, m := range c.server.all[path].closure() {
				left[m.path] = m.size
			}
		}
	}
	var freed int64
	for _, path := range kept {
		for _, m := range c.server.all[path].closure() {
			delete(left, m.path)
		}
	}
	for _, size := range left {
		freed += size
	}
	fmt.Fprintf(c.stdout, "%d store paths deleted, %.2f MiB freed\n", len(left), float64(freed)/(1<<20))
	return c.changed(func(m *machine) {
		m.Store = slices.DeleteFunc(m.Store, func(path string) bool { return !slices.Contains(kept, path) && !strings.HasSuffix(path, ".drv") })
	})
}
