package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"golang.org/x/term"

	"nixfleet-tui/internal/text"
)

// Terminal remembers how the terminal was set when the program began.
type Terminal struct {
	in    *os.File
	out   *os.File
	state *term.State // nil: no terminal at in
}

// HoldTerminal remembers the settings of the terminal at in, if there is one.
func HoldTerminal(in, out *os.File) *Terminal {
	t := &Terminal{in: in, out: out}
	if state, err := term.GetState(int(in.Fd())); err == nil {
		t.state = state
	}
	return t
}

// leaveScreen ends a synchronized update, the mouse reports, bracketed paste
// and the alternate screen, and shows the cursor: all that a dashboard may have set.
const leaveScreen = "\x1b[?2026l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1049l\x1b[?25h\x1b[0m"

// Restore sets the terminal as it was.
func (t *Terminal) Restore() {
	if t.state == nil {
		return
	}
	// Nothing is left to tell an error to if the terminal itself is gone.
	_ = term.Restore(int(t.in.Fd()), t.state)
	if term.IsTerminal(int(t.out.Fd())) {
		fmt.Fprint(t.out, leaveScreen)
	}
}

// ReportCrash keeps the trace of a panic in a file of the state directory and
// says on w, in plain words, that it happened and where the trace is.
func ReportCrash(w io.Writer, getenv func(string) string, crash any) int {
	return reportTrace(w, getenv, fmt.Sprint(crash), string(debug.Stack()))
}

// reportTrace is ReportCrash of a panic that was caught elsewhere.
func reportTrace(w io.Writer, getenv func(string) string, crash, stack string) int {
	trace := fmt.Sprintf("%s\n\n%s\n%s\n", crash, versionText(), stack)
	fmt.Fprintf(w, "nixfleet-tui: a defect in this program stopped it: %s\n", text.Line(crash))
	path, err := keepTrace(stateDir(getenv), trace)
	if err != nil {
		fmt.Fprintf(w, "  hint: Its trace could not be kept (%s); runs go on by themselves, see `nixfleet-tui runs`.\n", text.Line(err.Error()))
		return ExitUsage
	}
	fmt.Fprintf(w, "  hint: Its trace is in %s; runs go on by themselves, see `nixfleet-tui runs`.\n", path)
	return ExitUsage
}

func keepTrace(dir, trace string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "crash-"+time.Now().UTC().Format("20060102T150405Z")+".txt")
	return path, os.WriteFile(path, []byte(trace), 0o600)
}
