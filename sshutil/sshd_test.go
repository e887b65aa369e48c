package sshutil

import (
	"context"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"nixfleet-tui/internal/sshdtest"
)

type sshd = sshdtest.Server

// startSSHD is sshdtest.Start for tests that leave nothing.
func startSSHD(t testing.TB, extra ...string) *sshd {
	t.Helper()
	noLeaks(t)
	return sshdtest.Start(t, extra...)
}

// vouch is a line of known_hosts for a server.
func vouch(t testing.TB, s *sshd) string {
	t.Helper()
	return s.KnownHosts(t, "127.0.0.1")
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func me(t testing.TB) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return u.Username
}

// place is a person's ssh configuration, in which "host" is the server.
type place struct {
	dir    string
	config string
}

// newPlace writes a configuration. %s in lines stands for the place's directory.
func newPlace(t testing.TB, s *sshd, known string, lines ...string) *place {
	t.Helper()
	p := &place{dir: t.TempDir()}
	p.config = filepath.Join(p.dir, "config")
	write(t, filepath.Join(p.dir, "known_hosts"), known)
	all := append(lines,
		"Host *", "HostName 127.0.0.1", "Port "+strconv.Itoa(s.Port), "User "+me(t),
		"IdentityFile "+filepath.Join(s.Dir, "id"), "IdentitiesOnly yes",
		"UserKnownHostsFile "+filepath.Join(p.dir, "known_hosts"), "GlobalKnownHostsFile none")
	write(t, p.config, strings.ReplaceAll(strings.Join(all, "\n"), "%s", p.dir)+"\n")
	return p
}

func (p *place) dialer() *Dialer {
	options := []string{"-F", p.config}
	return &Dialer{Resolver: &OpenSSH{Options: options}, OpenSSH: "ssh", SSHOptions: options}
}

func dial(t testing.TB, d *Dialer, name string) *Client {
	t.Helper()
	c, err := d.Dial(context.Background(), name)
	if err != nil {
		t.Fatalf("%v (%v)", err, hintOf(err))
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func hintOf(err error) string {
	if e, ok := err.(*Error); ok {
		return string(e.Kind) + ": " + e.Hint
	}
	return ""
}
