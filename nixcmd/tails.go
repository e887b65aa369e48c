package nixcmd

import "nixfleet-tui/internal/text"

// logTails keeps the last lines of builds' logs, by derivation: those of the
// running ones and of the last that ended, because nix may say that a build
// failed after it said that it stopped.
type logTails struct {
	of      map[StorePath][]string
	running []StorePath // oldest first
	ended   []StorePath // oldest first
}

func (t *logTails) add(drv StorePath, line []byte) {
	if t.of == nil {
		t.of = map[StorePath][]string{}
	}
	lines, known := t.of[drv]
	if !known {
		t.makeRoom()
		t.running = append(t.running, drv)
		lines = make([]string, 0, tailLines)
	}
	if len(lines) == tailLines {
		copy(lines, lines[1:])
		lines = lines[:tailLines-1]
	}
	t.of[drv] = append(lines, string(cutLine(line, tailLineBytes)))
}

// end marks a build as ended, which makes its tail one of the next to go.
func (t *logTails) end(drv StorePath) {
	for i, r := range t.running {
		if r == drv {
			t.running = append(t.running[:i], t.running[i+1:]...)
			t.ended = append(t.ended, drv)
			return
		}
	}
}

func (t *logTails) makeRoom() {
	if len(t.of) < maxTails {
		return
	}
	from := &t.ended
	if len(t.ended) == 0 {
		from = &t.running
	}
	delete(t.of, (*from)[0])
	*from = (*from)[1:]
}

// tail is the end of a build's log, made safe to show.
func (t *logTails) tail(drv StorePath) []string {
	lines := make([]string, 0, tailLines)
	for _, line := range t.of[drv] {
		lines = append(lines, text.Line(line))
	}
	return lines
}
