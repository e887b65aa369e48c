package sshutil

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nixfleet-tui/internal/sshdtest"
)

// newMaster is a master for the place's host, which is closed after the test.
func newMaster(t *testing.T, p *place) *Master {
	t.Helper()
	socket := filepath.Join(p.dir, "s")
	m := &Master{Options: []string{"-F", p.config, "-o", "ControlPath=" + socket}, Host: "host", Socket: socket}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func TestMaster(t *testing.T) {
	s := startSSHD(t)
	m := newMaster(t, newPlace(t, s, vouch(t, s)))
	ctx := context.Background()
	began := time.Now()
	if err := m.Open(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("opened in %v", time.Since(began))
	if err := m.Open(ctx); err != nil {
		t.Errorf("opening again: %v", err)
	}
	for name, run := range map[string]func(context.Context, Command) (Result, error){
		"by its own protocol": m.Run,
		"by another ssh":      func(ctx context.Context, c Command) (Result, error) { return m.runByProgram(ctx, c, c.MaxOutput) },
	} {
		t.Run(name, func(t *testing.T) { wantRunner(t, run) })
	}
	wantOneLogin(t, s)
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if exists(m.Socket) || exists(m.lockFile()) {
		t.Error("something is left")
	}
}

// wantRunner holds a way to run commands to what a Runner promises.
func wantRunner(t *testing.T, run func(context.Context, Command) (Result, error)) {
	t.Helper()
	ctx := context.Background()
	r, err := run(ctx, Command{Line: "cat; echo err >&2; exit 3", Stdin: []byte("in"), MaxOutput: 1000})
	if err != nil || string(r.Stdout) != "in" || string(r.Stderr) != "err\n" || r.ExitCode != 3 {
		t.Errorf("got %q %q %d %v", r.Stdout, r.Stderr, r.ExitCode, err)
	}
	if r, err := run(ctx, Command{Line: "exit 255", MaxOutput: 1000}); err != nil || r.ExitCode != 255 {
		t.Errorf("a command's own 255: %d %v", r.ExitCode, err)
	}
	if r, err := run(ctx, Command{Line: "kill -KILL $$", MaxOutput: 1000}); err != nil || r.ExitCode != 255 {
		t.Errorf("one that a signal ends: %d %v", r.ExitCode, err)
	}
	r, err = run(ctx, Command{Line: "yes", MaxOutput: 1000})
	wantKind(t, err, KindOutputCap)
	if len(r.Stdout) != 1000 {
		t.Errorf("%d bytes kept", len(r.Stdout))
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	_, err = run(short, Command{Line: "sleep 600", MaxOutput: 1000})
	wantKind(t, err, KindTimeout)
}

// wantOneLogin waits for the server's word of it, which may come later than we
// are let in.
func wantOneLogin(t *testing.T, s *sshd) {
	t.Helper()
	const login = "Accepted publickey"
	s.Log.Await(t, login)
	if got := strings.Count(s.Log.String(), login); got != 1 {
		t.Errorf("%d logins", got)
	}
}

func TestMastersThatStartAtOnce(t *testing.T) {
	s := startSSHD(t)
	p := newPlace(t, s, vouch(t, s))
	m := newMaster(t, p)
	var opening sync.WaitGroup
	for range 3 {
		opening.Go(func() {
			other := *m
			if err := other.Open(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	opening.Wait()
	wantOneLogin(t, s)
}

// pid is the process of the master.
func (m *Master) pid(t *testing.T) int {
	t.Helper()
	out, err := exec.Command("ssh", append([]string{"-O", "check"}, m.words()...)...).CombinedOutput()
	found := regexp.MustCompile(`pid=(\d+)`).FindSubmatch(out)
	if err != nil || found == nil {
		t.Fatalf("%v: %s", err, out)
	}
	pid, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestMasterDies(t *testing.T) {
	s := startSSHD(t)
	p := newPlace(t, s, vouch(t, s))
	m := newMaster(t, p)
	ctx := context.Background()
	if err := m.Open(ctx); err != nil {
		t.Fatal(err)
	}
	pid := m.pid(t)
	fifo := filepath.Join(p.dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		f, err := os.Open(fifo) // opens when the command does
		if err == nil {
			f.Close()
		}
		syscall.Kill(pid, syscall.SIGKILL)
	}()
	_, err := m.Run(ctx, Command{Line: "exec 3> " + fifo + "; exec sleep 5"})
	wantKind(t, err, KindExitUnknown)
	if err := m.Open(ctx); err != nil {
		t.Errorf("after it died: %v", err)
	}
	if r, err := m.Run(ctx, Command{Line: "echo back"}); err != nil || string(r.Stdout) != "back\n" {
		t.Errorf("%q %v", r.Stdout, err)
	}
}

func TestMasterFailures(t *testing.T) {
	s := startSSHD(t)
	stranger := sshdtest.NewKey(t, s.Dir, "stranger", "ed25519")
	closed := sshdtest.ClosedPort(t)
	tests := []struct {
		name  string
		known string
		lines []string
		kind  Kind
	}{
		{"unknown key", "", nil, KindHostKeyUnknown},
		{"changed key", fmt.Sprintf("[127.0.0.1]:%d %s", s.Port, read(t, stranger+".pub")), nil, KindHostKeyChanged},
		{"nothing listens", vouch(t, s), []string{"Host host", fmt.Sprintf("Port %d", closed)}, KindRefused},
		{"no such name", vouch(t, s), []string{"Host host", "HostName no-such-host.invalid"}, KindDNS},
		{"wrong user", vouch(t, s), []string{"Host host", "User nobody-of-that-name"}, KindAuthRejected},
		{"bad configuration", vouch(t, s), []string{"Host host", "Bogus yes"}, KindConfigBad},
		{"no algorithm", vouch(t, s), []string{"Host host", "HostKeyAlgorithms ecdsa-sha2-nistp256"}, KindNoCommonAlgo},
	}
	for i, tt := range slices.Concat(tests, tests) {
		connects := i >= len(tests) // for ssh, which fails no other way then
		t.Run(fmt.Sprintf("%s, connector %v", tt.name, connects), func(t *testing.T) {
			p := newPlace(t, s, tt.known, tt.lines...)
			m := newMaster(t, p)
			if connects {
				m.Connect = connector(t, p.dir)
			}
			e := wantKind(t, m.Open(context.Background()), tt.kind)
			if e.Hint == "" || strings.Contains(e.Hint, "HOST") {
				t.Errorf("hint %q", e.Hint)
			}
		})
	}
}

func TestMasterHasNoPlace(t *testing.T) {
	s := startSSHD(t)
	p := newPlace(t, s, vouch(t, s))
	for _, socket := range []string{filepath.Join(p.dir, "missing", "s"), filepath.Join(p.dir, strings.Repeat("long", 40))} {
		m := &Master{Options: []string{"-F", p.config, "-o", "ControlPath=" + socket}, Host: "host", Socket: socket}
		wantKind(t, m.Open(context.Background()), KindConfigBad)
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	m := &Master{Program: "no-such-ssh", Host: "host", Socket: filepath.Join(p.dir, "s")}
	wantKind(t, m.Open(context.Background()), KindConfigBad)
	if err := (&Master{Host: "-oX"}).Open(context.Background()); kindOf(err) != KindConfigBad {
		t.Error(err)
	}
}

func TestMasterStops(t *testing.T) {
	noLeaks(t)
	sshdtest.Program(t)
	p := &place{dir: t.TempDir()}
	p.config = filepath.Join(p.dir, "config")
	reached := make(chan struct{})
	port := listen(t, func(conn net.Conn) { close(reached); untilClosed(conn) })
	write(t, p.config, fmt.Sprintf("Host host\nHostName 127.0.0.1\nPort %d\nUserKnownHostsFile none\n", port))
	m := newMaster(t, p)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-reached
		cancel()
	}()
	wantKind(t, m.Open(ctx), KindCanceled)
}

func TestProgramCarriesStreams(t *testing.T) {
	s := startSSHD(t)
	p := newPlace(t, s, "", "Host host", "KnownHostsCommand "+echoProgram(t)+" "+strings.TrimSpace(vouch(t, s)))
	c := dial(t, p.dialer(), "host")
	if c.Via() != "openssh" {
		t.Fatalf("via %q", c.Via())
	}
	echo(t, c)
	if _, err := c.Run(context.Background(), Command{Line: "true"}); err != nil {
		t.Error(err)
	}
	dir := c.link.(*program).dir
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	<-c.Done()
	if exists(dir) {
		t.Error("its directory is still there")
	}
}

// echo has a stream say back what it is told.
func echo(t *testing.T, c *Client) {
	t.Helper()
	stream, err := c.Stream(context.Background(), "cat")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"one", "two"} {
		if _, err := stream.Write([]byte(word)); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(word))
		if _, err := io.ReadFull(stream, got); err != nil || !bytes.Equal(got, []byte(word)) {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if err := stream.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	if _, err := stream.Read(make([]byte, 1)); err == nil {
		t.Error("a closed stream can be read")
	}
}

// TestAcceptKey has OpenSSH ask, through an askpass that says yes.
func TestAcceptKey(t *testing.T) {
	s := startSSHD(t)
	p := newPlace(t, s, "")
	d := p.dialer()
	_, err := d.Dial(context.Background(), "host")
	wantKind(t, err, KindHostKeyUnknown)
	askpass := filepath.Join(p.dir, "askpass")
	write(t, askpass, "#!/bin/sh\necho yes\n")
	if err := os.Chmod(askpass, 0o700); err != nil {
		t.Fatal(err)
	}
	words := d.AcceptKey("host")
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = append(os.Environ(), "SSH_ASKPASS="+askpass, "SSH_ASKPASS_REQUIRE=force")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	dial(t, d, "host")
}

// TestAMasterThatCannotBeAskedKeepsItsSocket: nobody could end it without. Who
// is cancelled while asking whether there is one has learned nothing.
func TestAMasterThatCannotBeAskedKeepsItsSocket(t *testing.T) {
	noLeaks(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	socket := fakeMaster(t, func(conn net.Conn) {
		cancel()
		untilClosed(conn)
	})
	m := &Master{Options: []string{"-o", "ControlPath=" + socket}, Host: "host", Socket: socket}
	wantKind(t, m.Open(ctx), KindCanceled)
	if !exists(socket) {
		t.Error("its socket is gone")
	}
}
