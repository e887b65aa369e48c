package rollout

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"nixfleet-tui/internal/pty"
	"nixfleet-tui/sshutil"
)

// typist types the password where sudo asks for it on a pseudo-terminal. The
// old nixos-rebuild has no other way: it starts `ssh -t`, by which sudo's
// question comes out among its output.
type typist struct {
	secret   *sshutil.Secret
	terminal *os.File // ours
	child    *os.File // nixos-rebuild's end
	outputs  []*asking
	stop     chan struct{}
	working  sync.WaitGroup
}

// newTypist opens a pseudo-terminal for what prints to these files. It is to be
// the stdin of that, but not its controlling terminal: /dev/tty stays closed to
// what is started. The secret stays the caller's.
func newTypist(secret *sshutil.Secret, outputs ...string) (*typist, error) {
	t := &typist{secret: secret, stop: make(chan struct{})}
	var err error
	if t.terminal, t.child, err = pty.Open(); err != nil {
		return nil, fmt.Errorf("opening a pseudo-terminal: %w", err)
	}
	for _, path := range outputs {
		t.outputs = append(t.outputs, &asking{path: path})
	}
	t.working.Go(t.watch)
	t.working.Go(func() {
		io.Copy(io.Discard, t.terminal) //nolint:errcheck // it ends when the terminal is closed
	})
	return t, nil
}

// rebuildOnTerminal starts nixos-rebuild with a pseudo-terminal as its stdin.
// Whoever closes p ends the typist.
func (p *parent) rebuildOnTerminal(secret *sshutil.Secret) (cmd *exec.Cmd, err error) {
	p.secret = secret
	if p.typist, err = newTypist(secret, p.dir.host(p.host.Name, ".log"), p.dir.host(p.host.Name, ".out")); err != nil {
		return nil, err
	}
	return p.rebuild(p.typist.child)
}

// close ends the typist, if there is one.
func (t *typist) close() error {
	if t == nil {
		return nil
	}
	close(t.stop)
	err := errors.Join(t.child.Close(), t.terminal.Close())
	t.working.Wait()
	return err
}

// watch answers sudo until it is stopped. A password that sudo does not take
// is not typed again: it was right before the build, and each try counts
// against the account.
func (t *typist) watch() {
	tick := time.NewTicker(promptPoll)
	defer tick.Stop()
	const endOfInput = 4 // ctrl+d: sudo gives up
	typed := false
	for {
		select {
		case <-t.stop:
			return
		case <-tick.C:
		}
		for _, out := range t.outputs {
			again, asks := out.look()
			if !asks || !pty.IsRaw(t.child) {
				continue
			}
			answer := t.secret.Line()
			if again && typed {
				answer = []byte{endOfInput}
			}
			typed = true
			t.terminal.Write(answer) //nolint:errcheck // who has gone asks no more
			out.answered()
		}
	}
}

// sudoAsks is how sudo and sudo-rs ask, in any language: a line that is not
// ended, in brackets sudo's name, and at its end a colon. A passprompt of the
// host's own must speak of a password.
var sudoAsks = regexp.MustCompile(`(?i)(\[sudo[^\]]*\][^\n]*|password[^\n]*):[ \t]*$`)

// asking reads what is printed to a file, and tells when sudo asks there.
type asking struct {
	path   string
	offset int64
	before string // the last line that is ended and not empty
	line   []byte // the one after it
}

// look says whether sudo waits for the password, and whether it has just
// refused one. Only a line that has not grown since the last look is a question.
func (a *asking) look() (again, asks bool) {
	fresh := a.read()
	a.line = append(a.line, fresh...)
	if i := bytes.LastIndexByte(a.line, '\n'); i >= 0 {
		for line := range bytes.Lines(a.line[:i+1]) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				a.before = string(line[:min(len(line), promptLongest)])
			}
		}
		a.line = append(a.line[:0], a.line[i+1:]...)
	}
	a.line = a.line[max(0, len(a.line)-promptLongest):]
	return strings.Contains(a.before, "try again"), len(fresh) == 0 && sudoAsks.Match(a.line)
}

// answered begins a new line: what sudo prints next comes after its question.
func (a *asking) answered() { a.line = a.line[:0] }

func (a *asking) read() []byte {
	f, err := os.Open(a.path)
	if err != nil {
		return nil // not there yet
	}
	defer f.Close()
	fresh, err := io.ReadAll(io.NewSectionReader(f, a.offset, maxLogRead))
	if err != nil {
		return nil // the next look may bring it
	}
	a.offset += int64(len(fresh))
	return fresh
}
