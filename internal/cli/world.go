package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/atomicfile"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// World is what lies outside a command: what Nix would answer, how hosts are
// reached, what nixos-rebuild is, and where things are kept. The demo has a
// World of its own; nothing else differs.
type World interface {
	// Find says where the inventory is.
	Find(flake, file string) (fleet.Source, error)
	// Nix answers what nix would; low asks it to stay out of others' way. The
	// error says that there is no nix.
	Nix(low bool) (fleet.Evaluator, error)
	// NeedSSH says whether ssh is there to be started.
	NeedSSH() error
	// Dialer opens connections as ssh would, given these words before the host.
	Dialer(ctx context.Context, options []string) (*sshutil.Dialer, error)
	// Personal is what the person set for ssh: configuration files and options.
	Personal() (includes, options []string, err error)
	// Rebuild is nixos-rebuild: its leading words, and what its parser takes.
	Rebuild(ctx context.Context) ([]string, nixcmd.Dialect, error)
	// Here runs commands on this machine, or is nil where nothing is built on it.
	Here() sshutil.Runner
	// ThisMachine is this machine's key (fleet.ThisMachine), or "" when no host
	// can be it.
	ThisMachine() string
	// Machines are the builders of this machine's own Nix.
	Machines() fleet.Machines
	// Launcher are the words that start supervisors and task parents of runs.
	Launcher() rollout.Launcher
	// Self is how a person calls this program for this world.
	Self() string
	// StateDir and CacheDir are where runs and what can be made anew are kept.
	StateDir() string
	CacheDir() string
	// Login is the command line that logs in on a host, by the ssh configuration
	// of the inventory.
	Login(config, host string) ([]string, error)
	// Agent is what the person's ssh agent holds.
	Agent(ctx context.Context) sshutil.SudoAgent
	// NewHost is a host of the flake that waits to be installed, and where its
	// installer answers; "" where this world does not know of one.
	NewHost() (host, target string)
	// Tools are the programs of this machine that a run makes use of.
	Tools() tools
	// Close lets go of what was opened on the way.
	Close() error
}

// tools are paths of programs; one that is "" is not there, or not to be used.
type tools struct {
	ssh      string // for connections that all of a run share
	nixStore string // for roots on this machine

	nix []string // for what is built here for a new host: program, and its first words
}

// realWorld is the person's own machine.
type realWorld struct{ env Env }

func (w *realWorld) Find(flake, file string) (fleet.Source, error) {
	return fleet.Find(w.env.Dir, flake, file)
}

func (w *realWorld) Nix(low bool) (fleet.Evaluator, error) {
	program, err := exec.LookPath("nix")
	if err != nil {
		return nil, missingProgram("nix")
	}
	return &nixcmd.Nix{Program: program, Dir: w.env.Dir, Low: low}, nil
}

func (w *realWorld) Login(config, host string) ([]string, error) {
	program, err := exec.LookPath("ssh")
	if err != nil {
		return nil, missingProgram("ssh")
	}
	_, options, err := w.Personal()
	return loginWords(program, options, config, host), err
}

func (w *realWorld) NeedSSH() error {
	if _, err := exec.LookPath("ssh"); err != nil {
		return missingProgram("ssh")
	}
	return nil
}

func (w *realWorld) Dialer(_ context.Context, options []string) (*sshutil.Dialer, error) {
	program, err := exec.LookPath("ssh")
	if err != nil {
		return nil, missingProgram("ssh")
	}
	return &sshutil.Dialer{
		Resolver:    &sshutil.OpenSSH{Program: program, Options: options, Home: w.env.Home, CacheDir: filepath.Join(w.CacheDir(), sshAnswers)},
		AgentSocket: w.env.Getenv("SSH_AUTH_SOCK"),
		Home:        w.env.Home,
		OpenSSH:     program,
		SSHOptions:  options,
		Shell:       w.env.Getenv("SHELL"),
	}, nil
}

func (w *realWorld) Personal() (includes, options []string, err error) {
	words, err := sshutil.SplitOptions(w.env.Getenv("NIX_SSHOPTS"))
	if err != nil {
		return nil, nil, &Failure{Message: "NIX_SSHOPTS cannot be read: " + err.Error(), Hint: "Quote it as in a shell, for example NIX_SSHOPTS='-p 2222'.", Err: err}
	}
	return sshutil.PersonalConfig(words, w.env.Home, filepath.Join(w.StateDir(), "ssh"))
}

func (w *realWorld) Rebuild(ctx context.Context) ([]string, nixcmd.Dialect, error) {
	path, err := exec.LookPath("nixos-rebuild")
	if err != nil {
		return nil, nixcmd.Dialect{}, missingProgram("nixos-rebuild")
	}
	words := []string{path}
	dialect, err := nixcmd.CachedDialect(ctx, words, nil, filepath.Join(w.CacheDir(), "dialects.json"))
	return words, dialect, err
}

func (w *realWorld) Here() sshutil.Runner { return thisMachine{} }

func (w *realWorld) ThisMachine() string { return fleet.ThisMachine("/") }

func (w *realWorld) Machines() fleet.Machines {
	return fleet.ReadMachines(nixcmd.MachinesFile{Read: os.ReadFile})
}

func (w *realWorld) Launcher() rollout.Launcher {
	return rollout.Launcher{Supervisor: []string{supervisorCommand}, Task: []string{taskCommand}, Activate: []string{activateCommand}}
}

func (w *realWorld) NewHost() (host, target string) { return "", "" }

func (w *realWorld) Self() string { return "nixfleet-tui" }

func (w *realWorld) StateDir() string { return stateDir(w.env.Getenv) }

func (w *realWorld) CacheDir() string { return cacheDir(w.env.Getenv) }

func (w *realWorld) Tools() tools {
	return tools{ssh: pathOf("ssh"), nixStore: pathOf("nix-store"), nix: []string{pathOf("nix")}}
}

// pathOf is where a program is, or "" when there is none.
func pathOf(program string) string {
	path, err := exec.LookPath(program)
	if err != nil {
		return ""
	}
	return path
}

func (w *realWorld) Close() error { return nil }

// cacheDir is where what can be made anew is kept.
func cacheDir(getenv func(string) string) string {
	return baseDir(getenv, "XDG_CACHE_HOME", ".cache")
}

// stateDir is where runs, locks and traces of crashes live.
func stateDir(getenv func(string) string) string {
	return baseDir(getenv, "XDG_STATE_HOME", filepath.Join(".local", "state"))
}

// baseDir is our directory under one of the XDG base directories; a relative
// setting is passed over, as their specification asks. Without any home at all
// it is below the root, where making it fails: never wherever we happen to be.
func baseDir(getenv func(string) string, variable, fallback string) string {
	if dir := getenv(variable); filepath.IsAbs(dir) {
		return filepath.Join(dir, "nixfleet")
	}
	return filepath.Join("/", getenv("HOME"), fallback, "nixfleet")
}

// writeIfChanged puts content into the file at path by rename, unless it is
// there already.
func writeIfChanged(path string, content []byte) error {
	old, err := os.ReadFile(path)
	if err == nil && string(old) == string(content) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return atomicfile.Write(path, content)
}
