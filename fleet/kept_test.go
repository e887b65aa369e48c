package fleet

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/internal/sshdtest"
	"nixfleet-tui/sshutil"
)

// served is a root behind a real sshd, whose every login is a shell in it.
type served struct {
	fakeRoot
	client *sshutil.Client
	starts string // a file with a line for each shell that was started
}

// fixed is a Resolver that knows one host.
type fixed struct{ target sshutil.Target }

func (f fixed) Resolve(context.Context, string) (sshutil.Target, error) { return f.target, nil }

func serve(t *testing.T, root fakeRoot, shell []string) served {
	t.Helper()
	s := served{fakeRoot: root, starts: filepath.Join(t.TempDir(), "starts")}
	server := sshdtest.Start(t, fmt.Sprintf("ForceCommand echo x >>%s; NF_ROOT=%s; export NF_ROOT; exec %s", s.starts, root.dir, strings.Join(shell, " ")))
	known := filepath.Join(server.Dir, "known_hosts")
	if err := os.WriteFile(known, []byte(server.KnownHosts(t, "127.0.0.1")), 0o600); err != nil {
		t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	const forEver = time.Hour // however slow the host is, its shell is kept
	dialer := &sshutil.Dialer{Timeout: forEver, Patience: forEver, Resolver: fixed{sshutil.Target{
		Name: "h", HostName: "127.0.0.1", Port: server.Port, User: me.Username,
		IdentityFiles: []string{filepath.Join(server.Dir, "id")}, UserKnownHostsFiles: []string{known},
	}}}
	if s.client, err = dialer.Dial(t.Context(), "h"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.client.Close() })
	return s
}

// alone hides that a connection can keep a shell.
type alone struct{ sshutil.Runner }

// read reads the host without what differs from one moment to the next.
func (s served) read(t *testing.T, r sshutil.Runner, full bool) Reading {
	t.Helper()
	before := time.Now().Add(-2 * time.Second)
	reading, err := Read(t.Context(), r, full, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if reading.HostTime.Before(before) || reading.HostTime.After(time.Now()) {
		t.Errorf("the host's clock says %v at %v", reading.HostTime, time.Now())
	}
	reading.At, reading.FullAt, reading.HostTime = time.Time{}, time.Time{}, time.Time{}
	return reading
}

// TestKeptShellReadsAsOneAlone: whatever happens on the host between two looks,
// a kept shell of any make sees what a new one does.
func TestKeptShellReadsAsOneAlone(t *testing.T) {
	changes := []struct {
		name   string
		change func(r fakeRoot)
	}{
		{"nothing", func(fakeRoot) {}},
		{"a new generation", func(r fakeRoot) {
			r.link("/nix/var/nix/profiles/system-43-link", sys41)
			r.link("/nix/var/nix/profiles/system", "system-43-link")
		}},
		{"a test of it", func(r fakeRoot) { r.link("/run/current-system", sys41) }},
		{"a build, a slot and an activation", func(r fakeRoot) {
			var locks strings.Builder
			for i, file := range []string{"/nix/var/nix/userpool/30001", "/nix/var/nix/current-load/ssh:__h2-0", "/run/nixos/switch-to-configuration.lock"} {
				r.file(file, "")
				dev, inode := identity(r.t, filepath.Join(r.dir, file))
				fmt.Fprintf(&locks, "%d: FLOCK  ADVISORY  WRITE 77 %s:%d 0 EOF\n", i+1, dev, inode)
			}
			r.file("/proc/locks", locks.String())
		}},
		{"the end of all that", func(r fakeRoot) { r.file("/proc/locks", "") }},
		{"no generations any more", func(r fakeRoot) {
			if err := os.RemoveAll(filepath.Join(r.dir, "/nix/var")); err != nil {
				r.t.Fatal(err)
			}
		}},
	}
	for name, words := range shells(t) {
		t.Run(name, func(t *testing.T) {
			s := serve(t, nixos(t), words)
			for _, c := range changes {
				c.change(s.fakeRoot)
				kept, one := s.read(t, s.client, false), s.read(t, alone{s.client}, false)
				if !reflect.DeepEqual(kept, one) {
					t.Errorf("%s:\nkept  %+v\nalone %+v", c.name, kept, one)
				}
				if c.name == "a build, a slot and an activation" && (kept.Builds != 1 || len(kept.Slots) != 1 || !kept.Switching) {
					t.Errorf("got %+v", kept)
				}
			}
			s.read(t, s.client, true)
			started, err := os.ReadFile(s.starts)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := strings.Count(string(started), "x"), 1+len(changes)+1; got != want {
				t.Errorf("%d shells were started, want %d: one kept, one for each look that is alone, and one for the full one", got, want)
			}
		})
	}
}
