package sshutil

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
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
	Ask     bool     // while logging in ssh may ask, as Env says where; otherwise it asks nobody
	Connect string   // program that connects for ssh, see Connect, where the Target is Straight; "": ssh does
}

// unattended are the options that keep ssh from asking anybody anything, and
// from writing known_hosts. They stand first, because ssh keeps the first
// value that it sees.
func unattended() []string {
	return []string{"-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "UpdateHostKeys=no", "-T"}
}

// Open starts the master and returns when it is logged in. One that is there
// already is taken. The error is an *Error, as far as possible of the Kind
// that our own connection would give.
func (m *Master) Open(ctx context.Context) error {
	if err := checkName(m.Host); err != nil {
		return newError(KindConfigBad, m.Host, err.Error(), "rename the host", err)
	}
	// Of two that start at once, one would find the socket taken and stay in
	// the background for ever, of use to nobody.
	unlock, err := m.lock(ctx)
	if ctx.Err() != nil {
		return contextError(m.Host, "waiting for another login", ctx.Err())
	}
	if err != nil {
		return newError(KindConfigBad, m.Host, "there is no place for the control socket: "+err.Error(), "check the directory "+filepath.Dir(m.Socket), err)
	}
	defer unlock()
	if m.alive(ctx) {
		return nil
	}
	if ctx.Err() != nil { // it was not asked: without its socket, a live one could not be ended
		return contextError(m.Host, "asking the shared connection", ctx.Err())
	}
	// What a dead master left would keep the new one from sharing.
	if err := os.Remove(m.Socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return newError(KindConfigBad, m.Host, "the old control socket cannot be removed: "+err.Error(), "remove "+m.Socket, err)
	}
	args := unattended()
	if m.Ask {
		args = []string{"-T"}
	}
	args = append(args, "-M", "-N", "-f", "-o", "ControlMaster=yes", "-o", "ControlPersist="+masterPersist,
		"-o", "ClearAllForwardings=yes", "-o", "RemoteCommand=none")
	if said, err := m.logIn(ctx, args); err != nil {
		return m.failure(ctx, "logging in", said, err)
	}
	return nil
}

// logIn starts ssh with args, and returns with an error what it said.
func (m *Master) logIn(ctx context.Context, args []string) (said []byte, err error) {
	if m.Connect != "" {
		_, stderr, err := m.start(ctx, child{args: slices.Concat(args, byConnector(m.Connect), m.words())})
		if err == nil || ctx.Err() != nil || !strings.Contains(string(stderr.bytes()), notConnected) {
			return stderr.bytes(), err
		}
	}
	_, stderr, err := m.start(ctx, child{args: slices.Concat(args, m.words())})
	return stderr.bytes(), err
}

// lock keeps others from opening the same master.
func (m *Master) lock(ctx context.Context) (unlock func(), err error) {
	f, err := os.OpenFile(m.lockFile(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(lockRetry)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		}
	}
}

func (m *Master) lockFile() string { return m.Socket + ".lock" }

// words is what every call of the program ends in.
func (m *Master) words() []string { return append(append([]string{}, m.Options...), "--", m.Host) }

// start runs the program to its end, or until it is in the background.
func (m *Master) start(ctx context.Context, c child) (stdout, stderr *capped, err error) {
	c.program, c.env = programOr(m.Program), m.Env
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
	err := askAlive(ctx, m.Socket)
	if unspoken(err) && !errors.Is(err, errNoMaster) {
		_, _, err = m.start(ctx, child{args: append([]string{"-O", "check"}, m.words()...)})
	}
	return err == nil
}

// Close ends the shared connection. A master that is gone already is no error.
func (m *Master) Close() error {
	err := m.exit()
	if removing := os.Remove(m.lockFile()); removing != nil && !errors.Is(removing, os.ErrNotExist) && err == nil {
		err = newError(KindConfigBad, m.Host, "the lock of the control socket cannot be removed: "+removing.Error(), "remove "+m.lockFile(), removing)
	}
	return err
}

func (m *Master) exit() error {
	ctx, cancel := context.WithTimeout(context.Background(), controlTimeout)
	defer cancel()
	said, err := endMaster(ctx, m.Program, m.Socket)
	if err != nil {
		return m.failure(ctx, "closing the shared connection", said, err)
	}
	return nil
}

// EndMaster ends the shared connection behind a control socket and removes what
// a dead one left. One that is gone already is no error.
func EndMaster(program, socket string) error {
	return (&Master{Program: program, Host: filepath.Base(socket), Socket: socket}).exit()
}

// endMaster returns with an error what ssh said of it, if it was asked.
func endMaster(ctx context.Context, program, socket string) (said []byte, err error) {
	err = askToEnd(ctx, socket)
	if unspoken(err) && !errors.Is(err, errNoMaster) {
		path := strings.ReplaceAll(socket, "%", "%%")
		_, stderr, failed := child{program: programOr(program), args: []string{"-F", "none", "-o", "ControlPath=" + path, "-O", "exit", "unused"}}.run(ctx)
		said, err = stderr.bytes(), failed
		if failed != nil && strings.Contains(string(said), "Connection refused") {
			err = errNoMaster
		}
	}
	if err == nil || !errors.Is(err, errNoMaster) && exists(socket) {
		return said, err
	}
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return nil, nil
}

// failure turns what ssh said into an *Error.
func (m *Master) failure(ctx context.Context, doing string, stderr []byte, err error) *Error {
	if ctx.Err() != nil {
		return contextError(m.Host, doing, ctx.Err())
	}
	if errors.Is(err, exec.ErrNotFound) {
		return newError(KindConfigBad, m.Host, "there is no program "+programOr(m.Program), "install OpenSSH's client", err)
	}
	kind, hint := classify(string(stderr))
	said := decisiveComplaint(stderr)
	switch {
	case kind == KindNone && said == "":
		return newError(KindExitUnknown, m.Host, "the shared connection was lost while "+doing, "read the host's state again before you rely on it", err)
	case kind == KindNone:
		kind = KindExitUnknown
	}
	return newError(kind, m.Host, "ssh: "+strings.TrimPrefix(said, "ssh: "), strings.ReplaceAll(hint, "HOST", m.Host), err)
}
