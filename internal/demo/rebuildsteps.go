package demo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// step runs a command on a host, what it prints going to stderr.
func (b *rebuild) step(ctx context.Context, host, line string) error {
	if host == "" {
		return b.notHere()
	}
	status, err := b.remotes.run(ctx, host, b.hurry()+line, b.say)
	if err != nil || status != 0 {
		return &failure{line, status}
	}
	return nil
}

func (b *rebuild) say(line string) { fmt.Fprintln(b.stderr, line) }

// notHere refuses to activate anything on the machine that the demo runs on.
func (b *rebuild) notHere() error {
	fmt.Fprintln(b.stderr, "error: the demo changes nothing on this machine: it needs --target-host")
	return &failure{"test", 1}
}

// hurry passes the speed on to a host.
func (b *rebuild) hurry() string {
	if b.speed == 1 {
		return ""
	}
	return speedVariable + "=" + strconv.FormatFloat(b.speed, 'g', -1, 64) + " "
}

// onTarget runs a command on the target, as root if sudo was asked for.
func (b *rebuild) onTarget(ctx context.Context, line string) error {
	if b.sudo {
		line = "sudo " + line
		if b.agent != "" && !vouched(ctx, b.agent) {
			fmt.Fprintln(b.stderr, "sudo: a password is required")
			return &failure{line, 1}
		}
	}
	return b.step(ctx, b.target, line)
}

// activate runs switch-to-configuration in its transient unit.
func (b *rebuild) activate(ctx context.Context, path string) error {
	if err := b.step(ctx, b.target, "test -d /run/systemd/system"); err != nil {
		return err
	}
	words := []string{"systemd-run", "-E", "LOCALE_ARCHIVE", "-E", "NIXOS_INSTALL_BOOTLOADER", "--collect", "--no-ask-password", "--pipe", "--quiet",
		"--service-type=exec", "--unit=" + activationUnit, path + "/bin/switch-to-configuration", b.action}
	return b.onTarget(ctx, strings.Join(words, " "))
}

// copyPlain is nix-copy-closure, which shows its progress as plain lines, and
// none of what the host has already.
func (b *rebuild) copyPlain(ctx context.Context, host, path string) error {
	if host == "" {
		return b.notHere()
	}
	failed := &failure{"nix-copy-closure --to " + host + " " + path, 1}
	switch status, err := b.remotes.run(ctx, host, "test -e "+path, b.say); {
	case err != nil:
		return failed
	case status == 0:
		return nil
	}
	if err := b.closureLog(path, "ssh://"+host).play(ctx, b.stderr, b.speed); err != nil {
		return err
	}
	if err := b.remotes.send(ctx, host, path); err != nil {
		return failed
	}
	return nil
}

// closureLog is what nix-copy-closure prints for a system or its derivation.
func (b *rebuild) closureLog(path, to string) *log {
	sys := b.all[path]
	plan := planBuild(sys, "")
	var paths []string
	for _, r := range append(plan.build, plan.last...) {
		if path == sys.drv {
			paths = append(paths, plan.drv(r))
			continue
		}
		paths = append(paths, plan.out(r))
	}
	l := newLog(logOptions{}, "copy "+path)
	l.lineAt(0, fmt.Sprintf("copying %d paths...", len(paths)))
	for i, p := range paths {
		l.lineAt(copyEachDrv*time.Duration(i), fmt.Sprintf("copying path '%s' to '%s'...", p, to))
	}
	l.until(copyEachDrv * time.Duration(len(paths)))
	return l
}

// buildThere builds on the build host, which logs as it goes.
func (b *rebuild) buildThere(ctx context.Context, sys system) (string, error) {
	words := []string{"nix", "--extra-experimental-features", "'nix-command flakes'", "build", "'" + sys.drv + "^*'", "--no-link"}
	if b.action == "dry-build" {
		words = append(words, "--dry-run")
	} else {
		words = append(words, "--print-out-paths")
	}
	if b.log.json {
		words = append(words, "--log-format", "internal-json")
	}
	if b.log.lines {
		words = append(words, "--print-build-logs")
	}
	path := ""
	status, err := b.remotes.run(ctx, b.build, b.hurry()+strings.Join(words, " "), func(line string) {
		if line == sys.path { // what the real one takes from stdout
			path = line
			return
		}
		b.say(line)
	})
	if err != nil || status != 0 {
		return "", &failure{"nix build", status}
	}
	return path, nil
}

// buildHere builds on this machine: nothing but a log, with the big builds
// sent to a builder, and then a copy to the target.
func (b *rebuild) buildHere(ctx context.Context, sys system) (string, error) {
	plan := planBuild(sys, remoteStore(sys.arch))
	l := newLog(b.log, "build here "+sys.drv)
	failed := false
	if b.action == "dry-build" {
		plan.announce(l)
	} else {
		failed = plan.log(l)
	}
	if err := l.play(ctx, b.stderr, b.speed); err != nil {
		return "", err
	}
	switch {
	case failed:
		return "", &failure{"nix build", 1}
	case b.action == "dry-build":
		return "", nil
	case b.action == "build" && b.target == "":
		return sys.path, nil
	}
	return sys.path, b.copyPlain(ctx, b.target, sys.path)
}

// copyBetween is `nix copy` from the build host to the target.
func (b *rebuild) copyBetween(ctx context.Context, path string) error {
	const command = "nix copy"
	if _, err := b.remotes.client(ctx, b.target); err != nil {
		return &failure{command, 1}
	}
	if err := copyLog(b.log, b.all[path], "ssh://"+b.build, "ssh://"+b.target).play(ctx, b.stderr, b.speed); err != nil {
		return err
	}
	if err := b.remotes.send(ctx, b.target, path); err != nil {
		return &failure{command, 1}
	}
	return nil
}

// copyLog is what `nix copy` prints of a system.
func copyLog(o logOptions, sys system, from, to string) *log {
	l := newLog(o, "copy "+sys.path)
	plan := planBuild(sys, "")
	paths := plan.fetch
	for _, r := range append(plan.build, plan.last...) {
		paths = append(paths, fetched{plan.out(r), ownBuildSize})
	}
	all := l.start(0, actCopyPaths, levelInfo, 0, fmt.Sprintf("copying %d paths", len(paths)))
	at := 200 * time.Millisecond
	for i, p := range paths {
		l.progress(at, all, int64(i), int64(len(paths)), 1, 0)
		id := l.start(at, actCopyPath, levelInfo, all, fmt.Sprintf("copying path '%s' from '%s' to '%s'", p.path, from, to), text(p.path), text(from), text(to))
		at = logBytes(l, at, id, p.bytes, copyRate)
		l.stop(at, id)
	}
	l.progress(at, all, int64(len(paths)), int64(len(paths)), 0, 0)
	l.stop(at, all)
	return l
}
