package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	tabStop  = 8  // columns between two tab stops
	maxMarks = 4  // combining marks that one character may carry; more would smear over other rows
	maxSGR   = 96 // bytes of one colour sequence; real ones are under 40

	reset = "\x1b[0m"
)

// Line returns s as one line of plain text: colours are dropped, a line ending
// at the end too, tabs become spaces, and every other control character,
// bidirectional mark, invisible character and bad byte is shown as a visible
// escape such as \x1b or \u202e.
func Line(s string) string { return sanitize(s, false) }

// Styled is Line, but colours (SGR sequences) survive, without those that hide
// or blink. A string that leaves a colour open ends with a reset.
func Styled(s string) string { return sanitize(s, true) }

func sanitize(s string, styled bool) string {
	s = strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r")
	clean := plainPrefix(s)
	if clean == len(s) {
		return s
	}
	w := writer{styled: styled, based: clean > 0}
	w.out.Grow(len(s) + 16)
	w.out.WriteString(s[:clean])
	for rest := s[clean:]; rest != ""; {
		rest = rest[w.next(rest):]
	}
	if w.open {
		w.out.WriteString(reset)
	}
	return w.out.String()
}

// plainPrefix is the number of leading bytes of s that are printable ASCII.
func plainPrefix(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return i
		}
	}
	return len(s)
}

// writer is the sanitized text so far.
type writer struct {
	out    strings.Builder
	styled bool
	open   bool // a colour is on
	based  bool // there is a character that a combining mark may sit on
	marks  int  // marks on that character
	column int  // cells that the first `told` bytes take; for tabs
	told   int
}

// next handles what s begins with and returns how many bytes that was.
func (w *writer) next(s string) int {
	if n := plainPrefix(s); n > 0 {
		w.out.WriteString(s[:n])
		w.based, w.marks = true, 0
		return n
	}
	if params, n := sgr(s); n > 0 {
		w.colour(params)
		return n
	}
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == '\t':
		w.tab()
	case r == utf8.RuneError && n == 1:
		w.escape(`\x%02x`, rune(s[0]))
	case r == 0xfe0e || r == 0xfe0f:
		// Text or emoji presentation of the character before: terminals do not
		// agree on the width, and nothing is said by it.
	case r < 0x80:
		w.escape(`\x%02x`, r)
	case !visible(r) || unicode.Is(unicode.M, r) && !w.mayMark():
		if r > 0xffff {
			w.escape(`\U%08x`, r)
		} else {
			w.escape(`\u%04x`, r)
		}
	default:
		w.out.WriteString(s[:n])
		if !unicode.Is(unicode.M, r) {
			w.based, w.marks = true, 0
		}
	}
	return n
}

// mayMark counts one more combining mark and reports whether it is allowed.
func (w *writer) mayMark() bool {
	w.marks++
	return w.based && w.marks <= maxMarks
}

func (w *writer) escape(format string, r rune) {
	fmt.Fprintf(&w.out, format, r)
	w.based, w.marks = true, 0
}

func (w *writer) tab() {
	w.column += Width(w.out.String()[w.told:])
	w.told = w.out.Len()
	w.out.WriteString(strings.Repeat(" ", tabStop-w.column%tabStop))
	w.based, w.marks = true, 0
}

func (w *writer) colour(params string) {
	if !w.styled {
		return
	}
	kept, open, changed := keepColours(params, w.open)
	if !changed {
		return
	}
	w.open = open
	w.out.WriteString("\x1b[")
	w.out.WriteString(kept)
	w.out.WriteByte('m')
}

// visible reports whether r shows ink or is a space, and nothing else.
// Private-use characters are allowed: icon fonts live there.
func visible(r rune) bool {
	if unicode.Is(unicode.Co, r) {
		return true
	}
	return unicode.IsGraphic(r) && !hidden(r) && !prefixed(r)
}

// prefixed reports whether r is a letter that is counted as one character with
// whatever follows it (Grapheme_Cluster_Break=Prepend): a space behind it would
// take no cell.
func prefixed(r rune) bool {
	switch {
	case r == 0x0d4e, r == 0x111c2, r == 0x111c3, r == 0x113d1, r == 0x1193f, r == 0x11941, r == 0x11a3a,
		r >= 0x11a84 && r <= 0x11a89, r == 0x11d46, r == 0x11f02:
		return true
	}
	return false
}

// hidden reports whether r counts as a letter or mark in Unicode, but is
// drawn as nothing: fillers, joiners and selectors.
func hidden(r rune) bool {
	switch {
	case r == 0x034f, r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0,
		r == 0x17b4, r == 0x17b5,
		r >= 0x180b && r <= 0x180f,
		r >= 0xfe00 && r <= 0xfe0f,
		r >= 0xe0100 && r <= 0xe01ef:
		return true
	}
	return false
}
