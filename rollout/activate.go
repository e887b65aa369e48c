package rollout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// Activation is what the second engine does with a host: it activates a system
// that the host has already, one that was built before or a generation of its
// profile. nixos-rebuild can do neither from afar.
type Activation struct {
	Path       string `json:"path"`                 // the system
	Generation int    `json:"generation,omitempty"` // of the host's profile, whose system it is; 0 makes a new one

	Delete []int    `json:"delete,omitempty"` // of a collection: generations that go; the system is the boot default then
	Keep   []string `json:"keep,omitempty"`   // of a collection: the systems that run and were booted
}

// Remote runs commands on the host of a task, as ssh does: the words are joined
// and handed to its shell. Statuses are the command's own, or 255 when ssh got
// nowhere; an error says that nothing could be started here.
type Remote func(ctx context.Context, c RemoteCommand) (status int, err error)

// RemoteCommand is a command line for a host's shell.
type RemoteCommand struct {
	Host     string
	Line     string
	Password *Secret   // its stdin, as a line; nil: nothing
	Stdout   io.Writer // nil: what the task prints on stderr
}

// engineWords are the words that start what the task parent waits for:
// nixos-rebuild, or this program as the second engine.
func (p *Plan) engineWords(d runDir, h PlanHost) ([]string, error) {
	if !p.ownEngine(h) {
		return p.command(h), nil
	}
	if len(p.Engine) == 0 {
		return nil, errors.New("the plan does not say how to start the second engine")
	}
	program, err := selfProgram(filepath.Dir(filepath.Dir(string(d))))
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	return append(append([]string{program}, p.Engine...), string(d), h.Name), nil
}

// ownEngine says whether the second engine does the host's part.
func (p *Plan) ownEngine(h PlanHost) bool {
	return h.Activate != nil || p.Confirm != nil && p.changes()
}

// engine is the second engine at work on one host.
type engine struct {
	dir      runDir
	plan     Plan
	host     PlanHost
	remote   Remote
	stdout   io.Writer
	stderr   io.Writer
	password *Secret // for sudo; nil when it asks for none
}

// Streams are what a program reads and writes.
type Streams struct {
	In  io.Reader // a password that sudo wants is its first line
	Out io.Writer // the system's path, last of all, as nixos-rebuild prints it
	Err io.Writer
}

// RunActivation does what the plan in dir says of a host, with the commands
// that nixos-rebuild would run, and returns its exit status.
func RunActivation(ctx context.Context, dir, host string, remote Remote, s Streams) int {
	plan, err := runDir(dir).readPlan()
	h, ok := plan.Host(host)
	if err == nil && !ok {
		err = fmt.Errorf("the run has no host %q", host)
	}
	e := &engine{dir: runDir(dir), plan: plan, host: h, remote: remote, stdout: s.Out, stderr: s.Err}
	if err == nil && h.Password {
		e.password, err = guardedSecret(s.In)
		defer e.password.Wipe()
	}
	if err != nil {
		fmt.Fprintln(s.Err, "error: "+err.Error())
		return exitNotStarted
	}
	return e.status(ctx, e.deploy(ctx))
}

// guardedSecret reads a password, after which nobody can look into this process.
func guardedSecret(r io.Reader) (*Secret, error) {
	if err := sshutil.GuardMemory(); err != nil {
		return nil, err
	}
	secret, err := sshutil.ReadSecret(r)
	if err != nil {
		return nil, fmt.Errorf("reading the password of sudo: %w", err)
	}
	return secret, nil
}

// deploy activates what the plan names, or what nixos-rebuild builds. A host
// that is to undo it by itself is told so in between.
func (e *engine) deploy(ctx context.Context) error {
	what := e.host.Activate
	if what == nil {
		path, err := e.build()
		if err != nil {
			return err
		}
		what = &Activation{Path: path}
	}
	if e.plan.Confirm != nil && e.plan.changes() {
		if err := e.arm(ctx); err != nil {
			return err
		}
	}
	switch e.plan.Action {
	case nixcmd.Reboot:
		return e.reboot(ctx, *what)
	case nixcmd.Collect:
		return e.collect(ctx, *what)
	}
	return e.activate(ctx, *what)
}

// build has nixos-rebuild make the system and bring it to the host, without
// changing anything there. An interrupt reaches it by itself, as one of the group.
func (e *engine) build() (string, error) {
	plan := e.plan
	plan.Action = nixcmd.DryActivate
	words := plan.command(e.host)
	said, err := e.rebuild(exec.Command(words[0], words[1:]...))
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed) && failed.ExitCode() > 0:
		return "", &stepError{words: words, status: failed.ExitCode(), told: true}
	case err != nil:
		return "", err
	}
	if path := lastSystem(said); path != "" {
		return path, nil
	}
	if e.host.Wanted != "" && len(e.plan.Args) == 0 {
		return e.host.Wanted, nil // the bash program does not print it
	}
	return "", errors.New("nixos-rebuild did not say what it has built")
}

// rebuild runs nixos-rebuild and returns what it prints on stdout.
func (e *engine) rebuild(cmd *exec.Cmd) (string, error) {
	cmd.Stderr = e.stderr
	if e.password != nil && e.plan.Dialect.Kind == nixcmd.KindBash {
		return e.rebuildOnTerminal(cmd)
	}
	var out strings.Builder
	cmd.Stdin, cmd.Stdout = bytes.NewReader(e.password.Line()), &out
	err := cmd.Run()
	return out.String(), err
}

// rebuildOnTerminal is for the old nixos-rebuild, whose sudo asks on its
// terminal: what it prints there has to be in a file, where that can be seen.
func (e *engine) rebuildOnTerminal(cmd *exec.Cmd) (string, error) {
	path := e.dir.host(e.host.Name, ".built")
	out, err := openAppend(path)
	if err != nil {
		return "", err
	}
	defer out.Close()
	t, err := newTypist(e.password, path, e.dir.host(e.host.Name, ".log"))
	if err != nil {
		return "", err
	}
	cmd.Stdin, cmd.Stdout = t.child, out
	err = errors.Join(cmd.Run(), t.close())
	said, rerr := os.ReadFile(path)
	return string(said), errors.Join(err, rerr, os.Remove(path))
}

// stepError says which command on the host failed, and how.
type stepError struct {
	words  []string
	status int
	why    string // in our words, "" when the command has said it
	told   bool   // how it failed, too
}

func (e *stepError) Error() string { return nixcmd.FailedWith(e.words, e.status) }

// status tells the log of a failure in nixos-rebuild's words.
func (e *engine) status(ctx context.Context, err error) int {
	var failed *stepError
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		const interrupted = 130
		return interrupted
	case errors.As(err, &failed):
		if failed.why != "" {
			fmt.Fprintln(e.stderr, "error: "+failed.why)
		}
		if !failed.told {
			fmt.Fprintln(e.stderr, failed.Error())
		}
		return failed.status
	}
	fmt.Fprintln(e.stderr, "error: "+err.Error())
	return exitNotStarted
}

// activate makes a system the host's own, in the order of nixos-rebuild.
func (e *engine) activate(ctx context.Context, what Activation) error {
	if path, ok := nixcmd.ParseStorePath(what.Path); !ok || string(path) != what.Path {
		return fmt.Errorf("%q is no store path", what.Path)
	}
	a := e.activation(what)
	fmt.Fprintln(e.stderr, a.Begins(e.host.Name))
	if err := e.step(ctx, a.CheckWords(), "the host does not have "+a.Path+", or it is no NixOS system"); err != nil {
		return err
	}
	if a.Generation > 0 {
		if err := e.sameGeneration(ctx, a); err != nil {
			return err
		}
	}
	if a.Action.MovesProfile() {
		if err := e.step(ctx, a.ProfileWords(), ""); err != nil {
			return err
		}
	}
	err := e.step(ctx, a.SystemdWords(), "")
	if lost(err) {
		return err
	}
	if err := e.step(ctx, a.SwitchWords(err == nil), ""); err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, "Done. The new configuration is")
	_, err = fmt.Fprintln(e.stdout, a.Path)
	return err
}

func (e *engine) activation(what Activation) nixcmd.Activation {
	return nixcmd.Activation{Action: e.plan.Action, Path: what.Path, Generation: what.Generation, Sudo: e.host.Sudo, Password: e.password != nil}
}

// lost says that ssh failed, so that nobody knows what the command would say.
func lost(err error) bool {
	var failed *stepError
	return err != nil && (!errors.As(err, &failed) || failed.status == exitSSH)
}

// sameGeneration makes sure that the generation's number still stands for the
// system that the person saw.
func (e *engine) sameGeneration(ctx context.Context, a nixcmd.Activation) error {
	words := []string{"readlink", "-f", nixcmd.GenerationLink(a.Generation)}
	var out strings.Builder
	status, err := e.run(ctx, words, &out)
	if err != nil {
		return err
	}
	if status == exitSSH || strings.TrimSpace(out.String()) != a.Path {
		return &stepError{words: words, status: max(status, 1), why: fmt.Sprintf("generation %d of the host is another system now, or has been removed", a.Generation)}
	}
	return nil
}

// step runs words on the host; why explains a failure that they do not explain.
func (e *engine) step(ctx context.Context, words []string, why string) error {
	status, err := e.run(ctx, words, nil)
	if err != nil || status == 0 {
		return err
	}
	if status == exitSSH {
		why = ""
	}
	return &stepError{words: words, status: status, why: why}
}

func (e *engine) run(ctx context.Context, words []string, stdout io.Writer) (int, error) {
	c := RemoteCommand{Host: e.host.Name, Line: nixcmd.ShellLine(words), Stdout: stdout}
	if words[0] == "sudo" {
		c.Password = e.password
	}
	return e.remote(ctx, c)
}

// ReadPlan reads the plan of the run in dir. The error is a *BrokenError.
func ReadPlan(dir string) (Plan, error) { return runDir(dir).readPlan() }
