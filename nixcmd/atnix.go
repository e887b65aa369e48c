package nixcmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"nixfleet-tui/internal/text"
)

// The activities and results that are read here, of those in
// src/libutil/include/nix/util/logging.hh (Nix 2.4 to 2.36; Lix has fewer).
// Numbers that are not known are passed over.
const (
	actCopyPath     = 100
	actFileTransfer = 101
	actRealise      = 102
	actCopyPaths    = 103
	actBuilds       = 104
	actBuild        = 105

	resBuildLogLine = 101
	resSetPhase     = 104
	resProgress     = 105
	resSetExpected  = 106
	resPostBuildLog = 107
)

// levelInfo is the last verbosity that nix prints by default off a terminal.
const levelInfo = 3

// nixMessage is any line, as logging.cc's JSONLogger writes it.
type nixMessage struct {
	Action string            `json:"action"`
	ID     uint64            `json:"id"`
	Level  int               `json:"level"`
	Type   int               `json:"type"`
	Parent uint64            `json:"parent"`
	Text   string            `json:"text"`
	Msg    string            `json:"msg"`
	Fields []json.RawMessage `json:"fields"`
}

// nixLine handles a line that begins with "@nix ".
func (d *LogDecoder) nixLine(readable, line []byte) []byte {
	line = bytes.TrimRight(line, "\r")
	if id, fields, ok := progressLine(line); ok {
		d.work.setProgress(id, fields)
		return readable
	}
	body := line[len(nixMark):]
	if r, ok := parseResult(body); ok {
		return d.result(readable, r)
	}
	var m nixMessage
	var wrongType *json.UnmarshalTypeError
	if err := json.Unmarshal(body, &m); err != nil && !errors.As(err, &wrongType) {
		return appendLine(readable, "", line)
	}
	switch m.Action {
	case "msg":
		return d.message(readable, m)
	case "start":
		return d.start(readable, m)
	case "stop":
		d.work.stop(m.ID)
	case "result":
		return d.result(readable, result{id: m.ID, kind: m.Type, fields: m.Fields})
	}
	return readable
}

// message handles what nix has to say.
func (d *LogDecoder) message(readable []byte, m nixMessage) []byte {
	var plain strings.Builder
	for line := range strings.SplitSeq(m.Msg, "\n") {
		plain.WriteString(text.Line(line))
		plain.WriteByte('\n')
	}
	said := strings.TrimRight(plain.String(), "\n")
	d.said(said)
	return appendLines(readable, m.Msg)
}

// said notes a message. Its level says nothing: what came through a daemon
// has level 0, whatever it is.
func (d *LogDecoder) said(said string) {
	switch {
	case strings.HasPrefix(said, "error:"):
		d.found.nixError(said)
	case strings.HasPrefix(said, "warning:"), strings.HasPrefix(said, "trace:"):
	default:
		if n, ok := plannedBuilds(said); ok {
			d.work.planned += n
			d.reach(PhaseBuilding)
		} else if isFetchPlan(said) && d.phase != PhaseBuilding {
			d.reach(PhaseCopying)
		}
		for line := range strings.SplitSeq(said, "\n") {
			d.found.notePathIn(line)
			d.plan(line)
		}
	}
}

func (d *LogDecoder) start(readable []byte, m nixMessage) []byte {
	a := d.work.start(m)
	d.found.notePathIn(m.Text)
	switch m.Type {
	case actBuild:
		d.found.notePath(a.path)
		d.reach(PhaseBuilding)
	case actCopyPath, actCopyPaths:
		if m.Text != "" {
			d.sent = d.sent || !d.work.realising()
			d.reach(PhaseCopying)
		}
	case actRealise:
		d.found.f.Evaluated = true
	}
	if m.Text == "" || m.Level > levelInfo || a.twin {
		return readable
	}
	return appendLine(readable, "", []byte(shortDerivations(m.Text)))
}

func (d *LogDecoder) result(readable []byte, r result) []byte {
	switch r.kind {
	case resProgress:
		d.work.setProgress(r.id, r.list())
	case resSetExpected:
		if numbers, ok := r.numbers(); ok {
			d.work.setExpected(r.id, int(numbers[0]), numbers[1])
		}
	case resSetPhase:
		if step, ok := r.text(); ok {
			d.work.setStep(r.id, text.Line(string(cutLine([]byte(step), maxField))))
		}
	case resBuildLogLine, resPostBuildLog:
		if line, ok := r.text(); ok {
			line := lastState([]byte(line))
			return appendLine(readable, d.work.logLine(r.id, line), line)
		}
	}
	return readable
}
