package rollout

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/kballard/go-shellquote"
	"golang.org/x/sys/unix"

	"nixfleet-tui/nixcmd"
)

// The descriptors that a task parent is started with.
const (
	fdMachine   = 3 + iota // the machine's lock, which goes on to nixos-rebuild
	fdAlive                // the task's lock: free when the last process of the task is gone
	fdStarted              // pipe to the supervisor: one line when nixos-rebuild runs, or why not
	fdPasswords            // pipe from the supervisor: the password of sudo, if it has one
)

// RunTask is the task parent: it starts nixos-rebuild for one host with its
// output going straight into the run directory's files, waits for it, and
// keeps its exit status. Besides, it hears what the task's programs ask, which
// must outlive supervisor and viewers as well. It does nothing else, so that
// there is little in it to fail; whoever kills a supervisor or a viewer does
// not reach it.
//
// environ is what nixos-rebuild gets, besides what the run sets. What is
// returned has been told to the supervisor as well.
func RunTask(dir, host string, environ []string) error {
	// Ignored signals would be inherited by nixos-rebuild; caught ones are not.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	d := runDir(dir)
	unix.CloseOnExec(fdStarted) // the supervisor waits for its end
	unix.CloseOnExec(fdPasswords)
	started := os.NewFile(fdStarted, "started")
	p, err := newParent(d, host, environ)
	var cmd *exec.Cmd
	if err == nil {
		if cmd, err = p.start(os.NewFile(fdPasswords, "passwords")); err != nil {
			err = errors.Join(err, p.close())
		}
	}
	if err != nil {
		tellSupervisor(started, whyNot(err))
		if werr := d.writeExit(host, exitStatus{code: exitNotStarted}); werr != nil {
			return errors.Join(err, werr)
		}
		return err
	}
	id := fmt.Sprintf("%d", cmd.Process.Pid)
	if since, serr := processStart(cmd.Process.Pid); serr == nil {
		id += " " + since
	}
	// Whoever adopts the run finds the process group to cancel here.
	err = os.WriteFile(d.host(host, ".pid"), []byte(id+"\n"), 0o600)
	tellSupervisor(started, "started "+id)
	status := waitFor(cmd)
	return errors.Join(err, p.close(), d.writeExit(host, status), os.RemoveAll(d.host(host, ".cwd")))
}

// exitNotStarted is the shell's status for a program that cannot be started.
const exitNotStarted = 127

// tellSupervisor writes one line and closes the pipe. A supervisor that has
// gone finds the same in the run directory, by whoever takes its place.
func tellSupervisor(pipe *os.File, line string) {
	fmt.Fprintln(pipe, strings.ReplaceAll(line, "\n", " "))
	pipe.Close()
}

// rebuild starts nixos-rebuild in a process group and a folder of its own.
func (p *parent) rebuild(stdin *os.File) (*exec.Cmd, error) {
	d, host := p.dir, p.host.Name
	cwd := d.host(host, ".cwd")
	if err := os.MkdirAll(cwd, 0o700); err != nil {
		return nil, err
	}
	stderr, err := openAppend(d.host(host, ".log"))
	if err != nil {
		return nil, err
	}
	defer stderr.Close()
	stdout, err := openAppend(d.host(host, ".out"))
	if err != nil {
		return nil, err
	}
	defer stdout.Close()
	words, err := p.plan.engineWords(d, p.host)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = cwd
	cmd.Env = p.env
	if stdin != nil { // a nil *os.File is not no reader
		cmd.Stdin = stdin
	}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.ExtraFiles = []*os.File{os.NewFile(fdMachine, "machine"), os.NewFile(fdAlive, "alive")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(words[0]), err)
	}
	return cmd, nil
}

func openAppend(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

// command is the whole command line for one host of the plan.
func (p *Plan) command(h PlanHost) []string {
	r := nixcmd.Rebuild{
		Action: p.Action, Flake: p.Flake.Pinned, Attr: h.Name, TargetHost: h.Name, BuildHost: h.buildHost(),
		Sudo: h.Sudo, Password: h.Password, Substitutes: h.Substitutes, Extra: p.Args,
	}
	r.Extra = append(p.builderArgs(h), r.Extra...)
	return append(append([]string{}, p.Program...), p.Dialect.Args(r)...)
}

// Typed is the command line as a person would type it: what PATH finds needs no path,
// and the demo's stand-in is called as what it stands in for.
func (p *Plan) Typed(h PlanHost) []string {
	if h.Activate != nil {
		a := nixcmd.Activation{Action: p.Action, Path: h.Activate.Path, Sudo: h.Sudo}
		return append([]string{"ssh", h.Name, "--"}, a.SwitchWords(false)...)
	}
	return append([]string{"nixos-rebuild"}, p.command(h)[len(p.Program):]...)
}

// buildHost is where the closure is built, as ssh is asked; "" is this machine.
func (h PlanHost) buildHost() string {
	switch h.BuildOn {
	case BuildOnTarget, "":
		return h.Name
	case BuildOnLocal:
		return ""
	}
	return h.BuildOn
}

// The places to build that are no host's name.
const (
	BuildOnTarget = "target"
	BuildOnLocal  = "local"
)

// environ is the environment of nixos-rebuild: the given one, with every way
// to ask a question on a terminal that nobody watches taken away.
func (p *Plan) environ(base []string) []string {
	return append(withoutAsking(base),
		"NIX_SSHOPTS="+shellquote.Join(p.SSHOptions()...),
		"NIXOS_REBUILD_USE_NOM=0")
}

// waitFor waits for nixos-rebuild and tells how it ended.
func waitFor(cmd *exec.Cmd) exitStatus {
	err := cmd.Wait()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return exitStatus{code: exitNotStarted}
	}
	s := exitStatus{code: cmd.ProcessState.ExitCode()}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		s.code = 128 + int(ws.Signal())
	}
	if ru, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.maxRSSKiB = maxRSSKiB(ru)
	}
	return s
}
