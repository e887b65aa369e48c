//go:build lab

package e2e

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"nixfleet-tui/internal/pty"
)

// console is a terminal with a program on it, for what is asked on terminals only.
type console struct {
	w      *where
	master *os.File
	cmd    *exec.Cmd
	ended  chan error
	silent chan struct{} // closed when the last one has closed the terminal

	mu   sync.Mutex
	out  bytes.Buffer
	seen int // how much of out was waited for
}

// onConsole starts a command on a terminal of its own.
func (w *where) onConsole(cmd *exec.Cmd) *console {
	w.t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		w.t.Fatal(err)
	}
	defer tty.Close()
	c := &console{w: w, master: master, cmd: cmd, ended: make(chan error, 1), silent: make(chan struct{})}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go c.collect()
	go func() { c.ended <- cmd.Wait() }()
	w.t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
		}
		master.Close()
	})
	return c
}

// collect keeps what is printed, until the last one has closed the terminal.
func (c *console) collect() {
	defer close(c.silent)
	b := make([]byte, 4096)
	for {
		n, err := c.master.Read(b)
		c.mu.Lock()
		c.out.Write(b[:n])
		c.mu.Unlock()
		if errors.Is(err, io.EOF) || errors.Is(err, syscall.EIO) || errors.Is(err, os.ErrClosed) {
			return
		}
	}
}

func (c *console) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.String()
}

// answer waits for words, and types a line.
func (c *console) answer(words, line string) {
	c.w.t.Helper()
	c.await(words)
	if _, err := c.master.Write([]byte(line + "\r")); err != nil {
		c.w.t.Fatal(err)
	}
}

// await waits for words that were not waited for yet.
func (c *console) await(words string) {
	c.w.t.Helper()
	deadline := time.After(aRun) // it may have much to do before
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if i := strings.Index(c.text()[c.seen:], words); i >= 0 {
			c.seen += i + len(words)
			return
		}
		select {
		case <-tick.C:
		case err := <-c.ended:
			c.w.t.Fatalf("it ended before it said %q: %v\n%s", words, err, c.text())
		case <-deadline:
			c.w.t.Fatalf("it did not say %q\n%s", words, c.text())
		}
	}
}

// code waits for the end and the last words, and returns the exit code.
func (c *console) code() int {
	c.w.t.Helper()
	select {
	case err := <-c.ended:
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) {
			c.w.t.Fatal(err)
		}
	case <-time.After(aRun):
		c.w.t.Fatalf("it does not end\n%s", c.text())
	}
	select {
	case <-c.silent:
	case <-time.After(soon):
		c.w.t.Fatalf("it has ended, and somebody still has its terminal\n%s", c.text())
	}
	return c.cmd.ProcessState.ExitCode()
}
