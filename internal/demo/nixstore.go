package demo

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// envArgs is what nix-env was asked for.
type envArgs struct {
	profile  string
	set      string // a store path
	switchTo int    // a generation
	rollback bool
	list     bool
	remove   []int // generations to delete
}

func parseEnv(args []string) envArgs {
	var a envArgs
	for i := 0; i < len(args); i++ {
		value := ""
		if i+1 < len(args) {
			value = args[i+1]
		}
		switch args[i] {
		case "-p", "--profile":
			a.profile = value
			i++
		case "--set":
			a.set = value
			i++
		case "--switch-generation", "-G":
			a.switchTo, _ = strconv.Atoi(value) // no number is no generation
			i++
		case "--rollback":
			a.rollback = true
		case "--list-generations":
			a.list = true
		case "--delete-generations":
			for _, word := range args[i+1:] {
				if n, err := strconv.Atoi(word); err == nil {
					a.remove = append(a.remove, n)
				}
			}
			i = len(args)
		}
	}
	return a
}

// nixEnv moves the system profile.
func (c *call) nixEnv(_ context.Context, args []string) int {
	a, snap := parseEnv(args), c.server.snapshot()
	switch {
	case a.profile != profilePath:
		fmt.Fprintf(c.stderr, "error: the demo's hosts have one profile, %s\n", profilePath)
		return 1
	case a.list:
		c.listGenerations(snap)
		return 0
	case !c.root:
		fmt.Fprintf(c.stderr, "error: opening lock file '%s.lock': Permission denied\n", profilePath)
		return 1
	case len(a.remove) > 0:
		return c.changed(func(m *machine) { m.deleteGenerations(a.remove) })
	case a.rollback:
		g, ok := snap.previous()
		if !ok {
			fmt.Fprintf(c.stderr, "error: no generation older than the current (%d) exists\n", snap.Profile)
			return 1
		}
		return c.switchGeneration(snap, g.Number)
	case a.set == "":
		return c.switchGeneration(snap, a.switchTo)
	case !snap.valid(a.set):
		fmt.Fprintf(c.stderr, "error: path '%s' does not exist and cannot be created\n", a.set)
		return 1
	}
	return c.changed(func(m *machine) { m.setProfile(a.set, c.server.now()) })
}

func (c *call) listGenerations(snap snapshot) {
	for _, g := range snap.Generations {
		current := ""
		if g.Number == snap.Profile {
			current = "   (current)"
		}
		fmt.Fprintf(c.stdout, "%4d   %s%s\n", g.Number, g.Created.UTC().Format(time.DateTime), current)
	}
}

func (c *call) switchGeneration(snap snapshot, to int) int {
	if _, ok := snap.generation(to); !ok {
		fmt.Fprintf(c.stderr, "error: generation %d does not exist\n", to)
		return 1
	}
	fmt.Fprintf(c.stderr, "switching profile from version %d to %d\n", snap.Profile, to)
	return c.changed(func(m *machine) { m.Profile, m.ProfileAt = to, snap.now })
}

// nixStore makes roots and takes paths. `--import` stands in for the export
// format: it reads the paths themselves, one a line.
func (c *call) nixStore(_ context.Context, args []string) int {
	snap := c.server.snapshot()
	var root string
	var paths []string
	for i, a := range args {
		switch {
		case a == "--add-root" && i+1 < len(args):
			root = args[i+1]
		case strings.HasPrefix(a, storeDir):
			paths = append(paths, a)
		}
	}
	switch {
	case slices.Contains(args, "--version"):
		fmt.Fprintf(c.stdout, "nix-store (Nix) %s\n", snap.current.nix)
		return 0
	case c.noDaemon():
		return 1
	case slices.Contains(args, "--import"):
		return c.importPaths()
	case slices.Contains(args, "--gc"):
		return c.collectGarbage()
	}
	for _, p := range paths {
		if !snap.valid(p) {
			fmt.Fprintf(c.stderr, "error: path '%s' does not exist and cannot be created\n", p)
			return 1
		}
	}
	if root == "" || len(paths) == 0 {
		fmt.Fprintln(c.stdout, strings.Join(paths, "\n"))
		return 0
	}
	fmt.Fprintln(c.stdout, root)
	return c.changed(func(m *machine) { m.Roots[root] = paths[0] })
}

func (c *call) importPaths() int {
	var paths []string
	for lines := bufio.NewScanner(c.stdin); lines.Scan(); {
		path := lines.Text()
		if _, ok := c.server.all[path]; !ok {
			fmt.Fprintf(c.stderr, "error: input is not a nar of the demo: %q\n", path)
			return 1
		}
		paths = append(paths, path)
	}
	fmt.Fprintln(c.stdout, strings.Join(paths, "\n"))
	return c.changed(func(m *machine) {
		for _, p := range paths {
			m.add(p)
		}
		if c.server.first != nil { // into the store at /mnt
			m.install(func(i *installing) { i.Copied = true })
		}
	})
}

// nixDaemon speaks the start of Nix's worker protocol, and tells which paths
// are valid. Anything else that is asked ends it.
func (c *call) nixDaemon(_ context.Context, args []string) int {
	if !slices.Contains(args, "--stdio") {
		fmt.Fprintln(c.stderr, "error: the demo's hosts know `nix-daemon --stdio`")
		return 1
	}
	if c.noDaemon() {
		return 1
	}
	w := worker{in: bufio.NewReader(c.stdin), out: c.stdout, snap: c.server.snapshot(), trusted: c.root}
	if err := w.talk(); err != nil {
		fmt.Fprintln(c.stderr, "error:", err)
		return 1
	}
	return 0
}
