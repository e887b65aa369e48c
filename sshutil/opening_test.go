package sshutil

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"
)

// deafConn is a connection on which a channel was opened in the one moment in
// which x/crypto tells nobody that the connection has ended.
type deafConn struct {
	ssh.Conn // nothing else is asked of it

	asked chan struct{} // closed when somebody opens a channel
	cut   chan struct{} // closed when the connection ends
	freed chan struct{} // closed when the test is over
	once  sync.Once
}

func (c *deafConn) OpenChannel(string, []byte) (ssh.Channel, <-chan *ssh.Request, error) {
	close(c.asked)
	<-c.freed
	return nil, nil, io.EOF
}

func (c *deafConn) SendRequest(string, bool, []byte) (bool, []byte, error) {
	<-c.cut
	return false, nil, io.EOF
}

func (c *deafConn) Wait() error {
	<-c.cut
	return io.EOF
}

func (c *deafConn) Close() error {
	c.once.Do(func() { close(c.cut) })
	return nil
}

// Whoever opens a channel just when the connection ends is told, and nothing
// waits for it when the connection is closed.
func TestAChannelThatNobodyAnswers(t *testing.T) {
	uses := map[string]func(n *native) error{
		"a command": func(n *native) error {
			_, err := n.Run(context.Background(), Command{Line: "true"})
			return err
		},
		"a stream": func(n *native) error {
			_, err := n.stream(context.Background(), "true")
			return err
		},
		"a tunnel": func(n *native) error {
			_, err := n.tunnel(context.Background(), "h2:22")
			return err
		},
	}
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &deafConn{asked: make(chan struct{}), cut: make(chan struct{}), freed: make(chan struct{})}
				defer close(c.freed)
				channels, requests := make(chan ssh.NewChannel), make(chan *ssh.Request)
				close(channels)
				close(requests)
				n := newNative(Target{Name: "h1"}, passage{rtt: time.Millisecond}, ssh.NewClient(c, channels, requests), "", "", time.Now)
				used := make(chan error, 1)
				go func() { used <- use(n) }()
				<-c.asked
				if err := n.Close(); err != nil {
					t.Error(err)
				}
				var told *Error
				if err := <-used; !errors.As(err, &told) && !errors.Is(err, io.EOF) {
					t.Errorf("it is told %v", err)
				}
			})
		})
	}
}
