package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bench is a person's machine as far as a test needs it: a directory with a
// flake, directories for state and cache, and a PATH of chosen programs.
type bench struct {
	t       *testing.T
	dir     string // working directory
	env     map[string]string
	in      string
	io      *IO
	out     bytes.Buffer
	err     bytes.Buffer
	signals chan os.Signal
	deaf    int // how many of the first listeners hear nothing
}

// newBench makes an empty one, off a terminal.
func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), signals: make(chan os.Signal, 2), env: map[string]string{
		"HOME": t.TempDir(), "XDG_STATE_HOME": t.TempDir(), "XDG_CACHE_HOME": t.TempDir(), "LANG": "C.UTF-8", "TERM": "xterm",
	}}
	b.io = &IO{Out: &b.out, Err: &b.err, Size: func() (int, int) { return defaultWidth, defaultHeight }}
	return b
}

// file writes a file into the working directory.
func (b *bench) file(name, content string) *bench {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return b
}

// programs lets PATH hold only these programs of the machine, and a
// nixos-rebuild that answers what it is asked about itself, if it is among them.
func (b *bench) programs(names ...string) *bench {
	b.t.Helper()
	bin := b.t.TempDir()
	for _, name := range names {
		if name == "nixos-rebuild" {
			script := "#!/bin/sh\necho 'usage: nixos-rebuild [--sudo] [--no-reexec] [--store-path PATH]'\n"
			if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil {
				b.t.Fatal(err)
			}
			continue
		}
		path, err := exec.LookPath(name)
		if err != nil {
			b.t.Skipf("there is no %s here: install it (Debian: apt-get install nix-bin openssh-client git)", name)
		}
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			b.t.Fatal(err)
		}
	}
	b.t.Setenv("PATH", bin)
	return b
}

// everything is what a deployment needs.
func (b *bench) everything() *bench { return b.programs("nix", "ssh", "git", "nixos-rebuild") }

// program is ours, in this place.
func (b *bench) program() *Program {
	env := Env{
		Getenv: func(name string) string { return b.env[name] }, Now: time.Now, Started: time.Now(),
		Dir: b.dir, Home: b.env["HOME"], User: "me", Hostname: "laptop",
	}
	b.io.In = strings.NewReader(b.in)
	return &Program{
		IO: b.io, Env: env, World: &realWorld{env: env}, Demo: &demoWorld{env: env},
		Signals: b.listen,
	}
}

func (b *bench) listen() *Interruptions {
	in := &Interruptions{C: b.signals, Stop: func() {}}
	if b.deaf > 0 {
		b.deaf--
		in.C = nil
	}
	return in
}

// run runs a command line and returns its exit code.
func (b *bench) run(args ...string) int {
	b.t.Helper()
	b.out.Reset()
	b.err.Reset()
	return Main(b.program(), args)
}

// runs are the run directories that there are.
func (b *bench) runs() []string {
	b.t.Helper()
	dirs, err := filepath.Glob(filepath.Join(b.env["XDG_STATE_HOME"], "nixfleet", "runs", "*"))
	if err != nil {
		b.t.Fatal(err)
	}
	return dirs
}

// git makes the working directory a repository with a flake in it.
func (b *bench) git() *bench {
	b.t.Helper()
	b.file("flake.nix", aFlake)
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=me", "-c", "user.email=me@localhost", "commit", "-qm", "fleet"}} {
		if out, err := exec.Command("git", append([]string{"-C", b.dir}, args...)...).CombinedOutput(); err != nil {
			b.t.Fatalf("%v: %s", err, out)
		}
	}
	return b
}

// aFlake has one host, which evaluates to next to nothing.
const aFlake = `{ outputs = { self }: { nixosConfigurations.web1.config = { }; }; }`
