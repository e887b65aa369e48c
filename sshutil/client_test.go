package sshutil

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

func TestRun(t *testing.T) {
	s := startSSHD(t)
	p := newPlace(t, s, vouch(t, s))
	c := dial(t, p.dialer(), "host")
	r, err := c.Run(context.Background(), Command{Line: "cat; echo err >&2; exit 3", Stdin: []byte("in")})
	if err != nil || string(r.Stdout) != "in" || string(r.Stderr) != "err\n" || r.ExitCode != 3 {
		t.Errorf("got %q %q %d %v", r.Stdout, r.Stderr, r.ExitCode, err)
	}
	if c.Latency() <= 0 || c.Via() != "direct" {
		t.Errorf("latency %v, via %q", c.Latency(), c.Via())
	}
	if want := keyOnly(t, s.Dir+"/hk.pub"); c.HostKey() != want {
		t.Errorf("host key %q, want %q", c.HostKey(), want)
	}
	if c.Target().HostName != "127.0.0.1" || c.Target().Name != "host" {
		t.Errorf("got %+v", c.Target())
	}
}

// TestStdinIsNotRead: a command may end before it has read what it is given.
func TestStdinIsNotRead(t *testing.T) {
	s := startSSHD(t)
	p := newPlace(t, s, vouch(t, s))
	c := dial(t, p.dialer(), "host")
	r, err := c.Run(context.Background(), Command{Line: "exit 4", Stdin: make([]byte, 10<<20)})
	if err != nil || r.ExitCode != 4 {
		t.Errorf("got %d, %v", r.ExitCode, err)
	}
	r, err = c.Run(context.Background(), Command{Line: "wc -c", Stdin: make([]byte, 10<<20)})
	if err != nil || strings.TrimSpace(string(r.Stdout)) != "10485760" {
		t.Errorf("got %q, %v", r.Stdout, err)
	}
}

func TestStream(t *testing.T) {
	s := startSSHD(t)
	p := newPlace(t, s, vouch(t, s))
	c := dial(t, p.dialer(), "host")
	echo(t, c)

	stream, err := c.Stream(context.Background(), "echo last words")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if got, err := io.ReadAll(stream); err != nil || string(got) != "last words\n" {
		t.Errorf("a command that ends: %q, %v", got, err)
	}
}

// TestStreamEndsWithItsContext has a host that never answers anything.
func TestStreamEndsWithItsContext(t *testing.T) {
	c := fakeClient(t, func(_ ssh.Channel, _ string, requests <-chan *ssh.Request) { ssh.DiscardRequests(requests) })
	ctx, cancel := context.WithCancel(context.Background())
	stream, err := c.Stream(ctx, "hang")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := stream.Read(make([]byte, 1))
		ended <- err
	}()
	cancel()
	if err := <-ended; err == nil {
		t.Error("the read gave something")
	}
	if _, err := stream.Write([]byte("x")); err == nil {
		t.Error("it can still be written to")
	}
}

func TestCloseEndsWhatRuns(t *testing.T) {
	running := make(chan struct{})
	c := fakeClient(t, func(_ ssh.Channel, _ string, requests <-chan *ssh.Request) {
		close(running)
		ssh.DiscardRequests(requests)
	})
	answer := make(chan error, 1)
	go func() {
		_, err := c.Run(context.Background(), Command{Line: "hang"})
		answer <- err
	}()
	<-running
	began := time.Now()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	wantKind(t, <-answer, KindExitUnknown)
	if took := time.Since(began); took > forEver {
		t.Errorf("it took %v", took)
	}
	_, err := c.Run(context.Background(), Command{Line: "again"})
	wantKind(t, err, KindReset)
	_, err = c.Stream(context.Background(), "again")
	wantKind(t, err, KindReset)
}
