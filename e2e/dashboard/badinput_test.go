//go:build tmux

package dashboard

import (
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestTinyTerminal shows a notice where there is no room, does nothing there
// that cannot be seen, and comes back.
func TestTinyTerminal(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	term := home.dashboard(20, 5)
	term.until(`^need 60×15`)
	term.resize(100, 30)
	term.settled()
	term.resize(20, 5)
	term.until(`^need 60×15, have`)
	// Keys and sizes come on two ways: the keys have been taken when ctrl+l, which
	// comes behind them, has cleared away what is not the dashboard's.
	term.writes("\x1b7\x1b[5;1Hlitter\x1b8")
	term.until(`^litter`)
	term.press("d", "s", "y", "Enter", "C-l")
	term.without(`litter`)
	term.resize(2, 2)
	term.without(`12 hosts`)
	term.resize(80, 24)
	screen := term.settled()
	if regexp.MustCompile(`Deploy to|Switch`).MatchString(screen) {
		t.Errorf("a key had effects that nobody could see:\n%s", screen)
	}
	if rows := term.rows(); len(rows) != 24 {
		t.Errorf("%d rows", len(rows))
	}
	term.resize(20, 5)
	term.until(`^need 60×15`)
	term.press("q")
	if status := term.ended(); status != "0" {
		t.Errorf("exit status %s", status)
	}
}

// TestPoorTerminals: where no dashboard can be shown, two plain lines say so;
// without colours it has none.
func TestPoorTerminals(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	for name, c := range map[string]struct{ line, says string }{
		"dumb":            {"TERM=dumb " + program + " demo", `TERM is dumb`},
		"stdout a file":   {program + " demo >" + home.dir + "/out; cat " + home.dir + "/out", `stdout is none`},
		"no tty at all":   {"setsid -w " + program + " demo </dev/null", `stdin is no terminal`},
		"no fleet at all": {"cd " + home.dir + " && " + program, `no flake\.nix`},
	} {
		t.Run(name, func(t *testing.T) {
			term := home.in(t).open(100, 30, "sh -c '"+c.line+"; echo status $?; exec cat'")
			term.until(c.says)
			screen := term.until(`^  hint: `)
			if regexp.MustCompile(`goroutine|panic`).MatchString(screen) || strings.Contains(term.coloured(), "\x1b") {
				t.Errorf("it prints\n%s", term.coloured())
			}
			if name != "stdout a file" {
				term.until(`^status 2$`)
			}
		})
	}
	t.Run("stdin is /dev/null", func(t *testing.T) {
		term := home.in(t).demo(100, 30, "", "</dev/null")
		term.settled() // the keyboard is at /dev/tty
		term.press("q")
		if status := term.ended(); status != "0" {
			t.Errorf("exit status %s", status)
		}
	})
	for name, env := range map[string]string{"NO_COLOR": "NO_COLOR=1", "CLICOLOR": "CLICOLOR=0"} {
		t.Run(name, func(t *testing.T) {
			term := home.in(t).demo(100, 30, env, "")
			term.settled()
			colour := regexp.MustCompile(`\x1b\[[0-9;]*\b([34]\d|9\d|10\d|38|48)\b[0-9;]*m`)
			if shown := term.coloured(); colour.MatchString(shown) {
				t.Errorf("the frame has colours: %q", colour.FindString(shown))
			}
			term.press("q")
			term.ended()
		})
	}
}

// TestKeysTypedAhead: what is typed before the dashboard is up deploys nothing.
func TestKeysTypedAhead(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	if err := syscall.Mkfifo(home.dir+"/go", 0o600); err != nil {
		t.Fatal(err)
	}
	for _, keys := range []string{"dsy", "dsyyyyyy", "d\rs\ry\r\r\r", " d s y y y", "dsydsydsydsydsyyyy\r"} {
		term := home.demo(80, 24, "stty -echo -icanon; read go <"+home.dir+"/go;", "")
		term.enter(keys)
		term.tmux("run-shell", "echo >"+home.dir+"/go", ";", "send-keys", "-l", "--", keys)
		term.until(`12 hosts`)
		// By now a question may have been there for so long that a yes counts.
		term.enter(strings.NewReplacer("y", "", "\r", "").Replace(keys))
		term.without(`asking`)
		term.without(`One moment`)
		if runs := home.runs(); len(runs) != 0 {
			t.Fatalf("%q launched %q", keys, runs)
		}
		kill(t, term.child(), "TERM")
		term.ended()
	}
}

// TestTwoDashboards: both show the run that one of them starts, and its end.
func TestTwoDashboards(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	first, second := home.dashboard(120, 40), home.dashboard(100, 30)
	first.settled()
	second.settled()
	first.mark("ankarana")
	first.deploy(1)
	first.until(`lines, following`)
	goOn := first.hold("ankarana")
	second.until(`◐ switch 0/1`)
	second.pressUntil(`1 ankarana`, "3")
	goOn()
	for _, term := range []*terminal{first, second} {
		term.concluded(`✓ 1 ok`)
		term.pressUntil(`ankarana +● up +\S in sync`, "1")
		term.press("q")
		if status := term.ended(); status != "0" {
			t.Errorf("exit status %s", status)
		}
	}
}
