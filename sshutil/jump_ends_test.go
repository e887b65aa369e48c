package sshutil

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"
)

// endedConn is a connection that has ended, which is noticed when it is asked
// something, and otherwise only when noticed is closed.
type endedConn struct {
	ssh.Conn // nothing else is asked of it

	noticed chan struct{}
}

func (c endedConn) OpenChannel(string, []byte) (ssh.Channel, <-chan *ssh.Request, error) {
	return nil, nil, io.EOF
}
func (c endedConn) SendRequest(string, bool, []byte) (bool, []byte, error) { return false, nil, io.EOF }
func (c endedConn) Wait() error                                            { <-c.noticed; return io.EOF }
func (c endedConn) Close() error                                           { return nil }

// livingConn is a connection that answers until it is closed.
type livingConn struct {
	ssh.Conn // nothing else is asked of it

	closed chan struct{}
}

func (c livingConn) SendRequest(string, bool, []byte) (bool, []byte, error) { return false, nil, nil }
func (c livingConn) Wait() error                                            { <-c.closed; return io.EOF }
func (c livingConn) Close() error                                           { close(c.closed); return nil }

// onConn is a connection of our own on conn, which leads over hop.
func onConn(conn ssh.Conn, name string, hop *Client) *native {
	channels, requests := make(chan ssh.NewChannel), make(chan *ssh.Request)
	close(channels)
	close(requests)
	return newNative(Target{Name: name, ServerAliveInterval: time.Hour}, passage{hop: hop, rtt: time.Millisecond}, ssh.NewClient(conn, channels, requests), "", "", time.Now)
}

// TestAJumpHostThatIsSeenLateToHaveEnded: on a busy machine the end of what went
// over it may be seen long before its own, which is the reason all the same.
func TestAJumpHostThatIsSeenLateToHaveEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late, now := make(chan struct{}), make(chan struct{})
		close(now)
		jump := onConn(endedConn{noticed: late}, "jump", nil)
		n := onConn(endedConn{noticed: now}, "h1", &Client{target: Target{Name: "jump"}, link: jump})
		time.AfterFunc(time.Second, func() { close(late) })
		_, err := n.Run(context.Background(), Command{Line: "true"})
		wantKind(t, err, KindJump)
		<-n.ended
		if !isClosed(jump.ended) {
			t.Error("its own end is known before the jump host's")
		}
		n.Close()    //nolint:errcheck // it has ended
		jump.Close() //nolint:errcheck // likewise
	})
}

// TestAJumpHostThatIsThereIsNotWaitedFor: it answers, so it is not the reason.
func TestAJumpHostThatIsThereIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := make(chan struct{})
		close(now)
		jump := onConn(livingConn{closed: make(chan struct{})}, "jump", nil)
		n := onConn(endedConn{noticed: now}, "h1", &Client{target: Target{Name: "jump"}, link: jump})
		began := time.Now()
		_, err := n.Run(context.Background(), Command{Line: "true"})
		wantKind(t, err, KindReset)
		<-n.ended
		if took := time.Since(began); took != 0 {
			t.Errorf("it was waited for %v", took)
		}
		n.Close() //nolint:errcheck // it has ended
		if err := jump.Close(); err != nil {
			t.Error(err)
		}
	})
}
