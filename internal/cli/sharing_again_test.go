package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"sync/atomic"
	"testing"

	"nixfleet-tui/internal/sshdtest"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// door is a port before a real server, which counts who comes.
type door struct {
	port  int
	tries atomic.Int32
}

// openDoor turns away the first who come, and lets the others through.
func openDoor(t *testing.T, s *sshdtest.Server, away int32) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &door{port: l.Addr().(*net.TCPAddr).Port}
	sshdtest.Serve(t, l, func(conn net.Conn) {
		if d.tries.Add(1) <= away {
			io.WriteString(conn, "Exceeded MaxStartups\r\n") //nolint:errcheck // who has left was turned away too
			return
		}
		sshd, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port))
		if err != nil {
			t.Error(err)
			return
		}
		defer sshd.Close()
		go func() {
			io.Copy(sshd, conn)
			sshd.Close()
		}()
		io.Copy(conn, sshd)
	})
	return d
}

// personal writes an ssh configuration in which "h" is behind the port.
func personal(t *testing.T, s *sshdtest.Server, port int) string {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config, known := filepath.Join(dir, "config"), filepath.Join(dir, "known")
	behind := &sshdtest.Server{Dir: s.Dir, Port: port}
	for path, content := range map[string]string{
		known: behind.KnownHosts(t, "127.0.0.1"),
		config: fmt.Sprintf("Host h\nHostName 127.0.0.1\nPort %d\nUser %s\nIdentityFile %s/id\nIdentitiesOnly yes\nUserKnownHostsFile %s\nGlobalKnownHostsFile none\n",
			port, me.Username, s.Dir, known),
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config
}

// TestTurnedAwayOnce: a host whose sshd lets nobody in at the first try is tried
// once more, whether ssh was the first or a connection of our own; and no more often.
func TestTurnedAwayOnce(t *testing.T) {
	s := sshdtest.Start(t)
	for name, c := range map[string]struct {
		shared, early bool
		away          int32
		kind          sshutil.Kind
	}{
		"ssh, once":        {true, false, 1, sshutil.KindNone},
		"ssh, always":      {true, false, 9, sshutil.KindTurnedAway},
		"ssh, begun early": {true, true, 9, sshutil.KindTurnedAway},
		"of our own, once": {false, false, 1, sshutil.KindNone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they mostly wait
			d := openDoor(t, s, c.away)
			config := personal(t, s, d.port)
			pool := sshutil.NewPool(&sshutil.Dialer{Resolver: &sshutil.OpenSSH{Options: []string{"-F", config}}})
			defer pool.Close()
			k := &links{pool: pool}
			if c.shared {
				k.shared = shareBy(t, config)
			}
			if c.early {
				if _, _, err := k.reach(t.Context(), "h"); !isTurnedAway(err) {
					t.Errorf("at first: %v", err)
				}
			}
			r, _, err := k.runner(t.Context(), "h")
			if got := kindOf(err); got != c.kind || err != nil && got == sshutil.KindNone {
				t.Fatalf("got %q, %v", got, err)
			}
			if err == nil {
				if _, err := r.Run(t.Context(), sshutil.Command{Line: "true"}); err != nil {
					t.Error(err)
				}
			}
			if tries := d.tries.Load(); tries != 2 {
				t.Errorf("it was tried %d times", tries)
			}
		})
	}
}

// shareBy is logins that are shared, made by an ssh configuration.
func shareBy(t *testing.T, config string) *sharing {
	t.Helper()
	dir, err := os.MkdirTemp("", "nf") // short, as a socket's path must be
	if err != nil {
		t.Fatal(err)
	}
	s := &sharing{ssh: "ssh", plan: rollout.Plan{Sockets: dir}, logins: map[string]*login{}}
	if err := os.Symlink(config, s.plan.SSHConfigLink()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.end(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// elsewhereFirst leads to another port when it is asked for the first time.
type elsewhereFirst struct {
	sshutil.Resolver
	first, tries int
}

func (r *elsewhereFirst) Resolve(ctx context.Context, name string) (sshutil.Target, error) {
	target, err := r.Resolver.Resolve(ctx, name)
	if r.tries++; r.tries == 1 {
		target.Port = r.first
	}
	return target, err
}

// TestRefusedOnce: a host that nobody listens on at the first try, as while it
// boots, is tried once more; one that shows a key that nobody knows is not.
func TestRefusedOnce(t *testing.T) {
	s, another := sshdtest.Start(t), sshdtest.Start(t)
	for name, c := range map[string]struct {
		leadsTo, first, tries int
		kind                  sshutil.Kind
	}{
		"starts to listen": {s.Port, sshdtest.ClosedPort(t), 2, sshutil.KindNone},
		"never listens":    {sshdtest.ClosedPort(t), sshdtest.ClosedPort(t), 2, sshutil.KindRefused},
		"unknown key":      {s.Port, another.Port, 1, sshutil.KindHostKeyUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they mostly wait
			r := &elsewhereFirst{Resolver: &sshutil.OpenSSH{Options: []string{"-F", personal(t, s, c.leadsTo)}}, first: c.first}
			pool := sshutil.NewPool(&sshutil.Dialer{Resolver: r})
			defer pool.Close()
			_, _, err := (&links{pool: pool}).runner(t.Context(), "h")
			if got := kindOf(err); got != c.kind || err != nil && got == sshutil.KindNone {
				t.Errorf("got %q, %v", got, err)
			}
			if r.tries != c.tries {
				t.Errorf("it was tried %d times, not %d", r.tries, c.tries)
			}
		})
	}
}
