package cli

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"sync"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// hereLink is this machine as one that sends builds: what it is asked about
// builders it answers as its own root, if the person may be that without a
// password.
type hereLink struct {
	thisMachine
	user string
}

func (hereLink) HostKey() string { return "" }

func (h hereLink) Target() sshutil.Target { return sshutil.Target{User: h.user} }

// Stream runs a line with which a protocol is spoken.
func (thisMachine) Stream(ctx context.Context, line string) (io.ReadWriteCloser, error) {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", "exec "+line)
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, &sshutil.Error{Kind: sshutil.KindExecFailed, Message: "/bin/sh could not be run here: " + err.Error(), Err: err}
	}
	end := sync.OnceFunc(func() {
		stdin.Close()
		cmd.Process.Kill() // it may have ended by itself
		cmd.Wait()         // how it takes that is of no interest
	})
	return &speaker{Reader: stdout, WriteCloser: stdin, end: end}, nil
}

// speaker is a program that speaks a protocol.
type speaker struct {
	io.Reader
	io.WriteCloser
	end func()
}

// Close ends the program and waits for it.
func (s *speaker) Close() error {
	s.end()
	return nil
}

// askHere has this machine's own root check what belongs to the user that
// builds are sent as.
func (p *Program) askHere(ctx context.Context, b fleet.Builder) (fleet.Ladder, error) {
	here := &fleet.Climber{Now: p.Env.Now, Connect: func(context.Context, string) (fleet.Link, error) {
		return hereLink{user: p.Env.User}, nil
	}}
	return here.Ask(ctx, b, fleet.ThisMachineName)
}
