package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"nixfleet-tui/sshutil"
)

// commands are the programs that the hosts have.
func commands() map[string]command {
	return map[string]command{
		":":        func(*call, context.Context, []string) int { return 0 },
		"true":     func(*call, context.Context, []string) int { return 0 },
		"false":    func(*call, context.Context, []string) int { return 1 },
		"echo":     (*call).echo,
		"sh":       (*call).sh,
		"bash":     (*call).sh,
		"exec":     (*call).prefix,
		"command":  (*call).prefix,
		"env":      (*call).env,
		"sudo":     (*call).sudo,
		"test":     (*call).test,
		"[":        (*call).test,
		"readlink": (*call).readlink,
		"mkdir":    func(*call, context.Context, []string) int { return 0 }, // directories are there when asked for
		"rm":       (*call).rm,
		"ln":       (*call).ln,
		"cat":      (*call).cat,
		"ls":       (*call).ls,
		"mv":       (*call).mv,
		"id":       (*call).id,
		"whoami":   (*call).whoami,
		"hostname": (*call).hostname,
		"uname":    (*call).uname,
		"uptime":   (*call).uptime,

		"reboot":        func(c *call, _ context.Context, _ []string) int { return c.reboot() },
		"pkill":         (*call).pkill,
		"systemctl":     (*call).systemctl,
		"systemd-run":   (*call).systemdRun,
		"nix":           (*call).nix,
		"nix-env":       (*call).nixEnv,
		"nix-store":     (*call).nixStore,
		"nix-daemon":    (*call).nixDaemon,
		"nixos-version": (*call).nixosVersion,

		"nixos-generate-config": (*call).generateConfig,
	}
}

// prefix is for the words that only stand in front of a command.
func (c *call) prefix(ctx context.Context, args []string) int {
	for len(args) > 0 && (args[0] == "--" || args[0] == "-v") {
		args = args[1:]
	}
	return c.words(ctx, args)
}

func (c *call) echo(_ context.Context, args []string) int {
	fmt.Fprintln(c.stdout, strings.Join(args, " "))
	return 0
}

// sh reads a script: from -c, or from its input.
func (c *call) sh(ctx context.Context, args []string) int {
	if i := slices.Index(args, "-c"); i >= 0 && i+1 < len(args) {
		if status, was := c.careful(args[i+1]); was {
			return status
		}
		return c.script(ctx, args[i+1])
	}
	status, err := sshutil.PlayShell(c.stdin, c.stdout, func(script string) int { return c.runScript(ctx, script) })
	if err != nil {
		fmt.Fprintln(c.stderr, "sh: reading the script:", err)
		return exitUsage
	}
	return status
}

// runScript runs what a shell was given on its stdin.
func (c *call) runScript(ctx context.Context, text string) int {
	if strings.HasPrefix(text, rootsAre) {
		return c.closures(text)
	}
	if status, was := c.installer(text); was {
		return status
	}
	if isProbe(text) {
		return c.probe(text)
	}
	if pattern, ok := leftoverPattern(text); ok {
		c.server.endBuilds(pattern)
		return 0
	}
	return c.script(ctx, text)
}

// env runs a command in another environment, of which the hosts have none.
func (c *call) env(ctx context.Context, args []string) int {
	for len(args) > 0 && (strings.HasPrefix(args[0], "-") || isAssignment(args[0])) {
		if isAssignment(args[0]) {
			c.assign(args[0])
		}
		args = args[1:]
	}
	return c.words(ctx, args)
}

// sudo asks nothing on these hosts.
func (c *call) sudo(ctx context.Context, args []string) int {
	c.root = true
	for len(args) > 0 && (strings.HasPrefix(args[0], "-") || isAssignment(args[0])) {
		option := args[0]
		args = args[1:]
		if slices.Contains([]string{"-u", "-g", "-p", "-C", "-D"}, option) && len(args) > 0 {
			args = args[1:]
		}
		if option == "--" {
			break
		}
	}
	return c.words(ctx, args)
}

// test knows -e, -f, -d, -L, -S, -r and -n of one operand.
func (c *call) test(_ context.Context, args []string) int {
	if n := len(args); n > 0 && args[n-1] == "]" {
		args = args[:n-1]
	}
	not := len(args) > 0 && args[0] == "!"
	if not {
		args = args[1:]
	}
	if len(args) != 2 {
		fmt.Fprintln(c.stderr, "test: the demo's hosts know `test -e PATH` and the like")
		return exitUsage
	}
	holds := args[1] != ""
	if args[0] != "-n" {
		_, holds = c.server.lookup(args[1])
	}
	if holds != not {
		return 0
	}
	return 1
}

func (c *call) readlink(_ context.Context, args []string) int {
	status := 0
	follow := false
	for _, a := range args {
		if strings.HasPrefix(a, "-") {
			follow = follow || strings.ContainsAny(a, "fem")
			continue
		}
		f, ok := c.server.lookup(a)
		switch {
		case ok && follow:
			fmt.Fprintln(c.stdout, f.real)
		case ok && f.link != "":
			fmt.Fprintln(c.stdout, f.link)
		default:
			status = 1
		}
	}
	return status
}

// rm removes garbage collector's roots, and nothing else.
func (c *call) rm(_ context.Context, args []string) int {
	status := 0
	for _, path := range args {
		switch {
		case strings.HasPrefix(path, "-"):
		case c.server.snapshot().Roots[path] != "":
			status = max(status, c.changed(func(m *machine) { delete(m.Roots, path) }))
		case !slices.Contains(args, "-f"):
			fmt.Fprintf(c.stderr, "rm: the demo's hosts remove roots only, and %s is none\n", path)
			status = 1
		}
	}
	return status
}

func (c *call) cat(_ context.Context, args []string) int {
	status := 0
	for _, a := range args {
		f, ok := c.server.lookup(a)
		if !ok || !f.file {
			fmt.Fprintf(c.stderr, "cat: %s: No such file or directory\n", a)
			status = 1
			continue
		}
		fmt.Fprint(c.stdout, f.text)
	}
	return status
}

func (c *call) whoami(context.Context, []string) int {
	user := c.user
	if c.root {
		user = "root"
	}
	fmt.Fprintln(c.stdout, user)
	return 0
}

func (c *call) id(ctx context.Context, args []string) int {
	switch {
	case slices.Contains(args, "-u") && c.root:
		fmt.Fprintln(c.stdout, "0")
	case slices.Contains(args, "-u"):
		fmt.Fprintln(c.stdout, "1000")
	case slices.Contains(args, "-un"):
		return c.whoami(ctx, nil)
	case slices.Contains(args, "-nG") && !c.root:
		fmt.Fprintln(c.stdout, "users wheel")
	default:
		fmt.Fprintln(c.stdout, c.idText())
	}
	return 0
}

// idText is what `id` prints.
func (c *call) idText() string {
	if c.root {
		return "uid=0(root) gid=0(root) groups=0(root)"
	}
	return fmt.Sprintf("uid=1000(%s) gid=100(users) groups=100(users),1(wheel)", c.user)
}

func (c *call) hostname(context.Context, []string) int {
	fmt.Fprintln(c.stdout, c.server.host.Name)
	return 0
}

func (c *call) uname(_ context.Context, args []string) int {
	b := c.server.snapshot().booted
	arch, _, _ := strings.Cut(b.arch, "-")
	switch strings.Join(args, " ") {
	case "-n":
		fmt.Fprintln(c.stdout, c.server.host.Name)
	case "-m":
		fmt.Fprintln(c.stdout, arch)
	case "-r":
		fmt.Fprintln(c.stdout, b.kernelVersion())
	case "-a":
		fmt.Fprintf(c.stdout, "Linux %s %s #1-NixOS SMP PREEMPT_DYNAMIC %s GNU/Linux\n", c.server.host.Name, b.kernelVersion(), arch)
	default:
		fmt.Fprintln(c.stdout, "Linux")
	}
	return 0
}

func (c *call) uptime(context.Context, []string) int {
	s := c.server.snapshot()
	up := s.now.Sub(s.BootedAt)
	fmt.Fprintf(c.stdout, " %s  up %d days %2d:%02d,  0 users,  load average: %s\n", s.now.UTC().Format("15:04:05"),
		int(up/day), int(up.Hours())%24, int(up.Minutes())%60, strings.ReplaceAll(s.loads(), " ", ", "))
	return 0
}

func (c *call) nixosVersion(_ context.Context, args []string) int {
	s := c.server.snapshot().current
	switch {
	case slices.Contains(args, "--json"):
		fmt.Fprintln(c.stdout, s.versionJSON())
	case slices.Contains(args, "--configuration-revision"):
		fmt.Fprintln(c.stdout, s.rev)
	default:
		fmt.Fprintf(c.stdout, "%s (Yarara)\n", s.label)
	}
	return 0
}

// versionJSON is what `nixos-version --json` prints.
func (s system) versionJSON() string {
	return fmt.Sprintf(`{"configurationRevision":"%s","nixosVersion":"%s"}`, s.rev, s.label)
}
