package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"nixfleet-tui/sshutil"
)

// IO is where a command reads and writes, and the one place that knows what
// the other end can show.
type IO struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	InTerminal  bool
	OutTerminal bool
	ErrTerminal bool

	Color bool // colours may be written to Out when it is a terminal
	Dumb  bool // the terminal cannot move its cursor
	ASCII bool // only ASCII can be shown

	// Size is the present size of the terminal at Out, or of the one at Err.
	Size func() (width, height int)
	// Answer asks with a prompt on Err, and reads what a person types on the
	// terminal at In, shown or hidden, until ctx ends. It is the caller's to wipe.
	// From the first hidden one on the terminal shows nothing of what is typed, also
	// between two questions, until Settle.
	Answer func(ctx context.Context, prompt string, hidden bool) (*sshutil.Secret, error)
	// Settle has the terminal show again what is typed, when no answer is tried out any
	// more; what was typed and read by nobody is dropped.
	Settle func() error
}

// The size of a terminal that does not tell its own.
const (
	defaultWidth  = 80
	defaultHeight = 24
)

// systemIO are the process's own streams, judged by what they are and by what
// the environment says (NO_COLOR, CLICOLOR, TERM and the locale).
func systemIO(in, out, errOut *os.File, getenv func(string) string) *IO {
	s := &IO{
		In: in, Out: out, Err: errOut,
		InTerminal:  term.IsTerminal(int(in.Fd())),
		OutTerminal: term.IsTerminal(int(out.Fd())),
		ErrTerminal: term.IsTerminal(int(errOut.Fd())),
		Dumb:        getenv("TERM") == "dumb",
		ASCII:       !speaksUTF8(getenv),
	}
	s.Color = s.OutTerminal && !s.Dumb && getenv("NO_COLOR") == "" && getenv("CLICOLOR") != "0"
	asker := &terminalAsker{in: in, out: errOut}
	s.Answer, s.Settle = asker.answer, asker.settle
	s.Size = func() (int, int) {
		for _, f := range []*os.File{out, errOut} {
			if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
				return w, h
			}
		}
		return defaultWidth, defaultHeight
	}
	return s
}

// speaksUTF8 reads the locale as libc does: the first of the three that is set
// decides. Where none is set (a Mac's terminal, a service) UTF-8 is assumed.
func speaksUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToUpper(getenv(name)); v != "" {
			return strings.Contains(v, "UTF-8") || strings.Contains(v, "UTF8")
		}
	}
	return true
}

// Width is the width to fit rows into: the terminal's, or none (0) when Out is
// a file or a pipe, where nothing may be cut.
func (s *IO) Width() int {
	if !s.OutTerminal {
		return 0
	}
	w, _ := s.Size()
	return w
}

// Live says whether lines can be updated in place on Out.
func (s *IO) Live() bool { return s.OutTerminal && !s.Dumb }

// settle is Settle where somebody may have been asked, for defer.
func (s *IO) settle(err *error) {
	if s.Settle == nil {
		return
	}
	if failed := s.Settle(); failed != nil {
		*err = errors.Join(*err, failed)
	}
}

// CanAsk says whether a question can be put to a person.
func (s *IO) CanAsk() bool { return s.InTerminal && (s.ErrTerminal || s.OutTerminal) }
