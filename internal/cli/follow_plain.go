package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// plainDisplay prints `[host] line` for every line of every log, and a line
// for every phase and verdict.
type plainDisplay struct {
	io   *IO
	self string
	logs map[string]*logLines
	now  func() time.Time
}

func (d *plainDisplay) update(events []rollout.Event, v rollout.View) error {
	for _, e := range events {
		// What the log said before this event comes before it.
		if e.Host != "" && e.Event != rollout.EventProgress {
			if err := d.drain(v.Dir, e.Host, e.Event == rollout.EventVerdict); err != nil {
				return err
			}
		}
		if e.Event == rollout.EventQuestion && d.io.CanAsk() {
			continue // it is put to them
		}
		if words := eventWords(e); words != "" {
			fmt.Fprintln(d.io.Out, d.io.paint(bold, words))
		}
	}
	for _, t := range v.Tasks {
		if err := d.drain(v.Dir, t.Host, false); err != nil {
			return err
		}
	}
	return nil
}

// drain prints the lines that a host's log has got since the last time; with
// all also a last one without a newline.
func (d *plainDisplay) drain(dir, host string, all bool) error {
	log := d.logs[host]
	if log == nil {
		log = &logLines{path: rollout.TextPath(dir, host)}
		d.logs[host] = log
	}
	lines, err := log.next(all)
	for _, line := range lines {
		shown := text.Line(line)
		if d.io.Color {
			shown = text.Styled(line)
		}
		fmt.Fprintf(d.io.Out, "[%s] %s\n", text.Line(host), shown)
	}
	return err
}

func (d *plainDisplay) tails() bool { return true }

func (d *plainDisplay) note(sentence string) error {
	_, err := fmt.Fprintln(d.io.Err, sentence)
	return err
}

func (d *plainDisplay) finish(v rollout.View) error {
	fmt.Fprintln(d.io.Out)
	return writeSummary(d.io, d.self, v)
}

// eventWords says an event in one line, or "" for those that the log says better.
func eventWords(e rollout.Event) string {
	host := "[" + text.Line(e.Host) + "] "
	switch e.Event {
	case rollout.EventWave:
		if e.Wave == nil {
			return ""
		}
		return "-- " + text.Line(waveEvent(e.Wave))
	case rollout.EventPhase:
		return host + "-- " + string(e.Phase)
	case rollout.EventTask:
		if e.Reason != "" {
			return host + "-- " + text.Line(e.Reason)
		}
	case rollout.EventQuestion:
		if e.State == rollout.QuestionAsked && e.Question != nil {
			return host + "-- waits for a person: " + text.Line(e.Question.Summary())
		}
	case rollout.EventCancel:
		if e.Host != "" && e.Reason != "" {
			return host + "-- " + text.Line(e.Reason)
		}
	case rollout.EventVerdict:
		words := host + "-- " + string(e.Verdict.Outcome)
		if e.Verdict.Reason != "" {
			words += ": " + text.Line(e.Verdict.Reason)
		}
		return words
	}
	return ""
}

// logLines reads a growing text file by whole lines.
type logLines struct {
	path    string
	offset  int64
	partial []byte
}

func (l *logLines) next(all bool) ([]string, error) {
	f, err := os.Open(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fresh, err := io.ReadAll(io.NewSectionReader(f, l.offset, 1<<62))
	if err != nil {
		return nil, fmt.Errorf("reading a log: %w", err)
	}
	l.offset += int64(len(fresh))
	l.partial = append(l.partial, fresh...)
	end := bytes.LastIndexByte(l.partial, '\n') + 1
	if all && end < len(l.partial) {
		l.partial = append(l.partial, '\n')
		end = len(l.partial)
	}
	var lines []string
	for line := range bytes.Lines(l.partial[:end]) {
		lines = append(lines, string(bytes.TrimRight(line, "\r\n")))
	}
	l.partial = append(l.partial[:0], l.partial[end:]...)
	return lines, nil
}
