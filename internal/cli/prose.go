package cli

import (
	"fmt"
	"io"
	"strings"

	"nixfleet-tui/internal/text"
)

// tell prints a sentence after what introduces it. On a terminal it is broken
// between words and hangs under its beginning; elsewhere it stays one line, for
// grep and for programs.
func (s *IO) tell(w io.Writer, intro, sentence string) {
	for _, line := range hang(intro, sentence, s.widthOf(w)) {
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// hint prints what to do about what was said last, if there is something.
func (s *IO) hint(w io.Writer, hint string) {
	if hint != "" {
		s.tell(w, "  hint: ", sentence(hint))
	}
}

// widthOf is the width of the terminal at w, which is Out or Err; 0 where there
// is none.
func (s *IO) widthOf(w io.Writer) int {
	if w == s.Err && s.ErrTerminal || w == s.Out && s.OutTerminal {
		width, _ := s.Size()
		return width
	}
	return 0
}

// deepest is the part of the width that what a sentence hangs under takes at most.
const deepest = 3

// hang breaks a sentence into lines of less than width cells (0: any), each
// after as much space as its introduction takes. What stands in backticks is to
// be copied and stays whole, as does a word that is too long: the terminal
// breaks these, which copying undoes.
func hang(intro, sentence string, width int) []string {
	if width <= 0 || text.Width(intro)+text.Width(sentence) < width {
		return []string{intro + sentence}
	}
	indent := strings.Repeat(" ", min(text.Width(intro), width/deepest))
	var lines []string
	line, empty := intro, true
	for _, word := range copied(sentence) {
		switch {
		case empty:
			line += word
		case text.Width(line)+1+text.Width(word) < width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = indent + word
		}
		empty = false
	}
	return append(lines, line)
}

// copied are the words of a sentence, where what stands in backticks is one.
func copied(sentence string) []string {
	var words []string
	open := false
	for _, word := range strings.Fields(sentence) {
		if open {
			words[len(words)-1] += " " + word
		} else {
			words = append(words, word)
		}
		if strings.Count(word, "`")%2 == 1 {
			open = !open
		}
	}
	return words
}
