package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nixfleet-tui/sshutil"
)

// What the daemon of a test is turned to.
const (
	testGrace = 200 * time.Millisecond // of one that runs as a process of its own
	testWatch = 10 * time.Millisecond
	testSpeed = 60
)

// TestMain lets the test binary be what the command line will be: the daemon
// that Connect starts, and the stand-in for nixos-rebuild.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 3 && os.Args[1] == ServeCommand:
		os.Exit(serveAsChild(os.Args[2]))
	case len(os.Args) >= 3 && os.Args[1] == RebuildCommand:
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		status := Rebuild(ctx, Call{Dir: os.Args[2], Self: self(), Args: os.Args[3:], Environ: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr})
		stop()
		os.Exit(status)
	}
	os.Exit(m.Run())
}

func serveAsChild(dir string) int {
	d := testDaemon(dir)
	d.Grace = testGrace
	err := d.Serve(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// self is the command by which Connect starts this binary as the daemon.
func self() []string { return []string{os.Args[0], ServeCommand} }

// testDaemon stays, also without clients, until it is told to end.
func testDaemon(dir string) Daemon {
	return Daemon{Dir: dir, Now: time.Now, Grace: time.Hour, Watch: time.Tick(testWatch), Speed: testSpeed, Tell: func(err error) {
		fmt.Fprintln(os.Stderr, err)
	}}
}

// serving is a daemon in the test's own process.
type serving struct {
	stop  context.CancelFunc
	ended chan error
}

// serveHere starts the hosts and ends them with the test.
func serveHere(t *testing.T, d Daemon) *serving {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &serving{stop: stop, ended: make(chan error, 1)}
	ready := make(chan struct{})
	d.Ready = func() { close(ready) }
	go func() { s.ended <- d.Serve(ctx) }()
	select {
	case <-ready:
	case err := <-s.ended:
		stop()
		t.Fatalf("the daemon ended before it served: %v", err)
	}
	t.Cleanup(stop)
	return s
}

// end ends the daemon and waits for all that belongs to it.
func (s *serving) end(t *testing.T) {
	t.Helper()
	s.stop()
	if err := <-s.ended; err != nil {
		t.Errorf("the daemon ended with: %v", err)
	}
	checkNothingLeft(t)
}

// checkNothingLeft fails the test if a goroutine of a server still runs.
func checkNothingLeft(t *testing.T) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	all := string(stacks[:runtime.Stack(stacks, true)])
	for _, what := range []string{"demo.(*server)", "demo.(*farConn).carry", "demo.(*call)"} {
		if strings.Contains(all, what) {
			t.Errorf("a goroutine in %s is left:\n%s", what, all)
		}
	}
}

// fleetHere is a daemon, a client and a dialer in the test's own process.
func fleetHere(t *testing.T) (dir string, d *sshutil.Dialer) {
	t.Helper()
	dir = t.TempDir()
	s := serveHere(t, testDaemon(dir))
	c := connect(t, dir)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("leaving the demo: %v", err)
		}
		s.end(t)
	})
	return dir, &sshutil.Dialer{Resolver: c}
}

func connect(t *testing.T, dir string) *Client {
	t.Helper()
	c, err := Connect(t.Context(), dir, self())
	if err != nil {
		t.Fatalf("connecting to the demo: %v", err)
	}
	return c
}

// on runs one command on a host over SSH.
func on(t *testing.T, d *sshutil.Dialer, host, line, stdin string) sshutil.Result {
	t.Helper()
	c, err := d.Dial(t.Context(), host)
	if err != nil {
		t.Fatalf("dialling %s: %v", host, err)
	}
	defer c.Close()
	r, err := c.Run(t.Context(), sshutil.Command{Line: line, Stdin: []byte(stdin)})
	if err != nil {
		t.Fatalf("running %q on %s: %v", line, host, err)
	}
	return r
}

// printed is what a command printed on stdout, without the last newline.
func printed(t *testing.T, d *sshutil.Dialer, host, line string) string {
	t.Helper()
	r := on(t, d, host, line, "")
	if r.ExitCode != 0 {
		t.Fatalf("%q on %s: exit status %d: %s", line, host, r.ExitCode, r.Stderr)
	}
	return strings.TrimSuffix(string(r.Stdout), "\n")
}

// rebuilt is what came of one call of the stand-in.
type rebuilt struct {
	status int
	out    string
	log    string
}

// rebuild calls the stand-in as a run does, in this process.
func callRebuild(ctx context.Context, dir string, args ...string) rebuilt {
	var out, log bytes.Buffer
	env := []string{fmt.Sprintf("%s=%d", speedVariable, testSpeed)}
	status := Rebuild(ctx, Call{Dir: dir, Self: self(), Args: args, Environ: env, Stdout: &out, Stderr: &log})
	return rebuilt{status, strings.TrimSpace(out.String()), log.String()}
}

// deployArgs are what the dialect ng is called with for one host.
func deployArgs(action, host, build string) []string {
	return []string{
		action, "--flake", flakeURL + "?rev=" + revisions()[0].rev + "#" + host, "--target-host", host, "--build-host", build,
		"--sudo", "--no-reexec", "--use-substitutes", "--log-format", "internal-json",
	}
}

func hostNamed(t *testing.T, name string) host {
	t.Helper()
	hosts, err := readFleet()
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hosts {
		if h.Name == name {
			return h
		}
	}
	t.Fatalf("fleet.json has no %s", name)
	return host{}
}

// wanted is the system that the flake wants of a host.
func wanted(t *testing.T, name string) string {
	t.Helper()
	return systemOf(hostNamed(t, name), revisions()[0]).path
}

// kindOf is the kind of an sshutil error.
func kindOf(err error) sshutil.Kind {
	var e *sshutil.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return sshutil.KindNone
}

// reap waits for the daemons that the clients have started, all of which must
// be about to end.
func reap(t *testing.T, clients ...*Client) {
	t.Helper()
	for _, c := range clients {
		if c.started == nil || c.started.ended {
			continue
		}
		if _, err := unix.Wait4(c.started.pid, nil, 0, nil); err != nil {
			t.Errorf("waiting for the daemon: %v", err)
		}
		c.started.ended = true
	}
}

// testClock is a clock that the test turns.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func hostname(t *testing.T, c *Client) string {
	t.Helper()
	return printed(t, &sshutil.Dialer{Resolver: c}, "tenrec", "hostname")
}
