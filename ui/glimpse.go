package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"nixfleet-tui/internal/text"
)

// request asks for a part of one pane's log. It is made in Update and carried
// out in a command, which shares nothing with the pane but the log itself.
type request struct {
	host  string
	log   Log
	view  view
	fresh bool // the pane has other rows than the view asks for
	zone  *time.Location
}

// glimpse is the answer: rows that fit the view exactly.
type glimpse struct {
	host  string
	view  view
	rows  []string
	total int
	same  bool // nothing has changed, and rows were not read
	err   error
}

// look carries the request out.
func (r request) look(p *palette) glimpse {
	g := glimpse{host: r.host, view: r.view}
	changed, err := r.log.Poll()
	g.total = r.log.Len()
	if err != nil {
		g.err, g.same = err, true
		return g
	}
	// Lines far from the end do not change when the log grows.
	if !r.fresh && (!changed || !r.view.follow && r.view.top+r.view.h <= g.total-1) {
		g.same = true
		return g
	}
	first := r.view.top
	if r.view.follow {
		first = max(0, g.total-r.view.h)
	}
	lines, err := r.log.Lines(first, r.view.h)
	var came []time.Time
	if err == nil && r.view.timed {
		came, err = r.log.Times(first, len(lines))
	}
	if err != nil {
		g.err, g.same = err, true
		return g
	}
	for i, line := range lines {
		rows := r.view.inside().fit(p, line, first+i == r.view.hit)
		if i < len(came) {
			rows = r.view.dated(p, rows, came[i], r.zone)
		}
		g.rows = append(g.rows, rows...)
	}
	if len(g.rows) > r.view.h {
		if r.view.follow {
			g.rows = g.rows[len(g.rows)-r.view.h:]
		}
		g.rows = g.rows[:r.view.h]
	}
	return g
}

// fit makes a line safe and as wide as the view: one row, or as many as it
// takes when it is wrapped, though never more than the view has.
func (v view) fit(p *palette, line string, hit bool) []string {
	styled := p.log(line)
	if v.query != "" {
		styled = highlight(p, text.Line(line), v.query, hit)
	}
	if !v.wrap {
		if v.left > 0 {
			styled = ansi.Cut(styled, v.left, v.left+max(v.w, text.Width(styled)-v.left))
		}
		return []string{text.Fit(styled, v.w)}
	}
	width := text.Width(styled)
	if width <= v.w {
		return []string{text.Fit(styled, v.w)}
	}
	var rows []string
	for at := 0; at < width && len(rows) < v.h; at += v.w {
		rows = append(rows, text.Fit(text.Styled(ansi.Cut(styled, at, at+v.w)), v.w))
	}
	if rest := width - v.h*v.w; rest > 0 {
		rows[len(rows)-1] = text.Fit(fmt.Sprintf("(and %d columns more)", rest), v.w)
	}
	return rows
}

// highlight shows each place where the plain line has the query, and the line
// that was found most of all.
func highlight(p *palette, line, query string, hit bool) string {
	lower, query := strings.ToLower(line), strings.ToLower(query)
	if len(lower) != len(line) || query == "" {
		return line // lower case has other lengths in some scripts
	}
	i := marked
	if hit {
		i = here
	}
	var b strings.Builder
	for {
		at := strings.Index(lower, query)
		if at < 0 {
			b.WriteString(line)
			return b.String()
		}
		b.WriteString(line[:at] + p.paint(i, line[at:at+len(query)]))
		line, lower = line[at+len(query):], lower[at+len(query):]
	}
}

// matcher finds lines that have the query, whatever the case.
func matcher(query string) func(line string) bool {
	query = strings.ToLower(query)
	for i := range len(query) {
		if query[i] >= utf8.RuneSelf {
			return func(line string) bool { return strings.Contains(strings.ToLower(text.Line(line)), query) }
		}
	}
	return func(line string) bool { return containsFold(text.Line(line), query) }
}

// containsFold says whether s has word, which is lower case and ASCII, in any
// case. It makes no copy: a log that is searched has millions of lines.
func containsFold(s, word string) bool {
	lower := func(c byte) byte {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		return c
	}
next:
	for at := 0; at+len(word) <= len(s); at++ {
		for i := range len(word) {
			if lower(s[at+i]) != word[i] {
				continue next
			}
		}
		return true
	}
	return false
}

// tellsError says whether a line of a log tells of an error.
func tellsError(line string) bool {
	lower := strings.ToLower(line)
	for _, sign := range []string{"error:", "error ", "failed", "fatal:", "panic:", "cannot build", "permission denied"} {
		if strings.Contains(lower, sign) {
			return true
		}
	}
	return false
}
