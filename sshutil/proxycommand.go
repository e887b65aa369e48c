package sshutil

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"nixfleet-tui/internal/text"
)

// proxied is a connection through a ProxyCommand. Closing it ends the command
// and all that it started, and reaps it.
type proxied struct {
	net.Conn
	cmd    *exec.Cmd
	stderr *capped
	exited chan struct{} // closed when the command was reaped
	killed bool          // it did not end by itself
	close  func() error
	hungUp atomic.Bool // it closed its side first, so it is about to end
}

// startProxy starts a ProxyCommand, whose tokens are expanded, the way ssh does.
func startProxy(shell, command string) (*proxied, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	conn, err := net.FileConn(ours)
	ours.Close() // FileConn has a copy
	if err != nil {
		return nil, err
	}
	p := &proxied{Conn: conn, stderr: &capped{max: stderrKept}, exited: make(chan struct{})}
	p.cmd = exec.Command(shell, "-c", "exec "+command)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = theirs, theirs, p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p.cmd.WaitDelay = childGrace
	if err := p.cmd.Start(); err != nil {
		conn.Close()
		return nil, err
	}
	go func() {
		p.cmd.Wait() // how it ended is in ProcessState
		close(p.exited)
	}()
	p.close = sync.OnceValue(p.end)
	return p, nil
}

// socketPair makes a connection within this machine that no child inherits by accident.
func socketPair() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "proxy"), os.NewFile(uintptr(fds[1]), "proxy"), nil
}

func (p *proxied) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	return n, p.note(err)
}

func (p *proxied) Write(b []byte) (int, error) {
	n, err := p.Conn.Write(b)
	return n, p.note(err)
}

// note passes on why the connection cannot be used, and notices that it is not
// us who closed it.
func (p *proxied) note(err error) error {
	if err != nil && !errors.Is(err, net.ErrClosed) {
		p.hungUp.Store(true)
	}
	return err
}

// Close ends the command: politely, as ssh does, and then not.
func (p *proxied) Close() error { return p.close() }

func (p *proxied) end() error {
	err := p.Conn.Close()
	// Most see that and go; what they say then is the truth about them.
	patience := proxyFarewell
	if p.hungUp.Load() {
		patience = proxyLastWords
	}
	select {
	case <-p.exited:
		return err
	case <-time.After(patience):
	}
	p.killed = true
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGHUP) // it may be gone already
	select {
	case <-p.exited:
	case <-time.After(childGrace):
		endGroup(p.cmd.Process.Pid)
		<-p.exited
	}
	return err
}

// failure closes the connection and returns what the command said if it ended
// by itself, or how; "" if it was well.
func (p *proxied) failure() string {
	p.Close()
	if p.killed {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(p.stderr.bytes())), "\n")
	if said := text.Line(lines[len(lines)-1]); said != "" {
		return said
	}
	if p.cmd.ProcessState.Success() {
		return ""
	}
	return p.cmd.ProcessState.String()
}
