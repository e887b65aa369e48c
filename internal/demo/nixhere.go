package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"

	"nixfleet-tui/sshutil"
)

// NixCommand is the word that this program starts its stand-in for nix with: see Nix.
const NixCommand = "nix"

// Nix is the stand-in for nix on this machine, as far as a new host needs it:
// build, path-info and copy. Nothing is built but a log; the paths are of the
// demo's hosts. It returns the exit status.
func Nix(ctx context.Context, c Call) int {
	n := nixHere{Call: c, speed: speedOf(c.Environ), all: newCatalogue([]host{newHost()})}
	if err := n.run(ctx); err != nil {
		if !errors.Is(err, errTold) && ctx.Err() == nil {
			fmt.Fprintln(c.Stderr, "error:", err)
		}
		return 1
	}
	return 0
}

// nixHere is one start of it.
type nixHere struct {
	Call
	speed float64
	all   catalogue
}

// option is the value of an option.
func (n nixHere) option(name string) string {
	if i := slices.Index(n.Args, name); i >= 0 && i+1 < len(n.Args) {
		return n.Args[i+1]
	}
	return ""
}

func (n nixHere) log() logOptions {
	return logOptions{json: n.option("--log-format") == "internal-json"}
}

func (n nixHere) run(ctx context.Context) error {
	last := n.Args[max(0, len(n.Args)-1):]
	switch {
	case len(last) == 0:
	case slices.Contains(n.Args, "build"):
		return n.build(ctx, last[0])
	case slices.Contains(n.Args, "path-info"):
		return n.pathInfo(last[0])
	case slices.Contains(n.Args, "copy"):
		return n.copy(ctx, last[0])
	}
	return errors.New("the demo's nix knows build, path-info and copy")
}

// build plays the build of the new host's system, and makes its link.
func (n nixHere) build(ctx context.Context, installable string) error {
	if !strings.Contains(installable, `#nixosConfigurations."`+NewHost+`"`) {
		return fmt.Errorf("the demo builds %s only", NewHost)
	}
	sys := systemOf(newHost(), revisions()[0])
	l := newLog(n.log(), "build here "+sys.drv)
	planBuild(sys, "").log(l) // which does not fail: its story has nothing that could
	if err := l.play(ctx, n.Stderr, n.speed); err != nil {
		return err
	}
	link := n.option("--out-link")
	if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(sys.path, link)
}

// pathInfo tells the closure of a system, with sizes.
func (n nixHere) pathInfo(path string) error {
	sys, ok := n.all[path]
	if !ok {
		return fmt.Errorf("path '%s' is not valid", path)
	}
	if !slices.Contains(n.Args, "--recursive") {
		fmt.Fprintln(n.Stdout, path)
		return nil
	}
	for _, member := range sys.closure() {
		fmt.Fprintf(n.Stdout, "%s\t%d\n", member.path, member.size)
	}
	return nil
}

// copy hands the system over to the installer.
func (n nixHere) copy(ctx context.Context, path string) error {
	sys, ok := n.all[path]
	if !ok {
		return fmt.Errorf("path '%s' is not valid", path)
	}
	to, err := url.Parse(n.option("--to"))
	if err != nil {
		return err
	}
	client, err := Connect(ctx, n.Dir, n.Self)
	if err != nil {
		return err
	}
	defer client.Close()
	target := to.Hostname()
	r := &remotes{dialer: &sshutil.Dialer{Resolver: client, Home: n.Dir}, open: map[string]*sshutil.Client{}, stderr: n.Stderr}
	defer r.close()
	if _, err := r.client(ctx, target); err != nil {
		return err
	}
	if err := copyLog(n.log(), sys, "local", "ssh://root@"+target).play(ctx, n.Stderr, n.speed); err != nil {
		return err
	}
	return r.send(ctx, target, path)
}
