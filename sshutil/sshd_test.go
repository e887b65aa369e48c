package sshutil

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// sshd is a real OpenSSH server on the loopback, with a directory of its own.
type sshd struct {
	dir  string
	port int
	log  *syncBuffer
	cmd  *exec.Cmd
}

// syncBuffer collects what is written, and tells those who wait for something in it.
type syncBuffer struct {
	mu   sync.Mutex
	b    bytes.Buffer
	more chan struct{} // closed at the next write; may be nil
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more != nil {
		close(s.more)
		s.more = nil
	}
	return s.b.Write(p)
}

// await waits until the buffer holds text.
func (s *syncBuffer) await(t testing.TB, text string) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		s.mu.Lock()
		found := strings.Contains(s.b.String(), text)
		if s.more == nil {
			s.more = make(chan struct{})
		}
		more := s.more
		s.mu.Unlock()
		if found {
			return
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("no %q in: %s", text, s.String())
		}
	}
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// sshdProgram finds the server, or skips the test.
func sshdProgram(t testing.TB) string {
	t.Helper()
	for _, path := range []string{"/usr/sbin/sshd", "/run/current-system/sw/bin/sshd", "/usr/bin/sshd"} {
		if exists(path) {
			for _, program := range []string{"ssh", "ssh-keygen"} {
				if _, err := exec.LookPath(program); err != nil {
					t.Skip("no " + program + " here: install openssh-client")
				}
			}
			return path
		}
	}
	t.Skip("no sshd here: install openssh-server")
	return ""
}

// freePort is a port that nothing listens on.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// keygen runs ssh-keygen.
func keygen(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command("ssh-keygen", append([]string{"-q"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen %v: %v: %s", args, err, out)
	}
}

// newKey makes a key without a passphrase, and returns its path.
func newKey(t testing.TB, dir, name, kind string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	keygen(t, "-t", kind, "-N", "", "-C", name, "-f", path)
	return path
}

// startSSHD starts a server with a fresh ed25519 host key at DIR/hk, that lets in
// the key DIR/id. extra are lines of its configuration.
func startSSHD(t testing.TB, extra ...string) *sshd {
	t.Helper()
	noLeaks(t)
	program := sshdProgram(t)
	s := &sshd{dir: t.TempDir(), log: &syncBuffer{}}
	newKey(t, s.dir, "hk", "ed25519")
	id := newKey(t, s.dir, "id", "ed25519")
	write(t, filepath.Join(s.dir, "authorized_keys"), read(t, id+".pub"))
	s.start(t, program, extra)
	return s
}

func (s *sshd) start(t testing.TB, program string, extra []string) {
	t.Helper()
	if os.Getuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.port = freePort(t)
	lines := append([]string{"MaxStartups 200"}, extra...) // of this one the last counts
	lines = append(lines,
		"Port "+strconv.Itoa(s.port), "ListenAddress 127.0.0.1", "UsePAM no", "StrictModes no", "PidFile none",
		"HostKey "+filepath.Join(s.dir, "hk"), "AuthorizedKeysFile "+filepath.Join(s.dir, "authorized_keys"),
		"PasswordAuthentication no", "KbdInteractiveAuthentication no", "LogLevel VERBOSE",
		"SetEnv SHLVL=9") // bash then leaves out the person's .bashrc, which may be slow
	if major, minor := versionOf(context.Background(), ""); major > 9 || major == 9 && minor >= 8 {
		// All tests come from one address, and many fail on purpose.
		lines = append(lines, "PerSourcePenalties no")
	}
	config := filepath.Join(s.dir, "sshd_config")
	write(t, config, strings.Join(lines, "\n")+"\n")
	s.cmd = exec.Command(program, "-D", "-e", "-f", config)
	s.cmd.Stderr = s.log
	s.cmd.WaitDelay = time.Second // its sessions may hold the pipe
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		s.cmd.Wait()
		if t.Failed() {
			t.Log("sshd said:\n" + s.log.String())
		}
	})
	s.log.await(t, "Server listening on")
}

// knownHosts is a line that vouches for the server's key.
func (s *sshd) knownHosts(t testing.TB) string {
	t.Helper()
	return fmt.Sprintf("[127.0.0.1]:%d %s", s.port, read(t, filepath.Join(s.dir, "hk.pub")))
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
		"Host *", "HostName 127.0.0.1", "Port "+strconv.Itoa(s.port), "User "+me(t),
		"IdentityFile "+filepath.Join(s.dir, "id"), "IdentitiesOnly yes",
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
