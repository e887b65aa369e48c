package ui

import (
	"strings"

	"nixfleet-tui/internal/text"
)

// shares divides a length among n as evenly as whole cells go; what is left
// over goes to the first ones.
func shares(length, n int) []int {
	each := make([]int, n)
	for i := range each {
		each[i] = length / n
		if i < length%n {
			each[i]++
		}
	}
	return each
}

// blank is a row of w spaces.
func blank(w int) string { return strings.Repeat(" ", max(0, w)) }

// exactly returns h rows: rows cut or filled up with empty ones of width w.
func exactly(rows []string, w, h int) []string {
	if len(rows) >= h {
		return rows[:max(0, h)]
	}
	empty := blank(w)
	for len(rows) < h {
		rows = append(rows, empty)
	}
	return rows
}

// beside puts two columns of equally many rows next to each other.
func beside(left, right []string, between string) []string {
	rows := make([]string, len(left))
	for i := range left {
		rows[i] = left[i] + between + right[i]
	}
	return rows
}

// rule is a horizontal line with a heading, and a note at its end.
func (b *brush) rule(heading, note string, w int) string {
	heading = " " + heading + " "
	if note != "" {
		note = " " + note + " "
	}
	room := w - 1 - text.Width(heading)
	if room < text.Width(note)+2 {
		note = ""
	}
	if room < 0 {
		return b.paint(title, text.Fit(heading, w))
	}
	line := strings.Repeat(b.horizontal, max(0, room-text.Width(note)-boolInt(note != "")))
	end := ""
	if note != "" {
		end = b.paint(faint, note) + b.paint(faint, b.horizontal)
	}
	return b.paint(faint, b.horizontal) + b.paint(title, heading) + b.paint(faint, line) + end
}

func boolInt(v bool) int {
	if v {
		return 1
	}
	return 0
}

// ends puts left and right at the two ends of a row of w cells; left is cut
// before right, and both may be styled.
func ends(left, right string, w int) string {
	r := text.Width(right)
	if r >= w {
		return text.Fit(right, w)
	}
	return text.Fit(left, w-r) + right
}

// segment is a piece of a row that gives way when there is no room.
type segment struct {
	text string // styled
	rank int    // the highest goes first
}

// row is join, filled up to w cells.
func row(segments []segment, gap string, w int) string {
	return text.Fit(join(segments, gap, w), w)
}

// join joins as many segments as fit into w cells, leaving out those of the
// highest rank first, and of equals the last.
func join(segments []segment, gap string, w int) string {
	total := -text.Width(gap)
	for _, s := range segments {
		total += text.Width(s.text) + text.Width(gap)
	}
	for total > w && len(segments) > 1 {
		last := 0
		for i, s := range segments {
			if s.rank >= segments[last].rank {
				last = i
			}
		}
		total -= text.Width(segments[last].text) + text.Width(gap)
		segments = append(append([]segment(nil), segments[:last]...), segments[last+1:]...)
	}
	words := make([]string, len(segments))
	for i, s := range segments {
		words[i] = s.text
	}
	return text.Truncate(strings.Join(words, gap), w)
}

// wrap breaks a plain sentence into lines of at most w cells, between words
// where it can.
func wrap(s string, w int) []string {
	if w <= 0 {
		return nil
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		for text.Width(word) > w {
			if line != "" {
				lines = append(lines, line)
				line = ""
			}
			head := cells(word, w)
			lines = append(lines, head)
			word = word[len(head):]
		}
		switch {
		case line == "":
			line = word
		case text.Width(line)+1+text.Width(word) <= w:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// chop breaks a plain line into pieces of w cells and changes nothing in it.
func chop(s string, w int) []string {
	pieces := []string{}
	for {
		head := cells(s, max(1, w))
		pieces = append(pieces, head)
		if s = s[len(head):]; s == "" {
			return pieces
		}
	}
}

// cells is the beginning of a plain string that takes at most w cells, and at
// least one rune.
func cells(s string, w int) string {
	end := 0
	for i, r := range s {
		size := len(string(r))
		if text.Width(s[:i+size]) > w && end > 0 {
			break
		}
		end = i + size
	}
	return s[:end]
}
