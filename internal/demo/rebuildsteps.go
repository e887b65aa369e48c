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

// pathsInDerivation is how many store paths a system's derivation drags along
// that a host does not have.
const pathsInDerivation = 9

// copyPlain is nix-copy-closure, which shows its progress as plain lines.
func (b *rebuild) copyPlain(ctx context.Context, host, path string) error {
	if host == "" {
		return b.notHere()
	}
	if _, err := b.remotes.client(ctx, host); err != nil {
		return &failure{"nix-copy-closure --to " + host + " " + path, 1}
	}
	l := newLog(logOptions{})
	sys := b.all[path]
	var at time.Duration
	l.lineAt(at, fmt.Sprintf("copying %d paths...", pathsInDerivation))
	for _, r := range assembly(sys) {
		at += 60 * time.Millisecond
		l.lineAt(at, fmt.Sprintf("copying path '%s' to 'ssh://%s'...", derivationPath(sys.host+sys.rev, r.name), host))
	}
	for i := len(assembly(sys)); i < pathsInDerivation-1; i++ {
		at += 60 * time.Millisecond
		l.lineAt(at, fmt.Sprintf("copying path '%s' to 'ssh://%s'...", storePath(sys.path+strconv.Itoa(i), "builder.sh"), host))
	}
	at += 60 * time.Millisecond
	l.lineAt(at, fmt.Sprintf("copying path '%s' to 'ssh://%s'...", path, host))
	if err := l.play(ctx, b.stderr, b.speed); err != nil {
		return err
	}
	if err := b.remotes.send(ctx, host, path); err != nil {
		return &failure{"nix-copy-closure --to " + host + " " + path, 1}
	}
	return nil
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
	l := newLog(b.log)
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

// copyRate is how fast a closure goes through this machine, in bytes a second.
const copyRate = 14 << 20

// copyBetween is `nix copy` from the build host to the target.
func (b *rebuild) copyBetween(ctx context.Context, path string) error {
	const command = "nix copy"
	if _, err := b.remotes.client(ctx, b.target); err != nil {
		return &failure{command, 1}
	}
	sys := b.all[path]
	from, to := "ssh://"+b.build, "ssh://"+b.target
	l := newLog(b.log)
	plan := planBuild(sys, "")
	paths := plan.fetch
	for _, r := range append(plan.build, plan.last...) {
		paths = append(paths, fetched{storePath(sys.path, r.name), 300 << 10})
	}
	paths[len(paths)-1].path = path
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
	if err := l.play(ctx, b.stderr, b.speed); err != nil {
		return err
	}
	if err := b.remotes.send(ctx, b.target, path); err != nil {
		return &failure{command, 1}
	}
	return nil
}
