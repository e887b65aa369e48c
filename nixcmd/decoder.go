package nixcmd

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"

	"nixfleet-tui/internal/text"
)

// LogDecoder reads what nixos-rebuild prints on stderr, as it comes, and keeps
// phase, progress and findings. That stream is a mixture: `@nix` lines of the
// nix processes here and on the build host, plain lines of nixos-rebuild, ssh,
// sudo and switch-to-configuration. It is not safe for concurrent use.
type LogDecoder struct {
	partial []byte // of the line that has no newline yet
	phase   Phase
	work    activities
	copies  plainCopies
	sent    bool // something was copied to where it is built
	crash   crashFilter
	found   finder
	undone  bool     // what follows is the undoing of it
	planned []string // short names of derivations that Nix said it would build
}

// NewLogDecoder returns a decoder. now gives the time, for durations.
func NewLogDecoder(action Action, now func() time.Time) *LogDecoder {
	d := &LogDecoder{
		phase: PhaseEvaluating,
		work:  newActivities(now),
		found: newFinder(action),
	}
	d.found.tails = &d.work.tails
	return d
}

// Activating says that the log is of an activation alone: nothing is evaluated,
// copied or built.
func (d *LogDecoder) Activating() {
	d.phase, d.found.f.Evaluated = PhaseActivating, true
}

// Write takes the next bytes of the log; lines may be split anywhere. It
// appends to readable, and returns, the readable form: build log lines as
// "name> line", messages without their wrapping, everything else as it came,
// sanitized but for colours, one line each; of a line that was overwritten by
// `\r` the last state. The error is always nil.
func (d *LogDecoder) Write(readable, p []byte) []byte {
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			d.hold(p)
			break
		}
		line := p[:end]
		if len(d.partial) > 0 {
			d.hold(line)
			line = d.partial
		}
		readable = d.line(readable, line[:min(len(line), maxRaw)])
		d.partial = d.partial[:0]
		p = p[end+1:]
	}
	return readable
}

// Close ends a last line without newline and returns its readable form.
func (d *LogDecoder) Close(readable []byte) []byte {
	if len(d.partial) > 0 {
		readable = d.line(readable, d.partial)
		d.partial = nil
	}
	return d.take(readable, d.crash.release())
}

// Phase is the phase that the log has reached.
func (d *LogDecoder) Phase() Phase { return d.phase }

// Progress is the present count.
func (d *LogDecoder) Progress() Progress {
	p := d.work.progress()
	p.CopiesDone += d.copies.done()
	p.CopiesExpected += d.copies.expected
	return p
}

// Planned are the names of the derivations that Nix said it would build, in
// its order; at most maxPlanned of them.
func (d *LogDecoder) Planned() []string { return d.planned }

// plan notes a derivation of a plan: those lines are indented, and nothing else
// that Nix says looks like them.
func (d *LogDecoder) plan(line string) {
	path, ok := strings.CutPrefix(line, "  ")
	if !ok || len(d.planned) >= maxPlanned {
		return
	}
	if p, ok := ParseStorePath(path); ok && string(p) == path && p.isDerivation() {
		d.planned = append(d.planned, p.shortName())
	}
}

// Findings are what was found so far.
func (d *LogDecoder) Findings() Findings {
	f := d.found.findings()
	f.ProfileCommand = f.ProfileCommand || d.found.activates() && d.mustBeActivating()
	return f
}

// mustBeActivating says that all that prints something is over, and nothing
// failed: setting the profile prints nothing. Before the system's derivation is
// known, what was realised was only needed to evaluate.
func (d *LogDecoder) mustBeActivating() bool {
	known := d.sent || d.found.f.SystemDrv != ""
	return known && d.work.quietAfterRealise() && d.copies.running() == 0 && !d.found.failed()
}

func (d *LogDecoder) hold(p []byte) {
	room := maxRaw - len(d.partial)
	d.partial = append(d.partial, p[:min(len(p), max(room, 0))]...)
}

var nixMark = []byte("@nix ")

// line handles one whole line.
func (d *LogDecoder) line(readable, line []byte) []byte {
	if bytes.HasPrefix(line, nixMark) {
		return d.nixLine(readable, line)
	}
	// Two processes share this stderr, and one may begin where the other has
	// not ended its line.
	if i := bytes.Index(line, []byte(`@nix {"action":`)); i > 0 {
		return d.nixLine(d.plainLine(readable, line[:i]), line[i:])
	}
	return d.plainLine(readable, line)
}

// plainLine handles a line of anything but nix.
func (d *LogDecoder) plainLine(readable, line []byte) []byte {
	return d.take(readable, d.crash.pass(string(cutLine(lastState(line), maxLine))))
}

// take notes plain lines and makes them readable.
func (d *LogDecoder) take(readable []byte, lines []string) []byte {
	for _, line := range lines {
		d.plain(text.Line(line))
		readable = append(readable, text.Styled(line)...)
		readable = append(readable, '\n')
	}
	return readable
}

// reach notes that the log shows phase to be going on.
func (d *LogDecoder) reach(phase Phase) {
	if d.phase == PhaseActivating {
		return
	}
	// Downloads belong to the build that waits for them; a copy after the last
	// build is a step of its own.
	if phase == PhaseCopying && d.phase == PhaseBuilding && d.work.realising() {
		return
	}
	d.phase = phase
	if phase == PhaseCopying || phase == PhaseBuilding {
		d.found.f.Evaluated = true
	}
}

// lastState is what a terminal would show of a line that returns to its
// beginning.
func lastState(line []byte) []byte {
	line = bytes.TrimRight(line, "\r")
	if i := bytes.LastIndexByte(line, '\r'); i >= 0 {
		return line[i+1:]
	}
	return line
}

// appendLine appends a line that came from elsewhere, made safe to show.
func appendLine(readable []byte, prefix string, line []byte) []byte {
	readable = append(readable, prefix...)
	readable = append(readable, text.Styled(string(cutLine(line, maxLine)))...)
	return append(readable, '\n')
}

// appendLines appends a text of several lines.
func appendLines(readable []byte, lines string) []byte {
	for line := range strings.SplitSeq(strings.TrimRight(lines, "\n"), "\n") {
		readable = appendLine(readable, "", lastState([]byte(line)))
	}
	return readable
}

// cutLine cuts at a whole character.
func cutLine(line []byte, limit int) []byte {
	if len(line) <= limit {
		return line
	}
	for limit > 0 && !utf8.RuneStart(line[limit]) {
		limit--
	}
	return line[:limit]
}
