package sshutil

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"nixfleet-tui/internal/sshdtest"
)

// connector is this program under the name by which ssh calls it.
func connector(t testing.TB, dir string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, ConnectName)
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestConnectPassesASocketOn: ssh is handed what it would have made itself, but
// with Nagle's algorithm off.
func TestConnectPassesASocketOn(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := os.NewFile(uintptr(ends[0]), "ssh"), os.NewFile(uintptr(ends[1]), "stdout")
	defer ours.Close()
	defer theirs.Close()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	var said bytes.Buffer
	if code := Connect([]string{host, port}, theirs, &said); code != 0 {
		t.Fatalf("it ends with %d: %s", code, &said)
	}
	room := make([]byte, syscall.CmsgSpace(4))
	_, n, _, _, err := syscall.Recvmsg(int(ours.Fd()), make([]byte, 1), room, 0)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := syscall.ParseSocketControlMessage(room[:n])
	if err != nil || len(messages) != 1 {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	passed, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(passed) != 1 {
		t.Fatalf("%d sockets, %v", len(passed), err)
	}
	defer syscall.Close(passed[0])
	for name, option := range map[string][2]int{"TCP_NODELAY": {syscall.IPPROTO_TCP, syscall.TCP_NODELAY}, "SO_KEEPALIVE": {syscall.SOL_SOCKET, syscall.SO_KEEPALIVE}} {
		if is, err := syscall.GetsockoptInt(passed[0], option[0], option[1]); err != nil || is == 0 {
			t.Errorf("%s is %d, %v", name, is, err)
		}
	}
	if flags, err := unix.FcntlInt(uintptr(passed[0]), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK != 0 {
		t.Errorf("flags %o, %v: ssh wants one that blocks", flags, err)
	}
	there, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	there.Close()
}

func TestConnectSaysWhyItDidNot(t *testing.T) {
	closed := fmt.Sprint(sshdtest.ClosedPort(t))
	for want, args := range map[string][]string{"refused": {"127.0.0.1", closed}, "usage": {"h1"}} {
		var said bytes.Buffer
		if code := Connect(args, os.Stdin, &said); code == 0 || !strings.Contains(said.String(), want) {
			t.Errorf("%v: %d, %q", args, code, &said)
		}
	}
}

// TestMasterOverAConnector: the login is made over what the connector passed,
// and without a connector that does its work ssh connects by itself, once.
func TestMasterOverAConnector(t *testing.T) {
	for name, make := range map[string]func(p *place, script func(name, then string) string) string{
		"it connects": func(p *place, script func(name, then string) string) string {
			// Its name is neither the shell's business nor one of ssh's tokens.
			return script("it's %h", "exec '"+connector(t, p.dir)+"' \"$@\"")
		},
		"it fails":          func(_ *place, script func(name, then string) string) string { return script("fails", "exit 1") },
		"it passes nothing": func(_ *place, script func(name, then string) string) string { return script("silent", "exit 0") },
		"there is none":     func(p *place, _ func(name, then string) string) string { return filepath.Join(p.dir, "none") },
	} {
		t.Run(name, func(t *testing.T) {
			s := startSSHD(t)
			p := newPlace(t, s, vouch(t, s))
			called := filepath.Join(p.dir, "called")
			m := newMaster(t, p)
			m.Connect = make(p, func(name, then string) string {
				path := filepath.Join(p.dir, name)
				write(t, path, "#!/bin/sh\necho \"$@\" >>'"+called+"'\n"+then+"\n")
				if err := os.Chmod(path, 0o700); err != nil {
					t.Fatal(err)
				}
				return path
			})
			if err := m.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			if r, err := m.Run(t.Context(), Command{Line: "echo hello"}); err != nil || string(r.Stdout) != "hello\n" {
				t.Errorf("%q, %v", r.Stdout, err)
			}
			wantOneLogin(t, s)
			if exists(m.Connect) {
				if got, want := read(t, called), fmt.Sprintf("127.0.0.1 %d\n", s.Port); got != want {
					t.Errorf("it was asked for %q, want %q", got, want)
				}
			}
		})
	}
}

func TestStraight(t *testing.T) {
	const plain = "hostname h\nuser u\nport 22\naddressfamily any\ntcpkeepalive yes\ncanonicalizehostname false\ncheckhostip no\nnohostauthenticationforlocalhost no\n"
	for change, want := range map[string]bool{
		"": true, "proxyusefdpass no": true, "proxycommand none": true, "bindaddress": true,
		"proxyjump j": false, "proxycommand nc %h %p": false, "bindaddress 10.0.0.1": false, "bindinterface eth0": false,
		"addressfamily inet6": false, "tcpkeepalive no": false, "canonicalizehostname true": false, "canonicalizehostname always": false,
		"checkhostip yes": false, "nohostauthenticationforlocalhost yes": false,
	} {
		key, _, _ := strings.Cut(change, " ")
		var lines []string
		for line := range strings.Lines(plain) {
			if k, _, _ := strings.Cut(line, " "); k != key {
				lines = append(lines, line)
			}
		}
		if got := parseSettings([]byte(strings.Join(lines, "") + change + "\n")).straight(); got != want {
			t.Errorf("%q: straight is %v", change, got)
		}
	}
	if parseSettings([]byte("hostname h\nport 22\naddressfamily any\n")).straight() {
		t.Error("what was not told is taken for what it mostly is")
	}
}

// BenchmarkMaster logs in by ssh alone, and over what a connector passes.
func BenchmarkMaster(b *testing.B) {
	s := startSSHD(b)
	p := newPlace(b, s, vouch(b, s))
	for name, program := range map[string]string{"ssh connects": "", "a connector connects": connector(b, p.dir)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				socket := filepath.Join(p.dir, "s")
				m := &Master{Options: []string{"-F", p.config, "-o", "ControlPath=" + socket}, Host: "host", Socket: socket, Connect: program}
				if err := m.Open(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := m.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
