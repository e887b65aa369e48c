package cli

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"nixfleet-tui/internal/pty"
)

// Who sees the prompt may type at once, or paste: the terminal must not show
// what is typed any more by then.
func TestPromptComesWhenNothingIsShown(t *testing.T) {
	keyboard, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	defer tty.Close()
	screen, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	defer out.Close()
	shows := func() bool {
		settings, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
		if err != nil {
			t.Error(err)
		}
		return settings.Lflag&unix.ECHO != 0
	}
	if !shows() {
		t.Fatal("a new terminal shows nothing: this test would see no difference")
	}
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		prompt := make([]byte, len("Password: "))
		if _, err := screen.Read(prompt); err != nil || string(prompt) != "Password: " {
			t.Errorf("%q, %v", prompt, err)
		}
		if shows() {
			t.Error("what is typed at the prompt would be seen")
		}
		if _, err := keyboard.WriteString("secret\r"); err != nil {
			t.Error(err)
		}
	}()
	secret, err := terminalAnswer(tty, out)(t.Context(), "Password: ", true)
	<-asked
	if err != nil {
		t.Fatal(err)
	}
	defer secret.Wipe()
	if string(secret.Bytes()) != "secret" || !shows() {
		t.Errorf("%q was read; the terminal shows what is typed: %v", secret.Bytes(), shows())
	}
}
