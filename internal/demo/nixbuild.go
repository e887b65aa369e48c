package demo

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// nix builds derivations that the host has, and answers a few questions.
func (c *call) nix(ctx context.Context, args []string) int {
	var words []string
	remote := false // it is about the store of another machine
	log := logOptions{}
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "--version":
			fmt.Fprintf(c.stdout, "nix (Nix) %s\n", c.server.snapshot().current.nix)
			return 0
		case slices.Contains([]string{"--extra-experimental-features", "--max-jobs", "-j", "--cores", "--builders"}, a):
			i++
		case a == "--option":
			i += 2
		case a == "--store":
			i++
			remote = i < len(args) && strings.HasPrefix(args[i], "ssh")
		case a == "--log-format":
			i++
			log.json = i < len(args) && args[i] == "internal-json"
		case a == "-L" || a == "--print-build-logs":
			log.lines = true
		case !strings.HasPrefix(a, "-"):
			words = append(words, a)
		}
	}
	switch {
	case remote && c.root && len(words) > 0: // a builder, which trusts who sends builds
		if words[0] == "store" {
			fmt.Fprintf(c.stdout, `{"trusted":true,"url":"ssh-ng://","version":"%s"}`+"\n", c.server.snapshot().current.nix)
		}
		return 0
	case c.noDaemon():
		return 1
	case len(words) == 2 && words[0] == "build":
		return c.nixBuild(ctx, strings.TrimSuffix(words[1], "^*"), slices.Contains(args, "--dry-run"), log)
	case len(words) == 2 && words[0] == "store" && (words[1] == "info" || words[1] == "ping"):
		fmt.Fprintf(c.stdout, `{"trusted":false,"url":"daemon","version":"%s"}`+"\n", c.server.snapshot().current.nix)
		return 0
	}
	fmt.Fprintln(c.stderr, "error: the demo's hosts know `nix build DRV^*` and `nix store info`")
	return 1
}

// noDaemon says, and tells, that the Nix daemon does not listen. Root needs none.
func (c *call) noDaemon() bool {
	if c.root || c.server.snapshot().daemonListens() {
		return false
	}
	fmt.Fprintf(c.stderr, "error: cannot connect to socket at '%s': Connection refused\n", daemonSocket)
	return true
}

// nixBuild realises a derivation, saying what it does as Nix would.
func (c *call) nixBuild(ctx context.Context, drv string, dry bool, o logOptions) int {
	s := c.server
	sys, known := s.all[drv]
	switch {
	case !known || !s.snapshot().valid(drv):
		fmt.Fprintf(c.stderr, "error: path '%s' is not valid\n", drv)
		return 1
	case s.snapshot().valid(sys.path):
		if !dry {
			fmt.Fprintln(c.stdout, sys.path)
		}
		return 0
	}
	plan := planBuild(sys, s.snapshot().elsewhere())
	if dry {
		log := newLog(o, "dry "+drv)
		plan.announce(log)
		return c.print(ctx, log)
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	defer s.building(&built{drv, end})()
	log := newLog(o, "build "+drv)
	failed := plan.log(log)
	if status := c.print(ctx, log); status != 0 {
		return status
	}
	if failed {
		return 1
	}
	if status := c.changed(func(m *machine) { m.add(sys.path) }); status != 0 {
		return status
	}
	fmt.Fprintln(c.stdout, sys.path)
	return 0
}

// print plays a log to stderr. A client that has gone ends it, and the build.
func (c *call) print(ctx context.Context, log *log) int {
	if err := log.play(ctx, c.stderr, c.speed); err != nil {
		return exitInterrupted
	}
	return 0
}

// building counts a build that begins. What it returns says that it has ended.
func (s *server) building(b *built) (ended func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.builds[b] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.builds, b)
	}
}

// endBuilds interrupts the builds whose derivations match, and says how many.
func (s *server) endBuilds(pattern *regexp.Regexp) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for b := range s.builds {
		if pattern.MatchString(b.drv) {
			b.end()
			n++
		}
	}
	return n
}

// pkill interrupts builds, by the last word: a pattern for command lines.
func (c *call) pkill(_ context.Context, args []string) int {
	if len(args) == 0 {
		return exitUsage
	}
	pattern, err := regexp.Compile(args[len(args)-1])
	if err != nil {
		fmt.Fprintln(c.stderr, "pkill:", err)
		return exitUsage
	}
	if c.server.endBuilds(pattern) == 0 {
		return 1
	}
	return 0
}

// leftoverPattern recognises the script by which a cancelled run ends what it
// left behind: loops around pkill, which are more than the hosts' shell knows.
func leftoverPattern(script string) (*regexp.Regexp, bool) {
	if !strings.Contains(script, "pkill -$s") {
		return nil, false
	}
	_, rest, _ := strings.Cut(script, "p='")
	text, _, _ := strings.Cut(rest, "'")
	pattern, err := regexp.Compile(text)
	return pattern, err == nil && text != ""
}
