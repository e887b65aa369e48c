package sshutil

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"nixfleet-tui/internal/sshdtest"
)

// wantKind fails unless err is an *Error of that kind.
func wantKind(t testing.TB, err error, kind Kind) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("got %q (%v), want %q", kindOf(err), err, kind)
	}
	t.Logf("%v — %s", e, e.Hint)
	return e
}

// TestStrangeServers are servers that speak no proper SSH.
func TestStrangeServers(t *testing.T) {
	noLeaks(t)
	say := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			io.WriteString(conn, text)
			untilClosed(conn)
		}
	}
	hangUp := func(text string) func(net.Conn) {
		return func(conn net.Conn) { io.WriteString(conn, text) }
	}
	version := "SSH-2.0-OpenSSH_9.9\r\n"
	tests := []struct {
		name   string
		handle func(net.Conn)
		kind   Kind
		waits  bool // only a deadline ends it
	}{
		{"says nothing", untilClosed, KindTimeout, true},
		{"says its version and no more", say(version), KindTimeout, true},
		{"drips", drip, KindTimeout, true},
		{"closes at once", hangUp(""), KindTurnedAway, false},
		{"closes after its version", hangUp(version), KindReset, false},
		{"has too many", hangUp("Exceeded MaxStartups\r\n"), KindTurnedAway, false},
		{"penalises us", hangUp("Not allowed at this time\r\n"), KindTurnedAway, false},
		{"is a web server", hangUp("HTTP/1.1 400 Bad Request\r\n\r\n"), KindBanner, false},
		{"is a web server that waits", say("HTTP/1.1 400 Bad Request\r\n\r\n"), KindBanner, true},
		{"speaks SSH 1", say("SSH-1.5-ancient\r\n"), KindBanner, false},
		{"endless line", say(strings.Repeat("x", 2<<20)), KindBanner, false},
		{"endless lines", say(strings.Repeat("x\n", 100_000)), KindBanner, false},
		{"escape sequences", hangUp("\x1b]0;pwned\a\x1b[2J\n"), KindBanner, false},
		{"huge packet", say(version + "\xff\xff\xff\xff" + strings.Repeat("x", 4096)), KindProto, false},
		{"garbage packet", say(version + "\x00\x00\x00\x0c\x04garbagegarbage"), KindProto, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			f.add("h", listen(t, tt.handle), nil)
			d := f.dialer()
			if tt.waits {
				d.Timeout = 2 * time.Second // all that it says is there by then
			}
			_, err := d.Dial(context.Background(), "h")
			e := wantKind(t, err, tt.kind)
			if err := errors.Unwrap(e); !tt.waits && errors.Is(err, context.DeadlineExceeded) {
				t.Error("it was noticed only because time was over")
			}
			if strings.ContainsAny(e.Message+e.Hint, "\x1b\a\r\n") {
				t.Errorf("%q holds control characters", e.Message)
			}
		})
	}
}

// drip sends a version so slowly that only a deadline ends it.
func drip(conn net.Conn) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := conn.Write([]byte("S")); err != nil {
			return
		}
	}
}

// TestStrangeServersBehindJump are the same, where connections have no deadlines.
func TestStrangeServersBehindJump(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	jump := newFakeHost(t)
	f.add("jump", jump.port, jump.signer.PublicKey())
	ctx := newExpiry(t)
	f.add("h", listen(t, func(conn net.Conn) { ctx.expire(); untilClosed(conn) }), nil)
	f.change("h", func(t *Target) { t.ProxyJump = []string{"jump"} })
	_, err := f.dialer().Dial(ctx, "h")
	wantKind(t, err, KindTimeout)
}

func TestChangedKeyStopsBeforeLogin(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	h := newFakeHost(t)
	f.add("h", h.port, newSigner(t).PublicKey())
	before := read(t, f.known())
	_, err := f.dialer().Dial(context.Background(), "h")
	wantKind(t, err, KindHostKeyChanged)
	var key *HostKeyError
	if !errors.As(err, &key) {
		t.Fatal("there is no *HostKeyError in it")
	}
	if key.Fingerprint != ssh.FingerprintSHA256(h.signer.PublicKey()) || len(key.Known) != 1 || key.Known[0].Line != 1 || key.Known[0].File != f.known() {
		t.Errorf("got %+v", key)
	}
	if h.offered() != 0 {
		t.Error("keys were offered to a stranger")
	}
	if read(t, f.known()) != before {
		t.Error("known_hosts was written")
	}
}

func TestUnknownKeyIsNeverLearnt(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	h := newFakeHost(t)
	f.add("h", h.port, nil)
	for range 2 {
		_, err := f.dialer().Dial(context.Background(), "h")
		e := wantKind(t, err, KindHostKeyUnknown)
		if !strings.Contains(e.Message, ssh.FingerprintSHA256(h.signer.PublicKey())) || !strings.Contains(e.Hint, "ssh -o StrictHostKeyChecking=ask h true") {
			t.Errorf("message %q, hint %q", e.Message, e.Hint)
		}
	}
	if read(t, f.known()) != "" {
		t.Error("known_hosts was written")
	}
}

// fakeClient is a client of a host that runs commands with exec.
func fakeClient(t *testing.T, exec func(ssh.Channel, string, <-chan *ssh.Request)) *Client {
	t.Helper()
	noLeaks(t)
	f := newFleet(t)
	h := newFakeHost(t, func(h *fakeHost) { h.exec = exec })
	f.add("h", h.port, h.signer.PublicKey())
	return dial(t, f.dialer(), "h")
}

func TestTooMuchOutput(t *testing.T) {
	for _, stderr := range []bool{false, true} {
		t.Run(fmt.Sprintf("stderr %t", stderr), func(t *testing.T) {
			c := fakeClient(t, func(ch ssh.Channel, line string, _ <-chan *ssh.Request) {
				if line == "quiet" {
					exit(ch, 0)
					return
				}
				to := io.Writer(ch)
				if stderr {
					to = ch.Stderr()
				}
				block := make([]byte, 1<<20)
				for range 100 {
					if _, err := to.Write(block); err != nil {
						return
					}
				}
				exit(ch, 0)
			})
			r, err := c.Run(context.Background(), Command{Line: "flood", MaxOutput: 1000})
			wantKind(t, err, KindOutputCap)
			if len(r.Stdout)+len(r.Stderr) != 1000 {
				t.Errorf("kept %d and %d bytes", len(r.Stdout), len(r.Stderr))
			}
			if _, err := c.Run(context.Background(), Command{Line: "quiet"}); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestExitUnknown(t *testing.T) {
	c := fakeClient(t, func(ch ssh.Channel, line string, _ <-chan *ssh.Request) {
		switch line {
		case "silent": // ends without a status
		case "killed":
			ch.SendRequest("exit-signal", false, ssh.Marshal(struct {
				Signal   string
				Core     bool
				Message  string
				Language string
			}{"KILL", false, "", ""}))
		}
	})
	_, err := c.Run(context.Background(), Command{Line: "silent"})
	wantKind(t, err, KindExitUnknown)
	r, err := c.Run(context.Background(), Command{Line: "killed"})
	if err != nil || r.ExitCode != 137 {
		t.Errorf("killed by a signal: %d, %v", r.ExitCode, err)
	}
}

func TestLinkDiesDuringCommand(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	started := make(chan struct{})
	var conn net.Conn
	h := newFakeHost(t, func(h *fakeHost) {
		h.exec = func(_ ssh.Channel, _ string, requests <-chan *ssh.Request) {
			close(started)
			ssh.DiscardRequests(requests)
		}
	})
	port := listen(t, func(c net.Conn) { conn = c; h.serve(c) })
	f.add("h", port, h.signer.PublicKey())
	c := dial(t, f.dialer(), "h")
	go func() {
		<-started
		conn.Close()
	}()
	_, err := c.Run(context.Background(), Command{Line: "wait", Stdin: []byte("x")})
	wantKind(t, err, KindExitUnknown)
	<-c.Done()
	_, err = c.Run(context.Background(), Command{Line: "again"})
	wantKind(t, err, KindReset)
}

func TestContextEndsCommand(t *testing.T) {
	ctx, hungUp := newExpiry(t), make(chan struct{})
	c := fakeClient(t, func(_ ssh.Channel, _ string, requests <-chan *ssh.Request) {
		ctx.expire()
		ssh.DiscardRequests(requests) // ends when the client closes
		close(hungUp)
	})
	_, err := c.Run(ctx, Command{Line: "hang", Stdin: []byte("x")})
	wantKind(t, err, KindTimeout)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error("the deadline is not its cause")
	}
	<-hungUp
}

func TestDeadLinkIsNoticed(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	asked := make(chan struct{})
	h := newFakeHost(t, func(h *fakeHost) {
		h.requests = func(requests <-chan *ssh.Request) {
			first := true
			for range requests { // and never an answer
				if first {
					close(asked)
				}
				first = false
			}
		}
	})
	f.add("h", h.port, h.signer.PublicKey())
	f.change("h", func(t *Target) { t.ServerAliveInterval, t.ServerAliveCountMax = 30*time.Millisecond, 2 })
	c := dial(t, f.dialer(), "h")
	<-asked
	select {
	case <-c.Done():
	case <-time.After(forEver):
		t.Fatal("the dead link was not noticed")
	}
}

func TestSessionsAreShared(t *testing.T) {
	s := startSSHD(t, "MaxSessions 2")
	p := newPlace(t, s, vouch(t, s))
	c := dial(t, p.dialer(), "host")
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			r, err := c.Run(context.Background(), Command{Line: fmt.Sprintf("echo %d", i)})
			if err != nil || string(r.Stdout) != fmt.Sprintf("%d\n", i) {
				t.Errorf("%d: %q %v", i, r.Stdout, err)
			}
		})
	}
	running.Wait()
}

func TestMaxStartups(t *testing.T) {
	s := startSSHD(t, "MaxStartups 1:100:1", "PerSourceMaxStartups none")
	p := newPlace(t, s, vouch(t, s))
	held, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := held.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	_, err = p.dialer().Dial(context.Background(), "host")
	wantKind(t, err, KindTurnedAway)
}

func TestNameIsRefusedBeforeAnythingStarts(t *testing.T) {
	noLeaks(t)
	o := &OpenSSH{Program: "/bin/false"}
	for _, name := range []string{"", "-oProxyCommand=touch x", "a b", "a\nb", "a;b", "$(x)", "`x`", "a|b", "a/b", "\xff", "a\u202eb", "a\x1b[2Jb"} {
		_, err := o.Resolve(context.Background(), name)
		e := wantKind(t, err, KindConfigBad)
		if !strings.Contains(e.Message, "host") {
			t.Errorf("%q: ssh was asked: %s", name, e.Message)
		}
		if strings.ContainsAny(e.Host, "\x1b\n") {
			t.Errorf("%q is shown as it is", name)
		}
	}
}

func TestHangingMatchExec(t *testing.T) {
	noLeaks(t)
	sshdtest.Program(t)
	g, config := newGate(t), filepath.Join(t.TempDir(), "config")
	write(t, config, "Match exec \"exec sleep 600 >"+g.path+"\"\nUser x\n")
	held, err := os.OpenFile(g.path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	o := &OpenSSH{Options: []string{"-F", config}, Timeout: 300 * time.Millisecond}
	_, err = o.Resolve(context.Background(), "h")
	wantKind(t, err, KindConfigBad)
	if err := held.SetReadDeadline(time.Now().Add(forEver)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(held); err != nil { // it ends when nobody can write any more
		t.Errorf("what it started still runs: %v", err)
	}
}

// TestConnectTimeoutIsForTheGreeting: a host that lets us in and says nothing
// costs what ConnectTimeout allows, and not all our patience.
func TestConnectTimeoutIsForTheGreeting(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	f.add("silent", listen(t, untilClosed), nil)
	f.change("silent", func(t *Target) { t.ConnectTimeout = 10 * time.Millisecond })
	d := f.dialer()
	d.Timeout = time.Hour
	ctx, cancel := context.WithTimeout(context.Background(), forEver)
	defer cancel()
	_, err := d.Dial(ctx, "silent")
	wantKind(t, err, KindTimeout)
	if ctx.Err() != nil {
		t.Error("ConnectTimeout was not kept")
	}
}
