package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkStatus reads the status of 200 addresses of a real sshd on the
// loopback, all peers in turn: what bench/ssh.sh does on a lab, for those who
// have none. The ratios are the figures to look at.
func BenchmarkStatus(b *testing.B) {
	s := loopback(b, 200)
	var all []map[string][]sample
	for n := 0; b.Loop(); n++ {
		r := map[string][]sample{}
		for _, peer := range []struct {
			name string
			read func(setting) ([]sample, error)
		}{{"ours", ours}, {"floor", bare}, {"openssh", program}} {
			samples, err := peer.read(s)
			if err != nil {
				b.Fatalf("%s: %v", peer.name, err)
			}
			r[peer.name] = samples
		}
		all = append(all, r)
	}
	for _, g := range goals() {
		var sum float64
		for _, r := range all {
			sum += g.of(r)
		}
		b.ReportMetric(sum/float64(len(all)), strings.NewReplacer(" ", "-", ",", "", "-/-", "/").Replace(g.name))
	}
}

// TestPeersRead: all peers read a few addresses of a real sshd.
func TestPeersRead(t *testing.T) {
	s := loopback(t, 3)
	for name, read := range map[string]func(setting) ([]sample, error){"ours": ours, "floor": bare, "openssh": program} {
		samples, err := read(s)
		if err != nil || phaseOf(samples, "cold").Wall == 0 {
			t.Errorf("%s: %+v, %v", name, samples, err)
		}
		for _, phase := range samples {
			if name == "ours" && phase.Phase != "ssh -G" && phase.Children != 0 {
				t.Errorf("%s asked a program: %+v", phase.Phase, phase)
			}
		}
	}
}

// loopback starts an sshd that listens on many addresses of this machine.
func loopback(tb testing.TB, addresses int) setting {
	tb.Helper()
	sshd := "/usr/sbin/sshd"
	if _, err := os.Stat(sshd); err != nil {
		tb.Skip("no sshd here: install openssh-server")
	}
	if l, err := net.Listen("tcp", "127.0.77.1:0"); err != nil {
		tb.Skip("this machine's loopback has one address only")
	} else {
		l.Close()
	}
	me, err := user.Current()
	if err != nil {
		tb.Fatal(err)
	}
	s := setting{config: filepath.Join(tb.TempDir(), "config")}
	dir := filepath.Dir(s.config)
	s.key = filepath.Join(dir, "key")
	for _, name := range []string{"key", "hostkey"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, name)).CombinedOutput(); err != nil {
			tb.Fatalf("ssh-keygen: %v: %s", err, out)
		}
	}
	port := serve(tb, sshd, dir)
	var known strings.Builder
	for i := range addresses {
		address := fmt.Sprintf("127.0.77.%d", i+1)
		s.hosts = append(s.hosts, address)
		fmt.Fprintf(&known, "[%s]:%d %s", address, port, read(tb, filepath.Join(dir, "hostkey.pub")))
	}
	write(tb, filepath.Join(dir, "known"), known.String())
	write(tb, s.config, fmt.Sprintf("Host *\n Port %d\n User %s\n IdentityFile %s\n IdentityAgent none\n UserKnownHostsFile %s/known\n GlobalKnownHostsFile none\n BatchMode yes\n LogLevel ERROR\n",
		port, me.Username, s.key, dir))
	return s
}

// serve starts an sshd with the files of dir, until the end of the test.
func serve(tb testing.TB, sshd, dir string) (port int) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	if os.Getuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			tb.Fatal(err)
		}
	}
	config := filepath.Join(dir, "sshd_config")
	write(tb, config, fmt.Sprintf("Port %d\nListenAddress 0.0.0.0\nHostKey %[2]s/hostkey\nAuthorizedKeysFile %[2]s/key.pub\nUsePAM no\nStrictModes no\nPidFile none\nMaxStartups 200\nSetEnv SHLVL=9\n", port, dir))
	cmd := exec.Command(sshd, "-D", "-f", config)
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for deadline := time.Now().Add(10 * time.Second); ; <-time.After(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.77.1:%d", port))
		if err == nil {
			conn.Close()
			return port
		}
		if time.Now().After(deadline) {
			tb.Fatalf("sshd does not listen: %v", err)
		}
	}
}

func write(tb testing.TB, path, content string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		tb.Fatal(err)
	}
}

func read(tb testing.TB, path string) string {
	tb.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return string(content)
}
