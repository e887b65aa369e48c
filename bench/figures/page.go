package figures

import (
	"fmt"
	"strings"
)

// Table is what a section of measurements found.
type Table struct {
	Head []string
	Rows [][]string
}

// Add adds a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Markdown is the table as it stands on a page.
func (t Table) Markdown() string {
	var b strings.Builder
	row := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	row(t.Head)
	b.WriteString(strings.Repeat("|---", len(t.Head)) + "|\n")
	for _, cells := range t.Rows {
		row(cells)
	}
	return b.String()
}

// Splice puts generated text between a section's markers on a page. All else,
// the words of people, stays as it is.
func Splice(page, section, generated string) (string, error) {
	begin, end := "<!-- bench "+section+" -->\n", "<!-- end of bench "+section+" -->"
	head, rest, ok := strings.Cut(page, begin)
	if !ok {
		return page, fmt.Errorf("the page has no place for %s: it lacks the line %q", section, strings.TrimSpace(begin))
	}
	_, tail, ok := strings.Cut(rest, end)
	if !ok {
		return page, fmt.Errorf("the place for %s does not end: it lacks the line %q", section, end)
	}
	return head + begin + generated + end + tail, nil
}
