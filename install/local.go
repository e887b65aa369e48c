package install

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"syscall"

	"nixfleet-tui/internal/text"
)

// Local is this machine: where Nix is and how its ssh reaches the target.
type Local struct {
	Nix string   // program
	Dir string   // working directory
	Env []string // with NIX_SSHOPTS for the target
}

// run runs nix and hands each line that it prints on stderr to say. Its stdout
// is returned. It is interrupted, as by ctrl+c, when ctx ends.
func (l Local) run(ctx context.Context, say func(string), program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = l.Dir, l.Env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // so that nothing beneath asks on the terminal
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = stopWait
	var out bytes.Buffer
	lines := &lineWriter{say: say}
	cmd.Stdout, cmd.Stderr = &out, lines
	err := cmd.Run()
	lines.end()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			return "", &Error{Message: program + " cannot be started: " + err.Error(), Hint: "Check PATH.", Err: err}
		}
		return "", &Error{Message: "nix failed: " + lines.decisive(), Hint: "What it printed is above; mend that and run this again, it goes on there.", Err: err}
	}
	return strings.TrimSpace(out.String()), nil
}

// nix runs `nix …` with what flakes need.
func (l Local) nix(ctx context.Context, say func(string), args ...string) (string, error) {
	return l.run(ctx, say, l.Nix, append([]string{"--extra-experimental-features", "nix-command flakes"}, args...)...)
}

// lineWriter hands on what is written to it line by line, sanitized, and keeps
// the last ones.
type lineWriter struct {
	say  func(string)
	rest []byte
	last []string
}

var _ io.Writer = (*lineWriter)(nil)

func (w *lineWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		n := bytes.IndexByte(w.rest, '\n')
		if n < 0 {
			return len(p), nil
		}
		w.line(string(w.rest[:n]))
		w.rest = w.rest[n+1:]
	}
}

func (w *lineWriter) line(s string) {
	s = text.Line(strings.TrimRight(s, "\r"))
	if w.last = append(w.last, s); len(w.last) > maxTail {
		w.last = w.last[1:]
	}
	w.say(s)
}

// end hands on what had no newline.
func (w *lineWriter) end() {
	if len(w.rest) > 0 {
		w.line(string(w.rest))
		w.rest = nil
	}
}

// decisive is the last line that says error, or the last one.
func (w *lineWriter) decisive() string {
	for n := len(w.last) - 1; n >= 0; n-- {
		if said, ok := strings.CutPrefix(strings.TrimSpace(w.last[n]), "error:"); ok && strings.TrimSpace(said) != "" {
			return text.Truncate(strings.TrimSpace(said), maxSaid)
		}
	}
	if len(w.last) == 0 {
		return "it said nothing"
	}
	return text.Truncate(strings.TrimSpace(w.last[len(w.last)-1]), maxSaid)
}
