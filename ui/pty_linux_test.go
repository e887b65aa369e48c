package ui

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nixfleet-tui/internal/pty"
)

// patience is how long a test waits for a program before it fails.
const patience = time.Minute

// console is a terminal of the kernel's, with a program of ours on it.
type console struct {
	t      testing.TB
	master *os.File
	tty    *os.File // the program's side, kept open to look at its settings
	cmd    *exec.Cmd
	before unix.Termios
	began  time.Time

	mu      sync.Mutex
	out     bytes.Buffer
	changed chan struct{}
	ended   chan error
}

// onConsole starts this test binary as the program called name (see programs)
// on a terminal of w by h.
func onConsole(t testing.TB, name string, w, h uint16) *console {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "UI_TEST_PROGRAM="+name)
	return startConsole(t, cmd, w, h)
}

// startConsole starts any program on a terminal.
func startConsole(t testing.TB, cmd *exec.Cmd, w, h uint16) *console {
	t.Helper()
	c := &console{cmd: cmd, t: t, changed: make(chan struct{}, 1), ended: make(chan error, 1)}
	var err error
	if c.master, c.tty, err = pty.Open(); err != nil {
		t.Fatal(err)
	}
	c.resize(w, h)
	before, err := unix.IoctlGetTermios(int(c.tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	c.before = *before
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "NO_COLOR=", "CI=")
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = c.tty, c.tty, c.tty
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	c.began = time.Now()
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go c.read()
	go func() { c.ended <- c.cmd.Wait() }()
	t.Cleanup(c.close)
	return c
}

func (c *console) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := c.master.Read(buf)
		c.mu.Lock()
		c.out.Write(buf[:n])
		c.mu.Unlock()
		select {
		case c.changed <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (c *console) close() {
	_ = c.cmd.Process.Kill() // it has ended already in a test that went well
	c.tty.Close()
	c.master.Close()
}

func (c *console) output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.String()
}

// until waits for want to be written, after what had been written before.
func (c *console) until(want string, from int) {
	c.t.Helper()
	c.within(patience, want, from)
}

// within is until for what may take longer.
func (c *console) within(limit time.Duration, want string, from int) {
	c.t.Helper()
	deadline := time.After(limit)
	for {
		if out := c.output(); len(out) >= from && strings.Contains(out[from:], want) {
			return
		}
		select {
		case <-c.changed:
		case <-deadline:
			c.t.Fatalf("%q did not appear in %q", want, tailOf(c.output()))
		}
	}
}

func tailOf(s string) string { return s[max(0, len(s)-2000):] }

func (c *console) press(keys string) {
	c.t.Helper()
	if _, err := c.master.WriteString(keys); err != nil {
		c.t.Fatal(err)
	}
}

func (c *console) resize(w, h uint16) {
	c.t.Helper()
	if err := unix.IoctlSetWinsize(int(c.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: h, Col: w}); err != nil {
		c.t.Fatal(err)
	}
}

// restored waits for the program's end and says whether the terminal is as it was.
func (c *console) restored() error {
	c.t.Helper()
	var err error
	select {
	case err = <-c.ended:
	case <-time.After(patience):
		c.t.Fatalf("the program does not end; it has written %q", tailOf(c.output()))
	}
	now, e := unix.IoctlGetTermios(int(c.tty.Fd()), unix.TCGETS)
	if e != nil {
		c.t.Fatal(e)
	}
	if *now != c.before {
		c.t.Errorf("the terminal's settings are %+v, and were %+v", *now, c.before)
	}
	// What the program wrote last has come when this has, which comes behind it.
	const behind = "behind the program"
	if _, e := c.tty.WriteString(behind); e != nil {
		c.t.Fatal(e)
	}
	c.until(behind, 0)
	out := c.output()
	for on, off := range map[string]string{"\x1b[?1049h": "\x1b[?1049l", "\x1b[?25l": "\x1b[?25h", "\x1b[?2004h": "\x1b[?2004l", "\x1b[?1004h": "\x1b[?1004l", beginFrame: endFrame} {
		if strings.LastIndex(out, on) > strings.LastIndex(out, off) {
			c.t.Errorf("%q was not undone by %q", on, off)
		}
	}
	return err
}

func TestNothingAsksTheTerminalAtStart(t *testing.T) {
	c := onConsole(t, "nothing", 80, 24)
	c.press("typed ahead")
	c.until("done", 0)
	if err := <-c.ended; err != nil {
		t.Fatal(err)
	}
	if out := c.output(); strings.Contains(out, "\x1b]") || strings.Contains(out, "\x1b[6n") {
		t.Errorf("the terminal was asked something: %q", out)
	}
}

func TestTheDashboardOnATerminal(t *testing.T) {
	c := onConsole(t, "dashboard", 100, 30)
	c.until("12 hosts", 0)
	c.until(endFrame, 0)
	// Setting the window's title is no question.
	if out := strings.ReplaceAll(c.output(), "\x1b]2;", ""); strings.Contains(out, "\x1b]") || strings.Contains(out, "\x1b[6n") {
		t.Errorf("the terminal was asked something: %q", out)
	}
	at := len(c.output())
	c.resize(20, 5)
	c.until("need 60", at)
	at = len(c.output())
	c.resize(100, 30)
	c.until("12 hosts", at)
	at = len(c.output())
	c.press("?")
	c.until("Open the deploy menu", at)
	at = len(c.output())
	c.press("?")
	c.until("by attention", at)
	c.press("q")
	if err := c.restored(); err != nil {
		t.Error(err)
	}
	c.until("farewell: \"\"", 0)
	if out := c.output(); strings.Count(out, pushTitle) != 1 || strings.Count(out, popTitle) != 1 {
		t.Error("the shell's title does not come back")
	}
}

func TestTheTerminalIsRestoredWhateverHappens(t *testing.T) {
	signals := map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP, "SIGINT": syscall.SIGINT}
	for name, sig := range signals {
		t.Run(name, func(t *testing.T) {
			c := onConsole(t, "dashboard", 100, 30)
			c.until("12 hosts", 0)
			if err := c.cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if err := c.restored(); err != nil {
				t.Error(err)
			}
		})
	}
	for key, what := range map[string]string{"r": "in a goroutine", "u": "in Update"} {
		t.Run("panic "+what, func(t *testing.T) {
			c := onConsole(t, "dashboard", 100, 30)
			c.until("12 hosts", 0)
			c.press(key)
			c.restored()
			c.until("crash: panic "+what, 0)
		})
	}
}

func TestAShellGetsARealTerminal(t *testing.T) {
	c := onConsole(t, "dashboard", 100, 30)
	c.until("12 hosts", 0)
	c.press("s")
	c.until("shell on a terminal: yes", 0)
	at := len(c.output())
	c.press("\n") // which the shell waits for
	c.until("12 hosts", at)
	c.press("q")
	if err := c.restored(); err != nil {
		t.Error(err)
	}
}

func TestSIGTERMEndsTheShellToo(t *testing.T) {
	c := onConsole(t, "dashboard", 100, 30)
	c.until("12 hosts", 0)
	c.press("s")
	c.until("shell on a terminal: yes", 0)
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.restored(); err != nil {
		t.Error(err)
	}
}
