//go:build tmux

package dashboard

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	pollEvery = 20 * time.Millisecond // how often the screen is looked at
	patience  = 60 * time.Second      // for what takes a moment, on a machine that does much else
)

// home is where a person keeps things: state and cache. Several terminals can
// be opened in one.
type home struct {
	t   *testing.T
	dir string
	env []string
}

// newHome makes an empty one. What lives in it has ended when the test has.
func newHome(t *testing.T, env ...string) *home {
	t.Helper()
	h := &home{t: t, dir: t.TempDir()}
	h.env = append(os.Environ(),
		"HOME="+h.dir, "XDG_STATE_HOME="+h.dir+"/state", "XDG_CACHE_HOME="+h.dir+"/cache", "XDG_RUNTIME_DIR=",
		"XDG_CONFIG_HOME="+h.dir+"/config", "SHELL=/bin/sh", "LC_ALL=C.UTF-8", "CI=", "NO_COLOR=", "CLICOLOR=", "TMUX=", "TMUX_TMPDIR="+h.dir)
	h.env = append(h.env, env...)
	t.Cleanup(h.leave)
	return h
}

// leave waits until nothing goes on in it any more, and ends its demo.
func (h *home) leave() {
	for _, dir := range h.runs() {
		h.exists(filepath.Join(dir, "summary.json"))
	}
	deadline := time.After(patience)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		out, err := h.command("demo", "reset")
		if err == nil {
			return
		}
		select {
		case <-tick.C: // the supervisor is on its last steps
		case <-deadline:
			h.t.Errorf("demo reset: %v\n%s", err, out)
			return
		}
	}
}

// exists waits for a file.
func (h *home) exists(path string) {
	deadline := time.After(patience)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			h.t.Errorf("%s did not appear within %s", path, patience)
			return
		}
	}
}

// in is the same home for a part of a test.
func (h *home) in(t *testing.T) *home {
	part := *h
	part.t = t
	return &part
}

// command runs a command of the program to its end and returns what it printed.
func (h *home) command(args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Env = h.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// runs are the run directories, oldest first.
func (h *home) runs() []string {
	h.t.Helper()
	dirs, err := filepath.Glob(filepath.Join(h.dir, "state/nixfleet/demo/runs/*"))
	if err != nil {
		h.t.Fatal(err)
	}
	return dirs
}

// terminal is a tmux server with one window, in which a shell line runs.
type terminal struct {
	*home
	socket string
	status string // file for the exit status of the dashboard that runs in it
	w, h   int
	began  time.Time
}

// open starts a shell line on a new terminal of w by h.
func (h *home) open(w, ht int, line string) *terminal {
	h.t.Helper()
	t := &terminal{home: h, w: w, h: ht, began: time.Now()}
	t.socket = filepath.Join(h.dir, fmt.Sprintf("tmux-%d", t.began.UnixNano()))
	t.tmux("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(w), "-y", fmt.Sprint(ht), line,
		";", "set", "-g", "status", "off", ";", "set", "-g", "window-size", "manual",
		";", "resize-window", "-x", fmt.Sprint(w), "-y", fmt.Sprint(ht))
	h.t.Cleanup(func() { t.tmux("kill-server") })
	return t
}

// dashboard starts the dashboard of the demo on a new terminal.
func (h *home) dashboard(w, ht int) *terminal {
	h.t.Helper()
	return h.demo(w, ht, "", "")
}

// demo is dashboard with words before and behind the command. What the
// dashboard leaves on the screen stays there when it has ended. (That tmux
// keeps exit statuses is not to be relied on: it misses the end of a program now
// and then.)
func (h *home) demo(w, ht int, before, behind string) *terminal {
	h.t.Helper()
	status := filepath.Join(h.dir, fmt.Sprintf("status-%d", time.Now().UnixNano()))
	t := h.open(w, ht, fmt.Sprintf("%s %s demo %s; echo $? >%s; exec cat", before, program, behind, status))
	t.status = status
	return t
}

// shell starts a shell that prompts for each line.
func (h *home) shell(w, ht int) *terminal {
	h.t.Helper()
	t := h.open(w, ht, "PS1='prompt> ' exec sh -i")
	t.until(`prompt>$`)
	return t
}

func (t *terminal) tmux(args ...string) string {
	t.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", t.socket}, args...)...)
	cmd.Env = t.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// screen is what stands on the screen now, a row a line, without trailing blanks.
func (t *terminal) screen() string { return t.tmux("capture-pane", "-p") }

// printed is the screen and what has scrolled away above it.
func (t *terminal) printed() string { return t.tmux("capture-pane", "-p", "-S", "-") }

// rows are the screen's rows.
func (t *terminal) rows() []string { return strings.Split(t.screen(), "\n") }

// coloured is the screen with its colours.
func (t *terminal) coloured() string { return t.tmux("capture-pane", "-p", "-e") }

// is asks tmux a question about the pane, such as "alternate_on".
func (t *terminal) is(what string) bool {
	return t.tmux("display-message", "-p", "#{"+what+"}") == "1"
}

// press presses keys one after the other, by tmux's names: "j", "Enter", "C-c".
func (t *terminal) press(keys ...string) {
	t.t.Helper()
	t.tmux(append([]string{"send-keys"}, keys...)...)
}

// enter types words as they are.
func (t *terminal) enter(words string) {
	t.t.Helper()
	t.tmux("send-keys", "-l", "--", words)
}

// writes puts something on the terminal past the dashboard.
func (t *terminal) writes(words string) {
	t.t.Helper()
	tty, err := os.OpenFile(t.tmux("display-message", "-p", "#{pane_tty}"), os.O_WRONLY|syscall.O_NOCTTY, 0)
	if err != nil {
		t.t.Fatal(err)
	}
	_, err = tty.WriteString(words)
	if err := errors.Join(err, tty.Close()); err != nil {
		t.t.Fatal(err)
	}
}

func (t *terminal) resize(w, h int) {
	t.t.Helper()
	t.w, t.h = w, h
	t.tmux("resize-window", "-x", fmt.Sprint(w), "-y", fmt.Sprint(h))
}

// eventually waits until ok says so of the screen, and returns that screen.
func (t *terminal) eventually(what string, ok func(screen string) bool) string {
	t.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		s := t.screen()
		if ok(s) {
			return s
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.t.Fatalf("not within %s: %s. The screen shows\n%s", patience, what, s)
		}
	}
}

// until waits until the screen has the pattern; ^ and $ are a row's.
func (t *terminal) until(pattern string) string {
	t.t.Helper()
	re := regexp.MustCompile(`(?m)` + pattern)
	return t.eventually("the pattern "+pattern, re.MatchString)
}

// without waits until the screen does not have the pattern.
func (t *terminal) without(pattern string) string {
	t.t.Helper()
	re := regexp.MustCompile(`(?m)` + pattern)
	return t.eventually("no pattern "+pattern, func(s string) bool { return !re.MatchString(s) })
}

// pressUntil presses keys and waits for what they bring about.
func (t *terminal) pressUntil(pattern string, keys ...string) string {
	t.t.Helper()
	t.press(keys...)
	return t.until(pattern)
}

// ended waits until the dashboard has ended and returns its exit status.
func (t *terminal) ended() string {
	t.t.Helper()
	var said []byte
	t.eventually("the end of the dashboard", func(string) bool {
		var err error
		said, err = os.ReadFile(t.status)
		return err == nil && len(said) > 0
	})
	return strings.TrimSpace(string(said))
}

// child is the program that the shell of the pane has started.
func (t *terminal) child() string {
	t.t.Helper()
	out, err := exec.Command("pgrep", "-P", t.tmux("display-message", "-p", "#{pane_pid}")).Output()
	if err != nil {
		t.t.Fatal(err)
	}
	return strings.Fields(string(out))[0]
}
