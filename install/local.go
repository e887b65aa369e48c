package install

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// Local is this machine: where Nix is and how its ssh reaches the target.
type Local struct {
	Nix []string // program, and what comes before its arguments
	Dir string   // working directory
	Env []string // with NIX_SSHOPTS for the target
}

// nix runs `nix …` with what flakes need, and hands on what it prints on stderr
// and how far it has come. Its stdout is returned. It is interrupted, as by
// ctrl+c, when ctx ends.
func (i *Installation) nix(ctx context.Context, args ...string) (string, error) {
	l := i.Local
	words := append(append([]string{}, l.Nix...), "--extra-experimental-features", "nix-command flakes", "--log-format", "internal-json")
	words = append(words, args...)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir, cmd.Env = l.Dir, l.Env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // so that nothing beneath asks on the terminal
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = stopWait
	var out bytes.Buffer
	log := &nixLog{decoder: nixcmd.NewLogDecoder(nixcmd.Build, i.Now), lines: &lineWriter{say: i.log}, now: i.Now}
	log.told = func(p nixcmd.Progress) {
		i.Say(Telling{Step: i.step, Kind: TellProgress, Progress: &p})
	}
	cmd.Stdout, cmd.Stderr = &out, log
	err := cmd.Run()
	log.end()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			return "", &Error{Message: words[0] + " cannot be started: " + err.Error(), Hint: "Check PATH.", Err: err}
		}
		return "", log.failure(err)
	}
	return strings.TrimSpace(out.String()), nil
}

// nixLog reads what Nix prints for programs.
type nixLog struct {
	decoder *nixcmd.LogDecoder
	lines   *lineWriter
	now     func() time.Time
	told    func(nixcmd.Progress)
	last    time.Time
}

var _ io.Writer = (*nixLog)(nil)

func (l *nixLog) Write(p []byte) (int, error) {
	if _, err := l.lines.Write(l.decoder.Write(nil, p)); err != nil {
		return 0, err
	}
	if now := l.now(); now.Sub(l.last) >= progressEvery {
		l.last = now
		l.told(l.decoder.Progress())
	}
	return len(p), nil
}

func (l *nixLog) end() {
	l.lines.Write(l.decoder.Close(nil)) // cannot fail
	l.lines.end()
}

// failure is what its log says of why Nix failed.
func (l *nixLog) failure(err error) error {
	found := l.decoder.Findings()
	e := &Error{Message: "nix failed: " + l.lines.decisive(), Hint: "What it printed is above; mend that and run this again, it goes on there.", Err: err}
	if len(found.Decisive) > 0 {
		e.Message = "nix failed: " + text.Truncate(text.Line(strings.TrimPrefix(found.Decisive[0], "error: ")), maxSaid)
	}
	if found.Hint != "" {
		e.Hint = found.Hint
	}
	if found.LostConnection {
		e.Err = errors.Join(errLost, err)
	}
	return e
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
