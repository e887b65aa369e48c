package main

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

// terminal is a pseudo-terminal with a program on it.
type terminal struct {
	master *os.File
	ended  chan error    // how the program ended
	silent chan struct{} // closed when nobody has the terminal any more
	lost   bool

	mu   sync.Mutex
	last bytes.Buffer // what was written last
}

// lastWords is how many bytes of a terminal are kept.
const lastWords = 1 << 20

// onTerminal starts a command on a terminal of its own.
func onTerminal(t *testing.T, c *exec.Cmd) *terminal {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{master: master, ended: make(chan error, 1), silent: make(chan struct{})}
	defer tty.Close()
	term.resize(t, 80, 24)
	c.Stdin, c.Stdout, c.Stderr = tty, tty, tty
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go term.read()
	go func() { term.ended <- c.Wait() }()
	return term
}

func (term *terminal) resize(t *testing.T, columns, rows uint16) {
	t.Helper()
	err := pty.Control(term.master, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows})
	})
	if err != nil {
		t.Fatalf("the terminal: %v", err)
	}
}

// press types keys.
func (term *terminal) press(keys string) error {
	_, err := term.master.WriteString(keys)
	return err
}

// until waits for words on the terminal.
func (term *terminal) until(t *testing.T, words string) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !strings.Contains(term.text(), words) {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%q never came:\n%s", words, term.text())
		}
	}
}

// lose takes the terminal away from whoever is on it.
func (term *terminal) lose() {
	term.lost = true
	term.master.Close()
	<-term.silent
}

// read keeps what is written last.
func (term *terminal) read() {
	defer close(term.silent)
	b := make([]byte, 64<<10)
	for {
		n, err := term.master.Read(b)
		if err != nil {
			return
		}
		term.mu.Lock()
		if term.last.Len() > lastWords {
			term.last.Reset()
		}
		term.last.Write(b[:n])
		term.mu.Unlock()
	}
}

func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.last.String()
}
