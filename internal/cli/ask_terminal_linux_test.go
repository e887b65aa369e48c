package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"nixfleet-tui/internal/pty"
	"nixfleet-tui/rollout"
)

// desk is a person's terminal: what is typed at keyboard comes in at tty, and
// prompts go to screen.
type desk struct {
	*terminalAsker
	t        *testing.T
	keyboard *os.File
	screen   *os.File
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	keyboard, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	screen, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, f := range []*os.File{keyboard, tty, screen, out} {
			f.Close()
		}
	})
	d := &desk{terminalAsker: &terminalAsker{in: tty, out: out}, t: t, keyboard: keyboard, screen: screen}
	if !d.shows() {
		t.Fatal("a new terminal shows nothing: this test would see no difference")
	}
	return d
}

// shows says whether the terminal shows what is typed.
func (d *desk) shows() bool {
	settings, err := unix.IoctlGetTermios(int(d.in.Fd()), unix.TCGETS)
	if err != nil {
		d.t.Error(err)
		return false
	}
	return settings.Lflag&unix.ECHO != 0
}

// await reads a prompt to its end.
func (d *desk) await(prompt string) {
	got := make([]byte, len(prompt))
	if _, err := d.screen.Read(got); err != nil || string(got) != prompt {
		d.t.Errorf("%q, %v", got, err)
	}
}

func (d *desk) types(keys string) {
	if _, err := d.keyboard.WriteString(keys); err != nil {
		d.t.Error(err)
	}
}

// unread is how much was typed that nobody has read.
func (d *desk) unread() int {
	n, err := unix.IoctlGetInt(int(d.in.Fd()), unix.TIOCINQ)
	if err != nil {
		d.t.Error(err)
	}
	return n
}

// Who sees the prompt may type at once, or paste: the terminal must not show
// what is typed any more by then, nor until the answer is settled. What was
// typed too late is not the next program's.
func TestNothingIsShownFromPromptToSettlement(t *testing.T) {
	d := newDesk(t)
	for range 2 { // settled once, it begins anew
		for _, words := range []string{"wrong", "right"} {
			asked := make(chan struct{})
			go func() {
				defer close(asked)
				d.await("Password: ")
				if d.shows() {
					t.Error("what is typed at the prompt would be seen")
				}
				d.types(words + "\r")
			}()
			secret, err := d.answer(t.Context(), "Password: ", true)
			<-asked
			if err != nil {
				t.Fatal(err)
			}
			if string(secret.Bytes()) != words || d.shows() {
				t.Errorf("%q was read; the terminal shows what is typed: %v", secret.Bytes(), d.shows())
			}
			secret.Wipe()
			d.await("\n")
		}
		d.types("too late\r")
		for d.unread() == 0 { // the kernel takes a moment to bring it there
			runtime.Gosched()
		}
		if err := d.settle(); err != nil {
			t.Fatal(err)
		}
		if !d.shows() || d.unread() > 0 {
			t.Errorf("afterwards it shows what is typed: %v; %d bytes are left", d.shows(), d.unread())
		}
	}
}

// TestPasswordsLeaveATerminalThatShows however asking for them ends; meanwhile,
// when one is tried out, it shows nothing.
func TestPasswordsLeaveATerminalThatShows(t *testing.T) {
	const prompt = "sudo on h1 wants your password there: "
	for name, c := range map[string]struct {
		act  func(d *desk, b *bench) // when it asks
		code int
		says string
	}{
		"a host that is gone": {func(d *desk, _ *bench) { d.types("secret\r") }, ExitUsage, "could not be tried on h1"},
		"ctrl+c":              {func(d *desk, _ *bench) { d.types("\x03") }, ExitCancelled, "sudo wants a password"},
		"a signal":            {func(_ *desk, b *bench) { b.signals <- syscall.SIGTERM }, ExitCancelled, "interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			d, b := newDesk(t), newBench(t)
			b.io.Answer, b.io.Settle = d.answer, d.settle
			echoes := filepath.Join(t.TempDir(), "echoes")
			ssh := filepath.Join(t.TempDir(), "ssh")
			script := "#!/bin/sh\nstty -a <" + d.in.Name() + " | grep -o -- '-*echo\\>' >>" + echoes + "\nexit 255\n"
			if err := os.WriteFile(ssh, []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			asked := make(chan struct{})
			go func() {
				defer close(asked)
				d.await(prompt)
				c.act(d, b)
			}()
			o := &actionOptions{Program: b.program(), PasswordPer: rollout.PerRun}
			_, err := o.passwords(t.Context(), &ready{ssh: ssh, plan: rollout.Plan{Sockets: t.TempDir(), Hosts: []rollout.PlanHost{{Name: "h1", Password: true}}}})
			<-asked
			if f := explain(err); f.Code != c.code || !strings.Contains(f.Message, c.says) {
				t.Errorf("it ends with %d: %s", f.Code, f.Message)
			}
			if !d.shows() {
				t.Error("the terminal shows nothing of what is typed afterwards")
			}
			if tried, err := os.ReadFile(echoes); c.code == ExitUsage && (err != nil || strings.Trim(string(tried), "-echo\n") != "" || !strings.HasPrefix(string(tried), "-echo")) {
				t.Errorf("while the password is tried: %q, %v", tried, err)
			}
		})
	}
}
