package sshutil

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"sync"
	"syscall"
)

// stream starts line through the shared connection and hands over its stdin
// and stdout.
func (m *Master) stream(ctx context.Context, line string) (io.ReadWriteCloser, error) {
	args := append(unattended(), "-o", "LogLevel=ERROR", "-o", "ControlMaster=no")
	cmd := exec.CommandContext(ctx, programOr(m.Program), append(append(args, m.words()...), line)...)
	cmd.Env = m.Env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return endGroup(cmd.Process.Pid) }
	cmd.WaitDelay = childGrace
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	err := firstError(err1, err2)
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, newError(KindExecFailed, m.Host, "ssh could not be started: "+err.Error(), "install OpenSSH's client", err)
	}
	s := &childStream{stdin: stdin, Reader: stdout}
	s.end = sync.OnceValue(func() error {
		err := stdin.Close()
		endGroup(cmd.Process.Pid) // it may be gone already
		cmd.Wait()                // how a protocol's server ends is of no interest
		if errors.Is(err, io.ErrClosedPipe) {
			err = nil
		}
		return err
	})
	return s, nil
}

// childStream is a child's stdin and stdout.
type childStream struct {
	io.Reader
	stdin io.WriteCloser
	end   func() error
}

func (s *childStream) Write(p []byte) (int, error) { return s.stdin.Write(p) }

// Close ends the child and reaps it.
func (s *childStream) Close() error { return s.end() }
