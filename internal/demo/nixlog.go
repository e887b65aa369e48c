package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// The activities and results of Nix's internal-json log that the demo makes
// (src/libutil/include/nix/util/logging.hh).
const (
	actUnknown      = 0
	actCopyPath     = 100
	actFileTransfer = 101
	actRealise      = 102
	actCopyPaths    = 103
	actBuilds       = 104
	actBuild        = 105
	actSubstitute   = 108

	resBuildLogLine = 101
	resSetPhase     = 104
	resProgress     = 105
	resSetExpected  = 106
)

// The levels of Nix's messages.
const (
	levelError = 0
	levelInfo  = 3
	levelTalk  = 4
)

// logOptions is how a log is to be written.
type logOptions struct {
	json  bool // --log-format internal-json; otherwise as for people
	lines bool // -L: build logs for people too
}

// log is what one Nix process prints, each line with the moment for it. It is
// written down completely before the first line is shown.
type log struct {
	logOptions
	all []logLine
	ids int64 // of the last activity: the process's id in the upper half
}

// logLine is one line of a log.
type logLine struct {
	at   time.Duration
	text string
}

// newLog is an empty log of the process that does what is named.
func newLog(o logOptions, doing string) *log {
	const pids = 30000
	pid := 2000 + seeded(doing).Int64N(pids)
	return &log{logOptions: o, ids: pid << 32}
}

// field is one of the fields of an activity or a result: a string or a number.
type field struct {
	text   string
	number int64
	isText bool
}

func text(s string) field  { return field{text: s, isText: true} }
func number(n int64) field { return field{number: n} }

// MarshalJSON writes the one that it is.
func (f field) MarshalJSON() ([]byte, error) {
	if f.isText {
		return plainJSON(f.text)
	}
	return strconv.AppendInt(nil, f.number, 10), nil
}

// plainJSON is JSON that leaves < and > alone, as Nix does.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// The lines of the log, with their keys in the order in which Nix sorts them.
type (
	startLine struct {
		Action string  `json:"action"`
		Fields []field `json:"fields,omitempty"`
		ID     int64   `json:"id"`
		Level  int     `json:"level"`
		Parent int64   `json:"parent"`
		Text   string  `json:"text"`
		Type   int     `json:"type"`
	}
	stopLine struct {
		Action string `json:"action"`
		ID     int64  `json:"id"`
	}
	resultLine struct {
		Action string  `json:"action"`
		Fields []field `json:"fields"`
		ID     int64   `json:"id"`
		Type   int     `json:"type"`
	}
	msgLine struct {
		Action string `json:"action"`
		Level  int    `json:"level"`
		Msg    string `json:"msg"`
	}
)

// nixLine is any of them.
type nixLine interface {
	startLine | stopLine | resultLine | msgLine
}

// put writes down a line of JSON.
func put[L nixLine](l *log, at time.Duration, line L) {
	b, err := plainJSON(line)
	if err != nil {
		panic(fmt.Sprintf("a log line of plain strings and numbers: %v", err)) // cannot happen
	}
	l.lineAt(at, "@nix "+string(b))
}

// lineAt writes down a line as it is.
func (l *log) lineAt(at time.Duration, text string) {
	l.all = append(l.all, logLine{at, text})
}

// until keeps the log from ending before a moment: a line without text only
// takes its time.
func (l *log) until(at time.Duration) { l.lineAt(at, "") }

// start begins an activity and returns its id.
func (l *log) start(at time.Duration, kind, level int, parent int64, what string, fields ...field) int64 {
	l.ids++
	switch {
	case l.json:
		put(l, at, startLine{"start", fields, l.ids, level, parent, what, kind})
	case what != "" && level <= levelInfo:
		l.lineAt(at, what+"...")
	}
	return l.ids
}

func (l *log) stop(at time.Duration, id int64) {
	if l.json {
		put(l, at, stopLine{"stop", id})
	}
}

func (l *log) result(at time.Duration, id int64, kind int, fields ...field) {
	if l.json {
		put(l, at, resultLine{"result", fields, id, kind})
	}
}

// progress is a result of done, expected, running and failed.
func (l *log) progress(at time.Duration, id, done, expected, running, failed int64) {
	l.result(at, id, resProgress, number(done), number(expected), number(running), number(failed))
}

// msg writes down a message of one or more lines.
func (l *log) msg(at time.Duration, level int, what string) {
	if l.json {
		put(l, at, msgLine{"msg", level, what})
		return
	}
	l.lineAt(at, what)
}

// inOrder is the log sorted by time; what was written down first stays first.
func (l *log) inOrder() []logLine {
	sorted := slices.Clone(l.all)
	slices.SortStableFunc(sorted, func(a, b logLine) int { return int(a.at - b.at) })
	return sorted
}

// play writes the log, each line at its moment, speed times as fast as it was
// meant. Lines whose moments have passed go out together.
func (l *log) play(ctx context.Context, w io.Writer, speed float64) error {
	began := time.Now()
	var due bytes.Buffer
	for _, line := range l.inOrder() {
		wait := time.Duration(float64(line.at)/speed) - time.Since(began)
		if wait > 0 {
			if err := flush(w, &due); err != nil {
				return err
			}
			if err := pause(ctx, wait); err != nil {
				return err
			}
		}
		if line.text != "" {
			due.WriteString(line.text)
			due.WriteByte('\n')
		}
	}
	return flush(w, &due)
}

func flush(w io.Writer, b *bytes.Buffer) error {
	if b.Len() == 0 {
		return nil
	}
	_, err := w.Write(b.Bytes())
	b.Reset()
	return err
}
