package fleet

import (
	"context"
	_ "embed" // for the script
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

//go:embed closures.sh
var closuresScript []byte

// Closures are the closures of some store paths, as one machine has them.
type Closures struct {
	roots []string
	paths []closurePath
	lacks map[string]string // why a root has none there
}

// closurePath is a store path and which of the roots need it.
type closurePath struct {
	path nixcmd.StorePath
	size int64
	of   []bool // by root
}

// closuresOf is the script that asks for the closures of roots, which are store paths.
func closuresOf(roots []string) []byte {
	return slices.Concat([]byte("roots='"+strings.Join(roots, " ")+"'\n"), closuresScript, []byte(endLine))
}

// ReadClosures reads the closures of store paths on one machine. A path that is
// not there is no error: see Lacks.
func ReadClosures(ctx context.Context, r sshutil.Runner, roots []string) (*Closures, error) {
	for _, root := range roots {
		if p, ok := nixcmd.ParseStorePath(root); !ok || string(p) != root {
			return nil, &Error{Message: fmt.Sprintf("%q is no store path", root), Hint: "Only what is in /nix/store has a closure."}
		}
	}
	result, err := r.Run(ctx, sshutil.Command{Line: scriptCommand, Stdin: closuresOf(roots), MaxOutput: maxClosuresOutput})
	if err != nil {
		return nil, err
	}
	c, err := parseClosures(roots, result.Stdout)
	if err != nil {
		return nil, unanswered(result, err)
	}
	return c, nil
}

// parseClosures reads what closuresOf(roots) prints for these roots.
func parseClosures(roots []string, out []byte) (*Closures, error) {
	c := &Closures{roots: roots, lacks: map[string]string{}}
	sized, ended := 0, false
	for line := range strings.Lines(string(out)) {
		_, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), marker)
		key, value, _ := strings.Cut(rest, "\t")
		switch key {
		case "lacks":
			number, why, _ := strings.Cut(value, " ")
			if n := whole(number); n > 0 && n <= len(roots) {
				c.lacks[roots[n-1]] = text.Truncate(text.Line(why), maxSentence)
			}
		case "path":
			if p, ok := c.pathOf(value); ok {
				c.paths = append(c.paths, p)
			}
		case "size":
			size, err := strconv.ParseInt(value, 10, 64)
			if err == nil && size >= 0 && sized < len(c.paths) {
				c.paths[sized].size = size
			}
			sized++
		case "end":
			ended = true
		}
	}
	if !ended || sized != len(c.paths) {
		return nil, fmt.Errorf("the answer about closures is cut off: %d paths, %d sizes", len(c.paths), sized)
	}
	return c, nil
}

// pathOf reads a path with the numbers of its roots: "1,3 /nix/store/…".
func (c *Closures) pathOf(value string) (closurePath, bool) {
	numbers, path, _ := strings.Cut(value, " ")
	p, ok := nixcmd.ParseStorePath(path)
	if !ok {
		return closurePath{}, false
	}
	found := closurePath{path: p, of: make([]bool, len(c.roots))}
	for number := range strings.SplitSeq(numbers, ",") {
		if n := whole(number); n > 0 && n <= len(c.roots) {
			found.of[n-1] = true
		}
	}
	return found, true
}

// Lacks says in Nix's words why root has no closure there, or "".
func (c *Closures) Lacks(root string) string { return c.lacks[root] }

// Of is the closure of one of the roots; nil when the machine lacks it.
func (c *Closures) Of(root string) nixcmd.Closure {
	i := slices.Index(c.roots, root)
	if i < 0 || c.lacks[root] != "" {
		return nil
	}
	closure := nixcmd.Closure{}
	for _, p := range c.paths {
		if p.of[i] {
			closure[p.path] = p.size
		}
	}
	return closure
}

// Alone is how many bytes nothing but these roots holds: what would be free if
// they went, as far as no other root on that machine needs it.
func (c *Closures) Alone(roots ...string) int64 {
	going := make([]bool, len(c.roots))
	for i, root := range c.roots {
		going[i] = slices.Contains(roots, root)
	}
	var sum int64
	for _, p := range c.paths {
		only := slices.Contains(p.of, true)
		for i, needs := range p.of {
			only = only && (!needs || going[i])
		}
		if only {
			sum += p.size
		}
	}
	return sum
}

// SizesAlone estimates what each generation alone holds, by the path of its
// system: what neither another generation nor the running or booted system nor
// a pin needs. Other roots on the host are not looked at.
func SizesAlone(ctx context.Context, r sshutil.Runner, g Generations) (map[string]int64, error) {
	roots := g.roots()
	c, err := ReadClosures(ctx, r, roots)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for _, one := range g.Generations {
		if !one.Gone && c.Lacks(one.Path) == "" {
			sizes[one.Path] = c.Alone(one.Path)
		}
	}
	return sizes, nil
}

// roots are the systems that are kept on the host, each once.
func (g Generations) roots() []string {
	var roots []string
	for _, one := range g.Generations {
		if !one.Gone {
			roots = append(roots, one.Path)
		}
	}
	roots = append(append(roots, g.Pins...), g.Reading.Current, g.Reading.Booted)
	slices.Sort(roots)
	return slices.DeleteFunc(slices.Compact(roots), func(p string) bool { return p == "" })
}
