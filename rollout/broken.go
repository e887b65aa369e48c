package rollout

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// BrokenError is a run directory of which too little is left to show the run.
type BrokenError struct {
	Dir string
	Why string // in plain words, such as "run.json is missing"
	Err error
}

func (e *BrokenError) Error() string { return "the run in " + e.Dir + " is broken: " + e.Why }

func (e *BrokenError) Unwrap() error { return e.Err }

// unreadable says in plain words why the file called name could not be read.
func unreadable(name string, err error) string {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return name + " is missing"
	case errors.Is(err, fs.ErrPermission):
		return name + " may not be read by you"
	case errors.As(err, &syntax), errors.As(err, &mismatch):
		return name + " is cut or garbled"
	}
	return name + " cannot be read: " + err.Error()
}

// gaps says what of a run that can be shown is not as it was written, or "".
func (r *Reader) gaps() string {
	switch n := r.events.broken; {
	case r.cut != "":
		return r.cut
	case n == 1:
		return "a line of events.jsonl is garbled"
	case n > 1:
		return fmt.Sprintf("%d lines of events.jsonl are garbled", n)
	}
	return ""
}

// takeSummary shows a run as its summary tells it when its events do not tell
// the end. The summary is written after the end: where it is, nobody holds the
// lock and no more events come, some were lost. Those that did come are returned.
func (r *Reader) takeSummary() ([]Event, error) {
	info, err := os.Stat(r.dir.summary())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a supervisor was lost; the next one goes on
	}
	if err != nil {
		return nil, err
	}
	if events, err := r.events.next(); err != nil || len(events) > 0 {
		return events, err // it ended just now
	}
	const lost = "the end of events.jsonl is missing"
	var s summary
	if err := readJSON(r.dir.summary(), &s); err != nil {
		r.cut = lost + ", and " + unreadable("summary.json", err)
		s = summary{Ended: info.ModTime(), ExitCode: exitCodeOf([]Outcome{OutcomeUnknown})}
	} else {
		r.cut = lost + "; how it ended is known from summary.json"
		s.Ended = first(s.Ended, info.ModTime()) // it is there, so the run is over
	}
	r.conclude(s)
	return nil, nil
}

// conclude takes what a summary says into the view, where nothing is said yet.
func (r *Reader) conclude(s summary) {
	v := &r.view
	v.Ended, v.ExitCode = s.Ended, s.ExitCode
	v.Started = first(v.Started, s.Started)
	v.LastSeen = first(v.LastSeen, s.Ended)
	for i := range v.Tasks {
		t := &v.Tasks[i]
		if t.Verdict != nil {
			continue
		}
		verdict, known := s.Hosts[t.Host]
		if !known {
			verdict = Verdict{Outcome: OutcomeUnknown, Reason: "its verdict is lost: " + r.cut}
		}
		t.apply(Event{Event: EventVerdict, Time: s.Ended, Verdict: &verdict})
	}
}

// first is the first moment that is known.
func first(moments ...time.Time) time.Time {
	for _, m := range moments {
		if !m.IsZero() {
			return m
		}
	}
	return time.Time{}
}
