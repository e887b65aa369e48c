// Package sshdtest starts real OpenSSH servers on the loopback, for tests, and
// agents on sockets.
//
// A server ends with its test, and lets in who has the key in its directory.
// Where there is no sshd the test is skipped, and says what to install.
package sshdtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Server is a running sshd.
type Server struct {
	Dir  string // holds its host key hk, the key id that it lets in, and authorized_keys
	Port int
	Log  *Log
}

// Program finds the server, or skips the test.
func Program(t testing.TB) string {
	t.Helper()
	for _, path := range []string{"/usr/sbin/sshd", "/run/current-system/sw/bin/sshd", "/usr/bin/sshd"} {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		for _, program := range []string{"ssh", "ssh-keygen"} {
			if _, err := exec.LookPath(program); err != nil {
				t.Skip("no " + program + " here: install openssh-client")
			}
		}
		return path
	}
	t.Skip("no sshd here: install openssh-server")
	return ""
}

// Start starts a server with a fresh ed25519 host key at DIR/hk, that lets in
// the key DIR/id. extra are lines of its configuration, which win over ours.
func Start(t testing.TB, extra ...string) *Server {
	t.Helper()
	Program(t)
	dir := t.TempDir()
	NewKey(t, dir, "hk", "ed25519")
	id := NewKey(t, dir, "id", "ed25519")
	write(t, filepath.Join(dir, "authorized_keys"), read(t, id+".pub"))
	return StartIn(t, dir, extra...)
}

// StartIn is Start with the files of a directory that is there.
func StartIn(t testing.TB, dir string, extra ...string) *Server {
	t.Helper()
	program := Program(t)
	if os.Getuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	lines := settings(program, dir, extra)
	for {
		s := &Server{Dir: dir, Port: freePort(t), Log: &Log{}}
		if s.listens(t, program, append(lines, "Port "+strconv.Itoa(s.Port))) {
			return s
		}
	}
}

// listens starts the server, unless somebody else has taken its port meanwhile.
func (s *Server) listens(t testing.TB, program string, lines []string) bool {
	t.Helper()
	config := filepath.Join(s.Dir, "sshd_config")
	write(t, config, strings.Join(lines, "\n")+"\n")
	cmd := exec.Command(program, "-D", "-e", "-f", config)
	cmd.Stderr = s.Log
	cmd.WaitDelay = time.Second // its sessions may hold the pipe
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			t.Log("sshd said:\n" + s.Log.String())
		}
	})
	const listens, taken = "Server listening on", "Address already in use"
	if s.Log.await(t, listens, taken) == taken {
		stop()
		return false
	}
	return true
}

// settings are the lines of the configuration. Of most words the first counts,
// and of MaxStartups the last.
func settings(program, dir string, extra []string) []string {
	lines := append([]string{"MaxStartups 200"}, extra...)
	lines = append(lines,
		"UsePAM no", "StrictModes no", "PidFile none",
		"HostKey "+filepath.Join(dir, "hk"), "AuthorizedKeysFile "+filepath.Join(dir, "authorized_keys"),
		"PasswordAuthentication no", "KbdInteractiveAuthentication no", "LogLevel VERBOSE",
		"SetEnv SHLVL=9") // bash then leaves out the person's .bashrc, which may be slow
	if !slices.ContainsFunc(extra, func(l string) bool { return strings.HasPrefix(l, "ListenAddress ") }) {
		lines = append(lines, "ListenAddress 127.0.0.1")
	}
	// All tests come from one address, and many fail on purpose. Servers before
	// 9.8 have no such option, and nothing to be spared.
	const spared = "PerSourcePenalties no"
	if exec.Command(program, "-t", "-f", "/dev/null", "-h", filepath.Join(dir, "hk"), "-o", spared).Run() == nil {
		lines = append(lines, spared)
	}
	return lines
}

// KnownHosts is a line that vouches for the server's key at an address.
func (s *Server) KnownHosts(t testing.TB, address string) string {
	t.Helper()
	return fmt.Sprintf("[%s]:%d %s", address, s.Port, read(t, filepath.Join(s.Dir, "hk.pub")))
}

// freePort is a port that nothing listens on, at the moment.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// ClosedPort is a port that nothing listens on until the test ends: a socket
// has it that does not listen either.
func ClosedPort(t testing.TB) int {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(fd)
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	address, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return address.(*syscall.SockaddrInet4).Port
}

// Keygen runs ssh-keygen.
func Keygen(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command("ssh-keygen", append([]string{"-q"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen %v: %v: %s", args, err, out)
	}
}

// NewKey makes a key without a passphrase, and returns its path.
func NewKey(t testing.TB, dir, name, kind string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	Keygen(t, "-t", kind, "-N", "", "-C", name, "-f", path)
	return path
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
