//go:build tmux

package dashboard

import (
	"os/exec"
	"regexp"
	"testing"
)

// kill sends a signal to a process.
func kill(t *testing.T, pid, signal string) {
	t.Helper()
	if out, err := exec.Command("kill", "-"+signal, pid).CombinedOutput(); err != nil {
		t.Fatalf("kill -%s %s: %v: %s", signal, pid, err, out)
	}
}

// clean fails unless the shell has its terminal back as it was.
func (t *terminal) clean(before string) {
	t.t.Helper()
	t.until(`prompt>$`)
	if t.is("alternate_on") {
		t.t.Error("the alternate screen is still on")
	}
	if !t.is("cursor_flag") {
		t.t.Error("the cursor is hidden")
	}
	for _, mode := range []string{"mouse_any_flag", "insert_flag", "keypad_cursor_flag", "keypad_flag"} {
		if t.is(mode) {
			t.t.Errorf("%s is still set", mode)
		}
	}
	if now := t.settings(); now != before {
		t.t.Errorf("stty says\n%s\nand said\n%s", now, before)
	}
}

// settings are the terminal's as stty sees them.
func (t *terminal) settings() string {
	t.t.Helper()
	tty := t.tmux("display-message", "-p", "#{pane_tty}")
	out, err := exec.Command("stty", "-F", tty, "-a").CombinedOutput()
	if err != nil {
		t.t.Fatalf("stty: %v: %s", err, out)
	}
	return string(out)
}

// TestSignalsLeaveACleanTerminal ends the dashboard from outside, with and
// without a run, and looks at what the shell around it gets back.
func TestSignalsLeaveACleanTerminal(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	for _, c := range []struct{ signal, says string }{{"TERM", ""}, {"HUP", ""}, {"TERM", `it goes on: .* runs attach`}} {
		t.Run(c.signal+" "+c.says, func(t *testing.T) {
			term := home.in(t).shell(100, 30)
			before := term.settings()
			if regexp.MustCompile(`-(echo|icanon)\b`).MatchString(before) {
				t.Fatalf("the shell's own settings are odd: %s", before)
			}
			term.enter(program + " demo")
			term.press("Enter")
			term.settled()
			goOn := func() {}
			if c.says != "" {
				term.mark("ankarana")
				term.deploy(1)
				term.until(`lines, following`)
				goOn = term.hold("ankarana")
			}
			kill(t, term.child(), c.signal)
			term.clean(before)
			goOn()
			if c.says != "" {
				term.until(c.says)
			}
			term.enter("echo still; stty -a")
			term.press("Enter")
			term.until(`^still$`)
			term.until(` icanon `)
			term.until(` echo `)
		})
	}
}

// TestSuspend gives the terminal back to the shell and takes it again.
func TestSuspend(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	term := home.shell(100, 30)
	before := term.settings()
	term.enter(program + " demo")
	term.press("Enter")
	term.settled()
	term.press("C-z")
	term.clean(before)
	term.enter("fg")
	term.press("Enter")
	term.until(`─ 12 hosts`)
	term.press("q")
	term.clean(before)
}
