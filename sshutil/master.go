package sshutil

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
)

// Master is an OpenSSH connection that other ssh processes share through its
// control socket. It outlives this process until Close, or until it has been
// idle for ten minutes.
type Master struct {
	Program string   // default "ssh"
	Options []string // words before the host; must hold ControlPath
	Host    string
	Socket  string   // the control socket's path, with tokens expanded
	Env     []string // environment of the program; nil: ours
}

// unattended are the options that keep ssh from asking anybody anything. They
// stand first, because ssh keeps the first value that it sees.
func unattended() []string {
	return []string{"-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "UpdateHostKeys=no", "-T"}
}

// Open starts the master and returns when it is logged in. The error is an
// *Error, as far as possible of the Kind that our own connection would give.
func (m *Master) Open(ctx context.Context) error {
	if err := checkName(m.Host); err != nil {
		return newError(KindConfigBad, m.Host, err.Error(), "rename the host", err)
	}
	// -f returns when the login is done, and then the master closes what it
	// inherited. A socket that a dead master left would make it give up
	// sharing, so look first.
	if m.alive(ctx) {
		return nil
	}
	if err := os.Remove(m.Socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return newError(KindConfigBad, m.Host, "the old control socket cannot be removed: "+err.Error(), "remove "+m.Socket, err)
	}
	args := append(unattended(), "-M", "-N", "-f", "-o", "ControlMaster=yes", "-o", "ControlPersist="+masterPersist,
		"-o", "ClearAllForwardings=yes", "-o", "RemoteCommand=none")
	_, stderr, err := m.start(ctx, append(args, m.words()...), nil, stderrKept)
	if err != nil {
		return m.failure(ctx, "logging in", stderr.bytes(), err)
	}
	return nil
}

// words is what every call of the program ends in.
func (m *Master) words() []string { return append(append([]string{}, m.Options...), "--", m.Host) }

// start runs the program to its end, or until it is in the background.
func (m *Master) start(ctx context.Context, args []string, stdin []byte, keep int) (stdout, stderr *capped, err error) {
	c := child{program: programOr(m.Program), args: args, env: m.Env, stdin: stdin, keep: keep}
	stdout, stderr, err = c.run(ctx)
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // a master that keeps stderr open, as old ones do, has logged in all the same
	}
	return stdout, stderr, err
}

// alive reports whether a master listens on the socket.
func (m *Master) alive(ctx context.Context) bool {
	if !exists(m.Socket) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, controlTimeout)
	defer cancel()
	_, _, err := m.start(ctx, append([]string{"-O", "check"}, m.words()...), nil, 0)
	return err == nil
}

// Run implements Runner through the shared connection. ssh says 255 for its
// own failures; they are told from a command's 255 by what ssh said, and when
// that is not possible the exit status is unknown.
func (m *Master) Run(ctx context.Context, cmd Command) (Result, error) {
	keep := cmd.MaxOutput
	if keep <= 0 {
		keep = outputDefault
	}
	args := append(unattended(), "-o", "LogLevel=ERROR", "-o", "ControlMaster=no")
	if cmd.ForwardAgent {
		args = append(args, "-A")
	}
	args = append(append(args, m.words()...), cmd.Line)
	stdout, stderr, err := m.start(ctx, args, cmd.Stdin, keep)
	result := Result{Stdout: stdout.bytes(), Stderr: stderr.bytes()}
	var exit *exec.ExitError
	switch {
	case stdout.overflowed():
		return result, newError(KindOutputCap, m.Host, "the command puts out more than it may", "run it by hand to see what it says: ssh "+m.Host, nil)
	case err == nil:
		return result, nil
	case ctx.Err() != nil || !errors.As(err, &exit) || exit.ExitCode() < 0:
		return result, m.failure(ctx, "running a command", stderr.bytes(), err)
	case exit.ExitCode() == sshFailed && m.lost(ctx, stderr.bytes()):
		return result, m.failure(ctx, "running a command", stderr.bytes(), err)
	}
	result.ExitCode = exit.ExitCode()
	return result, nil
}

// sshFailed is the exit status of ssh when it was ssh that failed.
const sshFailed = 255

// lost reports whether a 255 is ssh's own.
func (m *Master) lost(ctx context.Context, stderr []byte) bool {
	kind, _ := classify(string(stderr))
	return kind != KindNone || !m.alive(ctx)
}

// Close ends the shared connection. A master that is gone already is no error.
func (m *Master) Close() error {
	if !exists(m.Socket) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), controlTimeout)
	defer cancel()
	_, stderr, err := m.start(ctx, append([]string{"-O", "exit"}, m.words()...), nil, 0)
	if err == nil || !exists(m.Socket) || strings.Contains(string(stderr.bytes()), "Connection refused") {
		return nil
	}
	return m.failure(ctx, "closing the shared connection", stderr.bytes(), err)
}

// failure turns what ssh said into an *Error.
func (m *Master) failure(ctx context.Context, doing string, stderr []byte, err error) *Error {
	if ctx.Err() != nil {
		return contextError(m.Host, doing, ctx.Err())
	}
	kind, hint := classify(string(stderr))
	complaint := decisiveComplaint(stderr)
	if complaint == "" {
		complaint = err.Error()
	}
	if kind == KindNone {
		kind = KindExitUnknown
	}
	return newError(kind, m.Host, "ssh: "+strings.TrimPrefix(complaint, "ssh: "), hint, err)
}
