package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"nixfleet-tui/sshutil"
)

// Call is how a stand-in for a program of this machine is called.
type Call struct {
	Dir     string   // the demo's directory
	Self    []string // starts the demo's daemon, see Connect
	Args    []string
	Environ []string // NIXFLEET_DEMO_SPEED in it makes it faster
	Stdout  io.Writer
	Stderr  io.Writer
}

// Rebuild is the stand-in for nixos-rebuild (its Python dialect): the same
// arguments, texts and exit codes, and the same commands on the hosts over
// SSH. It returns the exit status; ctx must end with SIGINT, as the real one
// is interrupted by it.
func Rebuild(ctx context.Context, c Call) int {
	a, err := parseRebuild(c.Args)
	for _, w := range a.warnings {
		fmt.Fprintln(c.Stderr, w)
	}
	switch {
	case err != nil:
		fmt.Fprintf(c.Stderr, "%s\n%v\n", rebuildUsage, err)
		return exitUsage
	case a.help:
		fmt.Fprintln(c.Stdout, rebuildUsage)
		return 0
	}
	client, err := Connect(ctx, c.Dir, c.Self)
	if err != nil {
		fmt.Fprintln(c.Stderr, "error:", err)
		return 1
	}
	defer client.Close()
	fleet, err := readFleet()
	if err != nil {
		fmt.Fprintln(c.Stderr, "error:", err)
		return 1
	}
	b := rebuild{
		rebuildArgs: a, all: newCatalogue(fleet), fleet: fleet, speed: speedOf(c.Environ), agent: askedBySudo(c.Environ), stdout: c.Stdout, stderr: c.Stderr,
		remotes: &remotes{dialer: &sshutil.Dialer{Resolver: client, Home: c.Dir}, open: map[string]*sshutil.Client{}, stderr: c.Stderr},
	}
	defer b.remotes.close()
	return b.run(ctx)
}

// rebuild is one run of nixos-rebuild.
type rebuild struct {
	rebuildArgs
	remotes *remotes
	all     catalogue
	fleet   []host
	speed   float64
	agent   string // socket of the one that sudo asks; "": it asks none
	stdout  io.Writer
	stderr  io.Writer
}

// failure is a step that ended with a status other than 0.
type failure struct {
	command string
	status  int
}

func (e *failure) Error() string {
	return fmt.Sprintf("Command '%s' returned non-zero exit status %d.", e.command, e.status)
}

// run does what was asked and turns what came of it into an exit status.
func (b *rebuild) run(ctx context.Context) int {
	fmt.Fprintln(b.stderr, "building the system configuration...")
	path, err := b.act(ctx)
	var failed *failure
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(b.stderr, "cleaning-up remote process, please wait...")
		return exitInterrupted
	case errors.As(err, &failed):
		fmt.Fprintln(b.stderr, failed)
		return failed.status
	case err != nil:
		return 1
	case path == "":
		return 0
	}
	fmt.Fprintln(b.stderr, "Done. The new configuration is")
	fmt.Fprintln(b.stdout, path)
	return 0
}

// act is the whole of it: find or build the system, then activate it.
func (b *rebuild) act(ctx context.Context) (path string, err error) {
	switch {
	case b.rollback:
		path = profilePath
		if err := b.onTarget(ctx, "nix-env --rollback -p "+profilePath); err != nil {
			return "", err
		}
		return path, b.activate(ctx, path)
	case b.storePath != "":
		path = b.storePath
		if err := b.copyPlain(ctx, b.target, path); err != nil {
			return "", err
		}
	default:
		if path, err = b.realise(ctx); err != nil || path == "" {
			return "", err
		}
	}
	if b.action == "build" {
		return path, nil
	}
	if err := b.step(ctx, b.target, "test -f "+path+"/nixos-version"); err != nil {
		return "", err
	}
	if b.action == "switch" || b.action == "boot" {
		if err := b.onTarget(ctx, "nix-env -p "+profilePath+" --set "+path); err != nil {
			return "", err
		}
	}
	return path, b.activate(ctx, path)
}

// realise evaluates the system and builds it where it is to be built. Of a dry
// build there is no path.
func (b *rebuild) realise(ctx context.Context) (string, error) {
	sys, err := b.evaluate(ctx)
	if err != nil {
		return "", err
	}
	if b.build == "" {
		return b.buildHere(ctx, sys)
	}
	if err := b.copyPlain(ctx, b.build, sys.drv); err != nil {
		return "", err
	}
	path, err := b.buildThere(ctx, sys)
	if err != nil || path == "" || b.action == "build" || b.target == b.build {
		return path, err
	}
	return path, b.copyBetween(ctx, path)
}

// evaluate finds the system that the flake wants.
func (b *rebuild) evaluate(ctx context.Context) (system, error) {
	r := seeded("evaluate " + b.attr)
	takes := evaluateLeast + time.Duration(r.Int64N(int64(evaluateMost-evaluateLeast)))
	l := newLog(b.log, "evaluate "+b.attr)
	installable := fmt.Sprintf(`%s#nixosConfigurations."%s".config.system.build.toplevel.drvPath`, b.flake, b.attr)
	id := l.start(0, actUnknown, levelTalk, 0, "evaluating derivation '"+installable+"'")
	l.stop(takes, id)
	l.until(takes)
	if err := l.play(ctx, b.stderr, b.speed); err != nil {
		return system{}, err
	}
	for _, h := range b.fleet {
		if h.Name == b.attr {
			return systemOf(h, b.revision()), nil
		}
	}
	fmt.Fprintf(b.stderr, "error: flake '%s' does not provide attribute 'nixosConfigurations.\"%s\".config.system.build.toplevel.drvPath'\n", b.flake, b.attr)
	return system{}, &failure{"nix eval", 1}
}

// revision is the one that the flake is pinned to, else the newest.
func (b *rebuild) revision() revision {
	for _, r := range revisions() {
		if strings.Contains(b.flake, r.rev) {
			return r
		}
	}
	return revisions()[0]
}
