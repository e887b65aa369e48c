package sshutil

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// behindJump is a fleet of n hosts that are reached over one jump host.
func behindJump(t *testing.T, n int) (f *fleet, jump *fakeHost, logins *atomic.Int32) {
	t.Helper()
	f = newFleet(t)
	jump = newFakeHost(t)
	logins = &atomic.Int32{}
	port := listen(t, func(conn net.Conn) {
		logins.Add(1)
		jump.serve(conn)
	})
	f.add("jump", port, jump.signer.PublicKey())
	h := newFakeHost(t)
	for i := range n {
		name := fmt.Sprintf("h%d", i)
		f.add(name, h.port, h.signer.PublicKey())
		f.change(name, func(t *Target) { t.ProxyJump = []string{"jump"} })
	}
	return f, jump, logins
}

func TestJumpIsShared(t *testing.T) {
	noLeaks(t)
	f, _, logins := behindJump(t, 10)
	d := f.dialer()
	clients := dialAll(t, d, 10)
	if got := logins.Load(); got != 1 {
		t.Errorf("%d connections to the jump host", got)
	}
	for _, c := range clients {
		if c.Via() != "jump jump" {
			t.Errorf("via %q", c.Via())
		}
		if _, err := c.Run(context.Background(), Command{Line: "true"}); err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(d.shared().jumps.clients.byKey) != 0 {
		t.Error("the jump host's connection is still there")
	}
}

// dialAll dials h0 to hN at once.
func dialAll(t *testing.T, d *Dialer, n int) []*Client {
	t.Helper()
	clients := make([]*Client, n)
	var dialling sync.WaitGroup
	for i := range n {
		dialling.Go(func() {
			c, err := d.Dial(context.Background(), fmt.Sprintf("h%d", i))
			if err != nil {
				t.Error(err)
				return
			}
			clients[i] = c
			t.Cleanup(func() { c.Close() })
		})
	}
	dialling.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return clients
}

func TestDeadJumpIsOneCause(t *testing.T) {
	noLeaks(t)
	f, _, _ := behindJump(t, 40)
	var asked atomic.Int32
	port := listen(t, func(conn net.Conn) {
		asked.Add(1)
		untilClosed(conn)
	})
	f.change("jump", func(t *Target) { t.Port = port })
	d := f.dialer()
	d.Timeout = 300 * time.Millisecond
	now := time.Now() // whoever comes after that comes at the same moment
	d.Now = func() time.Time { return now }
	var dialling sync.WaitGroup
	for i := range 40 {
		dialling.Go(func() {
			_, err := d.Dial(context.Background(), fmt.Sprintf("h%d", i))
			if kindOf(err) != KindJump || !strings.Contains(err.Error(), "the jump host jump fails: the host accepts connections but says nothing") {
				t.Errorf("h%d: %v", i, err)
			}
		})
	}
	dialling.Wait()
	if got := asked.Load(); got != 1 {
		t.Errorf("the dead jump host was asked %d times", got)
	}
}

func TestJumpDiesLater(t *testing.T) {
	noLeaks(t)
	f, jump, _ := behindJump(t, 3)
	var conns []net.Conn
	var mu sync.Mutex
	port := listen(t, func(conn net.Conn) {
		mu.Lock()
		conns = append(conns, conn)
		mu.Unlock()
		jump.serve(conn)
	})
	f.add("jump", port, jump.signer.PublicKey())
	clients := dialAll(t, f.dialer(), 3)
	mu.Lock()
	conns[0].Close()
	mu.Unlock()
	for _, c := range clients {
		<-c.Done()
		_, err := c.Run(context.Background(), Command{Line: "true"})
		e := wantKind(t, err, KindJump)
		if !strings.Contains(e.Message, "jump host jump") {
			t.Errorf("%q does not name the jump host", e.Message)
		}
	}
}

func TestJumpGivenUpByItsLastUser(t *testing.T) {
	noLeaks(t)
	f, _, _ := behindJump(t, 1)
	reached := make(chan struct{})
	f.change("jump", func(tt *Target) {
		tt.Port = listen(t, func(conn net.Conn) { close(reached); untilClosed(conn) })
	})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-reached
		cancel()
	}()
	_, err := f.dialer().Dial(ctx, "h0")
	wantKind(t, err, KindCanceled)
}

func TestTooManyJumps(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	for i := range 12 {
		f.add(fmt.Sprintf("h%d", i), 1, nil)
		f.change(fmt.Sprintf("h%d", i), func(t *Target) { t.ProxyJump = []string{fmt.Sprintf("h%d", i+1)} })
	}
	_, err := f.dialer().Dial(context.Background(), "h0")
	wantKind(t, err, KindConfigBad)
}

func TestSplitHop(t *testing.T) {
	tests := []struct {
		in, user, host string
		port           int
		ok             bool
	}{
		{"a", "", "a", 0, true},
		{"me@a:22", "me", "a", 22, true},
		{"ssh://me@a:22", "me", "a", 22, true},
		{"[::1]:24", "", "::1", 24, true},
		{"me@[::1]", "me", "::1", 0, true},
		{"x@y@a", "x@y", "a", 0, true},
		{"a:0", "", "", 0, false},
		{"a:99999", "", "", 0, false},
		{"-oX", "", "", 0, false},
		{"a;b", "", "", 0, false},
		{"-l@a", "", "", 0, false},
	}
	for _, tt := range tests {
		user, host, port, err := splitHop(tt.in)
		if user != tt.user || host != tt.host || port != tt.port || (err == nil) != tt.ok {
			t.Errorf("splitHop(%q) = %q, %q, %d, %v", tt.in, user, host, port, err)
		}
	}
}

func TestProxyCommandIsReaped(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	h := newFakeHost(t)
	f.add("h", h.port, h.signer.PublicKey())
	dir := t.TempDir()
	f.change("h", func(tt *Target) {
		// One that ignores being asked to go, and its child.
		tt.ProxyCommand = fmt.Sprintf(`sh -c 'trap "" HUP; echo $$ > %s/pid; %s=1 %s 127.0.0.1:%d'`, dir, relayVariable, testBinary(t), h.port)
	})
	c := dial(t, f.dialer(), "h")
	if c.Via() != "proxycommand" {
		t.Errorf("via %q", c.Via())
	}
	if _, err := c.Run(context.Background(), Command{Line: "true"}); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	wantGone(t, dir+"/pid")
}

// runs reports whether a process runs. One that only waits to be reaped does not.
func runs(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return syscall.Kill(pid, 0) == nil && !(err == nil && strings.Contains(string(stat), ") Z "))
}

// wantGone fails if the process whose id is in that file does not end.
func wantGone(t *testing.T, file string) {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimSpace(read(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	wantNoProcess(t, pid)
}

func TestSilentProxyCommandIsEnded(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	f.add("h", 1, nil)
	g, pid, ctx := newGate(t), filepath.Join(t.TempDir(), "pid"), newExpiry(t)
	f.change("h", func(t *Target) { t.ProxyCommand = "sh -c 'echo $$ > " + pid + "; cat " + g.path + "; exec sleep 600'" })
	go func() {
		g.reached(t)()
		ctx.expire()
	}()
	_, err := f.dialer().Dial(ctx, "h")
	wantKind(t, err, KindTimeout)
	wantGone(t, pid)
}

// TestTunnelEndsWhenClosed has a jump host that never acknowledges anything.
func TestTunnelEndsWhenClosed(t *testing.T) {
	noLeaks(t)
	near, far := net.Pipe()
	defer far.Close()
	c := fakeClient(t, nil)
	n := c.link.(*native)
	conn, err := n.pumped(near)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := conn.Read(make([]byte, 1))
		done <- err
	}()
	conn.Close()
	if err := <-done; err != io.ErrClosedPipe {
		t.Errorf("got %v", err)
	}
}
