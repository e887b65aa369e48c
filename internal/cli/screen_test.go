package cli

import (
	"regexp"
	"strconv"
	"strings"
)

// screen is as much of a terminal as rows that are updated in place need. It
// keeps what it showed after every write.
type screen struct {
	width, height int
	all           []string // all lines ever, those that scrolled away too
	row, col      int      // of the cursor; row counts from the first of all
	frames        [][]string
	wrapped       int // characters that did not fit their line within a synchronized frame
	inFrame       bool
	seen          func(frame []string)
}

func newScreen(width, height int) *screen {
	return &screen{width: width, height: height, all: []string{""}}
}

var escape = regexp.MustCompile(`^\x1b\[(\??)([0-9;]*)([A-Za-z])`)

func (s *screen) Write(p []byte) (int, error) {
	for rest := string(p); rest != ""; {
		if m := escape.FindStringSubmatch(rest); m != nil {
			s.control(m[1]+m[3], m[2])
			rest = rest[len(m[0]):]
			continue
		}
		r := []rune(rest)[0]
		s.put(r)
		rest = rest[len(string(r)):]
	}
	top := max(0, len(s.all)-s.height)
	frame := append([]string(nil), s.all[top:]...)
	s.frames = append(s.frames, frame)
	if s.seen != nil {
		s.seen(frame)
	}
	return len(p), nil
}

func (s *screen) control(kind, argument string) {
	switch kind {
	case "A":
		n, _ := strconv.Atoi(argument)
		s.row = max(s.row-n, max(0, len(s.all)-s.height))
	case "K":
		s.all[s.row] = cut(s.all[s.row], s.col)
	case "J":
		s.all[s.row] = cut(s.all[s.row], s.col)
		s.all = s.all[:s.row+1]
	case "?h", "?l":
		s.inFrame = kind == "?h"
	}
}

func (s *screen) put(r rune) {
	switch r {
	case '\r':
		s.col = 0
	case '\n':
		s.row, s.col = s.row+1, 0
	default:
		if s.col == s.width {
			s.row, s.col = s.row+1, 0
			if s.inFrame {
				s.wrapped++
			}
		}
		s.grow()
		line := []rune(s.all[s.row] + strings.Repeat(" ", max(0, s.col+1-len([]rune(s.all[s.row])))))
		line[s.col] = r
		s.all[s.row] = string(line)
		s.col++
	}
	s.grow()
}

// grow scrolls the terminal until it has the cursor's row.
func (s *screen) grow() {
	for s.row >= len(s.all) {
		s.all = append(s.all, "")
	}
}

func cut(line string, n int) string {
	r := []rune(line)
	return string(r[:min(n, len(r))])
}
