package demo

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"nixfleet-tui/nixcmd"
)

// The scripts that put a host back, and that make it watch over itself, are
// more than the hosts' shell knows; the words at their end are what they are about.
var (
	restoreWords = regexp.MustCompile(`nf_restore (\d+) (/nix/store/\S+) (/nix/store/\S+) (switch|boot|test)\b`)
	armWords     = regexp.MustCompile(`\nnf_arm \d+ \d+ (switch|boot|test)\b`)
)

// careful runs a script of careful rollouts, and says whether it was one.
func (c *call) careful(script string) (status int, was bool) {
	if m := restoreWords.FindStringSubmatch(script); m != nil {
		generation, _ := strconv.Atoi(m[1]) // digits, by the pattern
		return c.restore(generation, m[2], m[3], m[4]), true
	}
	if armWords.MatchString(script) {
		return c.arm(), true
	}
	return 0, false
}

// restore puts the host back on the systems that it had.
func (c *call) restore(generation int, profile, running, action string) int {
	snap := c.server.snapshot()
	if generation != 0 && snap.Profile != generation {
		fmt.Fprintf(c.stdout, "undoing: the system profile goes back to generation %d\n", generation)
		if status := c.switchGeneration(snap, generation); status != 0 {
			return status
		}
	}
	system := running
	if action == string(nixcmd.Boot) {
		system = profile
	}
	fmt.Fprintf(c.stdout, "undoing: %s/bin/switch-to-configuration %s\n", system, action)
	return c.changed(func(m *machine) {
		if action != string(nixcmd.Boot) {
			m.Current = running
		}
		m.recover(c.server.story.switchFails...)
	})
}

// arm makes the host watch over itself. It never has to go back by itself here:
// no system of the demo locks anybody out.
func (c *call) arm() int {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if c.server.watch == "armed" {
		fmt.Fprintln(c.stderr, "another deployment of this host waits to be confirmed, or is being undone")
		return 1
	}
	c.server.watch = "armed"
	return 0
}

// mv knows how a host's watch over itself goes from one state to another.
func (c *call) mv(_ context.Context, args []string) int {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if len(args) != 2 || args[0] != path.Join(nixcmd.ConfirmDir, c.server.watch) || c.server.watch == "" {
		fmt.Fprintf(c.stderr, "mv: cannot stat '%s': No such file or directory\n", strings.Join(args[:min(1, len(args))], ""))
		return 1
	}
	c.server.watch = path.Base(args[1])
	return 0
}

// ls knows the directory of that watch.
func (c *call) ls(_ context.Context, args []string) int {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if len(args) != 1 || args[0] != nixcmd.ConfirmDir || c.server.watch == "" {
		fmt.Fprintf(c.stderr, "ls: cannot access '%s': No such file or directory\n", strings.Join(args, " "))
		return exitUsage
	}
	fmt.Fprintln(c.stdout, c.server.watch)
	return 0
}
