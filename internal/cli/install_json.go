package cli

import (
	"encoding/json"
	"errors"
	"io"
	"time"

	"nixfleet-tui/install"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// installEvent is a line of `install --json`. A question that nobody answered
// beforehand ends the flow, or is left; it is told by the last event or by left.
type installEvent struct {
	Version  int              `json:"version"`
	Time     time.Time        `json:"time"`
	Host     string           `json:"host"`
	Event    string           `json:"event"` // a install.TellingKind, or end
	Step     string           `json:"step,omitempty"`
	Title    string           `json:"title,omitempty"`
	Text     string           `json:"text,omitempty"`
	Progress *nixcmd.Progress `json:"progress,omitempty"`
	Error    string           `json:"error,omitempty"`
	Hint     string           `json:"hint,omitempty"`
	ExitCode *int             `json:"exitCode,omitempty"`
}

// installEvents prints them.
type installEvents struct {
	out  io.Writer
	now  func() time.Time
	host string
	step string
	err  error // of the first line that could not be written
}

func (e *installEvents) print(event installEvent) {
	event.Version, event.Time, event.Host = documentVersion, e.now(), e.host
	enc := json.NewEncoder(e.out)
	enc.SetEscapeHTML(false)
	e.err = errors.Join(e.err, enc.Encode(event))
}

func (e *installEvents) tell(t install.Telling) {
	e.step = t.Step
	e.print(installEvent{Event: string(t.Kind), Step: t.Step, Title: install.Title(t.Step), Text: text.Line(t.Text), Progress: t.Progress})
}

// end tells how the flow ended, and returns that as exit code.
func (e *installEvents) end(err error) error {
	code, last := ExitOK, installEvent{Event: "end"}
	if err != nil {
		f := explain(err)
		code = f.Code
		last.Step, last.Error, last.Hint = e.step, text.Line(f.Message), text.Line(f.Hint)
	}
	last.ExitCode = &code
	e.print(last)
	if e.err != nil {
		return e.err
	}
	if code != ExitOK {
		return exit(code)
	}
	return nil
}
