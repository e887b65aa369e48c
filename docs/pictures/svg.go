package main

import (
	"bytes"
	"fmt"
	"html"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// look is how a cell is drawn, as far as the dashboard's themes use it.
type look struct {
	color               int // 0 to 15; -1 is the terminal's own
	background          int
	bold, faint, invert bool
}

// run is text of one look.
type run struct {
	look
	text string
}

var plainLook = look{color: -1, background: -1}

// parse splits a captured screen into lines of runs.
func parse(frame string) [][]run {
	var lines [][]run
	now := plainLook
	for line := range strings.SplitSeq(strings.TrimRight(frame, "\n"), "\n") {
		var runs []run
		for line != "" {
			before, rest, found := strings.Cut(line, "\x1b[")
			if before != "" {
				runs = append(runs, run{now, before})
			}
			if !found {
				break
			}
			codes, after, _ := strings.Cut(rest, "m")
			now, line = now.with(codes), after
		}
		lines = append(lines, runs)
	}
	return lines
}

// with is the look after a sequence of SGR codes. The dashboard uses no others.
func (l look) with(codes string) look {
	for code := range strings.SplitSeq(codes, ";") {
		n, err := strconv.Atoi(code)
		if err != nil {
			n = 0 // an empty code is a reset
		}
		switch {
		case n == 0:
			l = plainLook
		case n == 1:
			l.bold = true
		case n == 2:
			l.faint = true
		case n == 7:
			l.invert = true
		case n == 22:
			l.bold, l.faint = false, false
		case n == 27:
			l.invert = false
		case n >= 30 && n <= 37:
			l.color = n - 30
		case n == 39:
			l.color = -1
		case n >= 40 && n <= 47:
			l.background = n - 40
		case n == 49:
			l.background = -1
		case n >= 90 && n <= 97:
			l.color = n - 90 + 8
		}
	}
	return l
}

// plain is the screen without its looks.
func plain(lines [][]run) string {
	var b strings.Builder
	for _, line := range lines {
		for _, r := range line {
			b.WriteString(r.text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// The picture's measures in pixels, and its colours: a quiet dark palette for
// the terminal's sixteen.
const (
	cellWidth  = 8.4
	cellHeight = 18
	margin     = 12
	paper      = "#1b1e24"
	ink        = "#d5d9e0"
)

var palette = [16]string{
	"#2b2f37", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d5d9e0",
	"#6b7280", "#ff7b86", "#b5e890", "#ffd68a", "#82c4ff", "#de9bf0", "#7fd9e3", "#ffffff",
}

func (l look) colours() (front, back string) {
	front, back = ink, ""
	if l.color >= 0 {
		front = palette[l.color]
	}
	if l.background >= 0 {
		back = palette[l.background]
	}
	if l.invert {
		front, back = paper, front
	}
	return front, back
}

// svg draws the screen: text as text, so that it can be searched and scaled.
func svg(lines [][]run) []byte {
	var b bytes.Buffer
	width, height := columns*cellWidth+2*margin, float64(rows*cellHeight+2*margin)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" xml:space="preserve">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", paper)
	for y, line := range lines {
		column := 0
		for _, r := range line {
			cells := ansi.StringWidth(r.text)
			r.draw(&b, margin+float64(column)*cellWidth, float64(margin+y*cellHeight), cells)
			column += cells
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (r run) draw(b *bytes.Buffer, x, y float64, cells int) {
	front, back := r.colours()
	if back != "" {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.0f" width="%.1f" height="%d" fill="%s"/>`, x, y, float64(cells)*cellWidth, cellHeight, back)
	}
	if strings.TrimSpace(r.text) == "" {
		return
	}
	style := ""
	if r.bold {
		style += ` font-weight="bold"`
	}
	if r.faint {
		style += ` opacity="0.6"`
	}
	// The length is given so that every font keeps the columns.
	fmt.Fprintf(b, `<text x="%.1f" y="%.0f" textLength="%.1f" lengthAdjust="spacingAndGlyphs" fill="%s"%s>%s</text>`+"\n",
		x, y+14, float64(cells)*cellWidth, front, style, html.EscapeString(r.text))
}
