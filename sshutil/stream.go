package sshutil

import (
	"context"
	"io"
	"sync"

	"golang.org/x/crypto/ssh"
)

// stream starts line in a session of its own.
func (n *native) stream(ctx context.Context, line string) (io.ReadWriteCloser, error) {
	s := newStream()
	if err := n.begin(ctx, "starting a command", func() { n.serve(ctx, s, line) }); err != nil {
		return nil, err
	}
	select {
	case err := <-s.started:
		if err != nil {
			return nil, n.failure(ctx, "starting a command", err)
		}
		return s, nil
	case <-ctx.Done():
		s.Close()
		return nil, n.failure(ctx, "starting a command", ctx.Err())
	}
}

// stream is a running command's stdin and stdout. Pipes stand between the user
// and the connection, because reads and writes on a channel whose other side
// is silent cannot be ended.
type stream struct {
	started chan error // one answer
	gone    chan struct{}
	leave   func()

	in     *io.PipeWriter // what the user writes
	out    *io.PipeReader // what the user reads
	inFrom *io.PipeReader
	outTo  *io.PipeWriter
}

func newStream() *stream {
	s := &stream{started: make(chan error, 1), gone: make(chan struct{})}
	s.leave = sync.OnceFunc(func() { close(s.gone) })
	s.inFrom, s.in = io.Pipe()
	s.out, s.outTo = io.Pipe()
	return s
}

func (s *stream) Read(p []byte) (int, error)  { return s.out.Read(p) }
func (s *stream) Write(p []byte) (int, error) { return s.in.Write(p) }

// Close ends the command; reads and writes that wait end too.
func (s *stream) Close() error {
	s.leave()
	s.inFrom.CloseWithError(io.ErrClosedPipe)
	s.out.CloseWithError(io.ErrClosedPipe)
	return nil
}

// serve starts the command and stays until the host is done with it.
func (n *native) serve(ctx context.Context, s *stream, line string) {
	defer n.release()
	session, end, err := n.open(ctx)
	if err != nil {
		s.started <- err
		return
	}
	defer end()
	stdin, err1 := session.StdinPipe()
	stdout, err2 := session.StdoutPipe()
	session.Stderr = io.Discard
	if err := firstError(err1, err2); err != nil {
		s.started <- err
		return
	}
	if err := session.Start(line); err != nil {
		s.started <- n.startFailure(err)
		return
	}
	s.started <- nil
	var copying sync.WaitGroup
	copying.Go(func() { s.feed(stdin) })
	copying.Go(func() { s.drain(stdout) })
	select {
	case <-s.gone:
	case <-ctx.Done():
	case <-n.ended:
	}
	s.Close()
	session.Signal(ssh.SIGHUP) // best effort: closing says it too
	session.Close()
	session.Wait() // how a protocol's server ends is of no interest
	copying.Wait()
}

// feed copies what the user writes to the command.
func (s *stream) feed(stdin io.WriteCloser) {
	_, err := io.Copy(stdin, s.inFrom)
	s.inFrom.CloseWithError(err) // the user's next write fails
	stdin.Close()
}

// drain copies what the command says to the user, and reads on when the user
// is gone: a channel that nobody reads would hold up its closing.
func (s *stream) drain(stdout io.Reader) {
	_, err := io.Copy(s.outTo, stdout)
	s.outTo.CloseWithError(err) // nil reads as the end
	io.Copy(io.Discard, stdout)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
