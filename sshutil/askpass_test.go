package sshutil

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// lockedKey makes a key that wants a passphrase.
func lockedKey(t *testing.T, passphrase string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// askpassHere makes this test binary the askpass program, with a server behind it.
func askpassHere(t *testing.T, answer func(context.Context, Prompt) (*Secret, error)) (env []string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, socket := filepath.Join(dir, AskpassName), filepath.Join(dir, "a")
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	s := &AskpassServer{Answer: answer, Admit: Peer.OurChild}
	if err := s.Listen(socket); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return append(os.Environ(), AskpassEnv(program, socket)...)
}

func secretOf(t *testing.T, words string) *Secret {
	t.Helper()
	s, err := ReadSecret(strings.NewReader(words + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// inSession runs a program without a terminal, in a session of its own.
func inSession(env []string, words ...string) ([]byte, error) {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd.CombinedOutput()
}

func TestAskpassAnswersSSH(t *testing.T) {
	noLeaks(t)
	key := lockedKey(t, "open sesame")
	asked := make(chan Prompt, 1)
	env := askpassHere(t, func(_ context.Context, p Prompt) (*Secret, error) {
		asked <- p
		return secretOf(t, "open sesame"), nil
	})
	out, err := inSession(env, "ssh-keygen", "-y", "-f", key)
	if err != nil || !bytes.HasPrefix(out, []byte("ssh-ed25519 ")) {
		t.Fatalf("%v: %s", err, out)
	}
	if p := <-asked; p.Wants != WantsPassphrase || !strings.Contains(p.Words, "passphrase") {
		t.Errorf("asked for %+v", p)
	}
}

func TestAskpassRefuses(t *testing.T) {
	noLeaks(t)
	key := lockedKey(t, "open sesame")
	env := askpassHere(t, func(context.Context, Prompt) (*Secret, error) { return nil, errors.New("nobody is there") })
	if out, err := inSession(env, "ssh-keygen", "-y", "-f", key); err == nil {
		t.Errorf("it went on without an answer: %s", out)
	}
}

func TestAskpassAnswersOwnSessionsOnly(t *testing.T) {
	if !tellsSessions {
		t.Skip("this system does not tell the sessions of other processes")
	}
	noLeaks(t)
	key := lockedKey(t, "open sesame")
	env := askpassHere(t, func(context.Context, Prompt) (*Secret, error) {
		t.Error("somebody else was let in")
		return secretOf(t, "open sesame"), nil
	})
	// Its session's leader is a child of the shell, not of ours.
	out, err := inSession(env, "sh", "-c", `setsid -w ssh-keygen -y -f "$1"; exit $?`, "sh", key)
	if err == nil {
		t.Errorf("another session had the answer: %s", out)
	}
}

func TestAskpassAnswersOwnUserOnly(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become somebody else")
	}
	noLeaks(t)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	listener, err := ListenPrivate(socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	// The directory keeps others out; the check behind it must not need that.
	for p := dir; p != "/tmp" && p != "/"; p = filepath.Dir(p) {
		if err := os.Chmod(p, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(socket, 0o666); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	cmd := exec.Command("perl", "-MIO::Socket::UNIX", "-e", "IO::Socket::UNIX->new($ARGV[0])->getc", socket)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if err := cmd.Start(); err != nil {
		t.Skipf("nobody cannot start perl here: %v", err)
	}
	conn, err := listener.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	peer, err := PeerOf(conn)
	conn.Close()
	cmd.Wait() //nolint:errcheck // it is hung up on
	if err != nil || peer.UID != nobody || peer.PID != cmd.Process.Pid || peer.Ours() || peer.OurChild() {
		t.Errorf("peer = %+v, %v", peer, err)
	}
}

func TestListenPrivateWantsPrivateDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if l, err := ListenPrivate(filepath.Join(dir, "s")); err == nil {
		l.Close()
		t.Error("it listens where everybody may enter")
	}
}

func TestReadPrompt(t *testing.T) {
	for _, c := range []struct {
		prompt, hint string
		want         Wants
	}{
		{"Enter passphrase for key '/home/u/.ssh/id_ed25519': ", "", WantsPassphrase},
		{"ops@web1's password: ", "", WantsPassword},
		{"(ops@web1) Password: ", "", WantsPassword},
		{"(ops@web1) One-time code: ", "", WantsWords},
		{"Enter PIN for ED25519-SK key /home/u/.ssh/id: ", "", WantsPIN},
		{"Are you sure you want to continue connecting (yes/no/[fingerprint])? ", "", WantsHostKey},
		{"Please type 'yes', 'no' or the fingerprint: ", "", WantsHostKey},
		{"Allow forwarding?", "confirm", WantsYes},
		{"Confirm user presence for key ED25519-SK SHA256:x", "none", WantsTouch},
	} {
		if got := readPrompt(c.prompt, c.hint).Wants; got != c.want {
			t.Errorf("%q: %s, want %s", c.prompt, got, c.want)
		}
	}
	if got := readPrompt("a\x1b[2Jb\r\nc\n\n", "").Words; strings.ContainsAny(got, "\x1b\r") || !strings.Contains(got, "\nc") {
		t.Errorf("words = %q", got)
	}
}

func TestSecret(t *testing.T) {
	in := strings.NewReader("first\nsecond")
	s, err := ReadSecret(in)
	if err != nil || string(s.Bytes()) != "first" || string(s.Line()) != "first\n" {
		t.Fatalf("%q, %v", s.Bytes(), err)
	}
	if in.Len() != len("second") {
		t.Errorf("%d bytes are left, want those of the next line", in.Len())
	}
	if shown := fmt.Sprintf("%v %s %+v %#v", s, s, s, s); strings.Contains(shown, "first") {
		t.Errorf("it shows itself: %s", shown)
	}
	if _, err := json.Marshal(s); err == nil {
		t.Error("it can be written")
	}
	s.Drop(2)
	s.Add([]byte("x"))
	if string(s.Bytes()) != "firx" {
		t.Errorf("%q", s.Bytes())
	}
	s.Wipe()
	s.Wipe()
	if s.Bytes() != nil || s.Line() != nil {
		t.Error("it outlives its end")
	}
	(*Secret)(nil).Wipe()
	if _, err := ReadSecret(strings.NewReader(strings.Repeat("x", secretMax+1) + "\n")); !errors.Is(err, errTooLong) {
		t.Errorf("too long: %v", err)
	}
	if full, err := ReadSecret(strings.NewReader(strings.Repeat("x", secretMax) + "\n")); err != nil || len(full.Line()) != secretMax+1 {
		t.Errorf("as long as allowed: %v", err)
	} else {
		full.Wipe()
	}
}
