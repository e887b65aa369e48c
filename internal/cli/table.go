package cli

import (
	"io"
	"strings"

	"nixfleet-tui/internal/text"
)

// column is one column of a table.
type column struct {
	title string
	keep  int  // columns with a smaller keep give way first when the width is too small
	right bool // numbers
	flex  bool // may be cut to make room, down to flexWidth
}

// cell is one field of a row: its words and its colour.
type cell struct {
	words string
	ink   ink
}

const (
	columnGap = 2
	flexWidth = 12 // cells that a flexible column keeps at least
)

// table aligns rows under columns.
type table struct {
	columns []column
	rows    [][]cell
}

func (t *table) add(cells ...cell) { t.rows = append(t.rows, cells) }

// write prints the table.
func (t *table) write(w io.Writer, s *IO) error {
	_, err := io.WriteString(w, strings.Join(t.lines(s), "\n")+"\n")
	return err
}

// lines are the titles and the rows. On a terminal every line fits its width;
// empty columns are left out.
func (t *table) lines(s *IO) []string {
	widths := t.widths()
	t.fit(widths, s.Width()-1)
	titles := make([]cell, len(t.columns))
	for i, c := range t.columns {
		titles[i] = cell{c.title, faint}
	}
	lines := []string{t.line(s, titles, widths)}
	for _, row := range t.rows {
		lines = append(lines, t.line(s, row, widths))
	}
	return lines
}

// widths are what each column wants; 0 for one that has nothing to show.
func (t *table) widths() []int {
	widths := make([]int, len(t.columns))
	for _, row := range t.rows {
		for i := range row {
			row[i].words = text.Line(row[i].words)
			widths[i] = max(widths[i], text.Width(row[i].words))
		}
	}
	for i, c := range t.columns {
		if widths[i] > 0 {
			widths[i] = max(widths[i], text.Width(c.title))
		}
	}
	return widths
}

// fit changes widths so that a row takes at most limit cells (none or less: no
// limit). The least important columns give way first: those that may be cut are
// cut, and then they go.
func (t *table) fit(widths []int, limit int) {
	for limit > 0 {
		over, i := rowWidth(widths)-limit, t.leastKept(widths)
		if over <= 0 || i < 0 {
			return
		}
		if t.columns[i].flex && widths[i] > flexWidth {
			widths[i] = max(flexWidth, widths[i]-over)
		} else {
			widths[i] = 0
		}
	}
}

func rowWidth(widths []int) int {
	total := 0
	for _, w := range widths {
		if w > 0 {
			total += w + columnGap
		}
	}
	return max(0, total-columnGap)
}

// leastKept is the column to drop next; the first column always stays.
func (t *table) leastKept(widths []int) int {
	found := -1
	for i := 1; i < len(t.columns); i++ {
		if widths[i] > 0 && (found < 0 || t.columns[i].keep < t.columns[found].keep) {
			found = i
		}
	}
	return found
}

func (t *table) line(s *IO, row []cell, widths []int) string {
	var line strings.Builder
	for i, c := range row {
		if widths[i] == 0 {
			continue
		}
		if line.Len() > 0 {
			line.WriteString(strings.Repeat(" ", columnGap))
		}
		words := text.Truncate(c.words, widths[i])
		pad := strings.Repeat(" ", max(0, widths[i]-text.Width(words)))
		if t.columns[i].right {
			line.WriteString(pad + s.paint(c.ink, words))
		} else {
			line.WriteString(s.paint(c.ink, words) + pad)
		}
	}
	return strings.TrimRight(line.String(), " ")
}
