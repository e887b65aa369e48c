//go:build tmux

package dashboard

import (
	"strings"
	"testing"
)

// TestFirstStartAndHabits: three keys are explained once; what is marked by
// mistake is taken back; colours are remembered.
func TestFirstStartAndHabits(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	term := home.dashboard(80, 24)
	term.settled()
	term.until(`New here\? space marks hosts`)
	term.pressUntil(`12 marked`, "C-a")
	term.pressUntil(`─ 12 hosts ─`, "U")
	term.press("Space")
	term.without(`New here`)
	term.press("C", "C", "C", "C")
	term.until(`Colours: none`)
	term.press("q")
	term.ended()
	again := home.dashboard(80, 24)
	again.settled()
	if shown := again.coloured(); strings.Contains(shown, "\x1b[32m") || strings.Contains(shown, "New here") {
		t.Errorf("colours or the welcome come back:\n%s", shown)
	}
	again.press("q")
	again.ended()
}

// TestAskMarkedHosts runs a command on three hosts, after a question, and
// shows what is the same once.
func TestAskMarkedHosts(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	term := home.dashboard(100, 40)
	term.settled()
	term.mark("andasibe", "ankarana", "kelyus")
	term.press("x")
	term.until(`run on 3 hosts:`)
	term.enter("systemctl is-system-running")
	term.press("Enter")
	term.until(`\$ systemctl is-system-running`)
	term.until(`▸ n cancel .*y Run it on 3 hosts`)
	term.press("y")
	term.until(`exit 1(.|\n)*degraded`)
	screen := term.without(`still to answer`)
	if n := strings.Count(screen, "│   running  "); n != 1 || !strings.Contains(screen, "andasibe, ankarana") {
		t.Errorf("equal answers are not shown once:\n%s", screen)
	}
	// Escape and a key that comes at once are another key, to every terminal.
	term.press("Escape")
	term.without(`esc close`)
	term.pressUntil(`esc close`, "X")
	term.until(`degraded`)
	term.press("Escape")
	term.without(`esc close`)
	term.press("q")
	if status := term.ended(); status != "0" {
		t.Errorf("exit status %s", status)
	}
	if runs := home.runs(); len(runs) != 0 {
		t.Errorf("asking left runs: %q", runs)
	}
}

// TestTimesOfLines shows when lines of a log came.
func TestTimesOfLines(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	term := home.dashboard(120, 30)
	term.settled()
	term.mark("ankarana")
	term.deploy(1)
	term.until(`following`)
	term.press("t")
	term.until(`│\d\d:\d\d:\d\d \S`)
	term.concluded(`✓ 1 ok`)
	term.press("q")
	term.ended()
}

// TestPlain prints lines, and no screen.
func TestPlain(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	out, err := home.command("demo", "--plain")
	if err != nil || !strings.Contains(out, "kelyus") || strings.Contains(out, "\x1b") {
		t.Errorf("%v: %s", err, out)
	}
}
