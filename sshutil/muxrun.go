package sshutil

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// passenger is a command that a master runs for us, as it does for ssh
// processes: it reads and writes the far ends of our pipes by itself.
type passenger struct {
	mux    *muxConn
	stdin  *os.File
	stdout *os.File
	stderr *os.File
	close  func() // ends the command if it still runs; reads and writes that wait end too
}

// board starts a command through the master. It ends with the context. The error
// is one of dialMux's, when nothing was started, or errMuxLost.
func (m *Master) board(ctx context.Context, cmd Command) (*passenger, error) {
	mux, err := dialMux(ctx, m.Socket)
	if err != nil {
		return nil, err
	}
	p := &passenger{mux: mux}
	var far [3]*os.File
	errs := make([]error, 3)
	far[0], p.stdin, errs[0] = os.Pipe()
	p.stdout, far[1], errs[1] = os.Pipe()
	p.stderr, far[2], errs[2] = os.Pipe()
	p.close = sync.OnceFunc(func() {
		mux.close()
		for _, f := range []*os.File{p.stdin, p.stdout, p.stderr} {
			f.Close()
		}
	})
	if err = firstError(errs...); err == nil {
		err = mux.session(cmd, m.Env, far)
	} else {
		err = fmt.Errorf("%w: %w", errMuxSpeech, err)
	}
	for _, f := range far {
		f.Close() // the master has its own by now; there may be none of ours
	}
	if err != nil {
		p.close()
		return nil, cmp.Or(ctx.Err(), err)
	}
	return p, nil
}

// runAboard is Run by speaking to the master ourselves, which costs a fraction of
// starting an ssh that does. The error is unspoken if nothing was run.
func (m *Master) runAboard(ctx context.Context, cmd Command, keep int) (Result, error) {
	riding, stop := context.WithCancel(ctx)
	defer stop()
	p, err := m.board(riding, cmd)
	switch {
	case unspoken(err):
		return Result{}, err
	case err != nil:
		return Result{}, m.failure(ctx, "running a command", nil, err)
	}
	defer p.close()
	defer context.AfterFunc(riding, p.close)()
	stdout, stderr := &capped{max: keep, overflow: stop}, &capped{max: stderrKept}
	var talking sync.WaitGroup
	talking.Go(func() {
		io.Copy(p.stdin, bytes.NewReader(cmd.Stdin)) // who does not read it does not want it
		p.stdin.Close()
	})
	talking.Go(func() { io.Copy(stdout, p.stdout) }) // how the session ends tells whether that was all
	talking.Go(func() { io.Copy(stderr, p.stderr) })
	code, ended := p.mux.exit()
	talking.Wait()
	r := Result{Stdout: stdout.bytes(), Stderr: stderr.bytes()}
	switch {
	case ctx.Err() != nil:
		return r, m.failure(ctx, "running a command", nil, ctx.Err())
	case stdout.overflowed():
		return r, tooMuch(m.Host)
	case ended:
		r.ExitCode = code
	case m.alive(ctx):
		r.ExitCode = sshFailed // a signal ended it, which ssh says like this
	default:
		return r, m.failure(ctx, "running a command", nil, errMuxLost)
	}
	return r, nil
}

// streamAboard is Stream likewise.
func (m *Master) streamAboard(ctx context.Context, line string) (io.ReadWriteCloser, error) {
	p, err := m.board(ctx, Command{Line: line})
	switch {
	case unspoken(err):
		return nil, err
	case err != nil:
		return nil, m.failure(ctx, "starting a command", nil, err)
	}
	unlink := context.AfterFunc(ctx, p.close)
	var dropping sync.WaitGroup
	dropping.Go(func() { io.Copy(io.Discard, p.stderr) })
	end := func() error {
		unlink()
		p.close()
		dropping.Wait()
		return nil
	}
	return &childStream{stdin: p.stdin, Reader: p.stdout, end: sync.OnceValue(end)}, nil
}

// unspoken says whether nothing was done, so that the ssh program may try: it
// came with the master, and logs in anew where a host grants no more sessions.
func unspoken(err error) bool {
	return errors.Is(err, errNoMaster) || errors.Is(err, errMuxSpeech) || errors.Is(err, errMuxRefused)
}
