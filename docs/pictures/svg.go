package main

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"

	"nixfleet-tui/internal/text"
)

// The size of a cell, and what is left free around the screen.
const (
	cellWidth, cellHeight = 8.4, 18.0
	baseline              = 13.5 // of a row, from its top
	margin                = 12.0
)

// sgr is a change of colour or style, all that tmux leaves of a program's escapes.
var sgr = regexp.MustCompile(`\x1b\[([0-9;]*)m`)

// style is how cells look. Colours are numbers of the 16, or -1 for the terminal's own.
type style struct {
	ink, paper                   int
	bold, faint, italic, reverse bool
}

func plainStyle() style { return style{ink: -1, paper: -1} }

// span is a piece of a row in one style.
type span struct {
	column int
	text   string
	style  style
}

// palette are the 16 colours.
func palette() [16]string {
	return [16]string{
		"#20242c", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
		"#6b7280", "#ff7b85", "#b5e08f", "#ffd98a", "#7cc4ff", "#d99bf0", "#6fd3df", "#ffffff",
	}
}

const (
	ownInk   = "#d5d9e0" // of the terminal
	ownPaper = "#16191f"
)

// draw makes an SVG of a screen: rows of text with SGR escapes.
func draw(screen, about string) string {
	rows := strings.Split(screen, "\n")
	width, height := 2*margin+columns*cellWidth, 2*margin+float64(len(rows))*cellHeight
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(about))
	b.WriteString(`<style>text{font:14px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}path{fill:none}.b{font-weight:bold}.f{opacity:.55}.i{font-style:italic}</style>` + "\n")
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", ownPaper)
	now := plainStyle()
	for y, row := range rows {
		var spans []span
		spans, now = read(row, now)
		for _, s := range spans {
			s.draw(&b, margin+float64(y)*cellHeight)
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// read splits a row into spans, beginning in a style, and returns the style in which it ends.
func read(row string, now style) ([]span, style) {
	var spans []span
	column := 0
	add := func(words string) {
		if words != "" {
			spans = append(spans, span{column, words, now})
			column += text.Width(words)
		}
	}
	at := 0
	for _, m := range sgr.FindAllStringSubmatchIndex(row, -1) {
		add(row[at:m[0]])
		now = now.after(row[m[2]:m[3]])
		at = m[1]
	}
	add(row[at:])
	return spans, now
}

// after is the style after an SGR escape with these parameters.
func (s style) after(parameters string) style {
	for _, word := range strings.Split(parameters, ";") {
		n, err := strconv.Atoi(word)
		switch {
		case err != nil || n == 0: // nothing at all is 0, too
			s = plainStyle()
		case n == 1:
			s.bold = true
		case n == 2:
			s.faint = true
		case n == 3:
			s.italic = true
		case n == 7:
			s.reverse = true
		case n == 22:
			s.bold, s.faint = false, false
		case n == 27:
			s.reverse = false
		case n >= 30 && n <= 37:
			s.ink = n - 30
		case n >= 90 && n <= 97:
			s.ink = n - 90 + 8
		case n == 39:
			s.ink = -1
		case n >= 40 && n <= 47:
			s.paper = n - 40
		case n >= 100 && n <= 107:
			s.paper = n - 100 + 8
		case n == 49:
			s.paper = -1
		}
	}
	return s
}

// colours are the style's in SVG's words; paper is "" for the terminal's own.
func (s style) colours() (ink, paper string) {
	all := palette()
	ink = ownInk
	if s.ink >= 0 {
		ink = all[s.ink]
	}
	if s.paper >= 0 {
		paper = all[s.paper]
	}
	if s.reverse {
		ink, paper = paper, ink
		if ink == "" {
			ink = ownPaper
		}
	}
	return ink, paper
}

// draw writes the span as a row whose upper edge is at top.
func (s span) draw(b *strings.Builder, top float64) {
	ink, paper := s.style.colours()
	left := margin + float64(s.column)*cellWidth
	if paper != "" {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", left, top, float64(text.Width(s.text))*cellWidth, cellHeight, paper)
	}
	for _, piece := range pieces(s.text) {
		width := float64(text.Width(piece)) * cellWidth
		switch lines := strokes(piece, left, top); {
		case strings.TrimSpace(piece) == "":
		case lines != "":
			fmt.Fprintf(b, `<path d="%s" stroke="%s"%s%s/>`+"\n", lines, ink, kind(piece), s.style.class())
		default:
			// Fonts disagree on the width of what is not ASCII, so all widths are prescribed.
			fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs" fill="%s"%s>%s</text>`+"\n",
				left, top+baseline, width, ink, s.style.class(), html.EscapeString(piece))
		}
		left += width
	}
}

// kind makes a heavy line of ━ and a dashed one of ┄.
func kind(piece string) string {
	switch []rune(piece)[0] {
	case '━':
		return ` stroke-width="3.5"`
	case '┄':
		return ` stroke-dasharray="2 2.2"`
	}
	return ` stroke-width="1.2"`
}

// strokes are the lines of a piece that is made of one character that draws
// boxes, as an SVG path; "" for any other. Fonts leave gaps between them.
func strokes(piece string, left, top float64) string {
	const round = 4.0
	x, y := left+cellWidth/2, top+cellHeight/2
	right, bottom := left+cellWidth, top+cellHeight
	r := []rune(piece)
	switch r[0] {
	case '─', '━', '┄':
		return fmt.Sprintf("M%.1f %.1fH%.1f", left, y, left+float64(len(r))*cellWidth)
	case '│':
		var b strings.Builder
		for i := range r {
			fmt.Fprintf(&b, "M%.1f %.1fV%.1f", x+float64(i)*cellWidth, top, bottom)
		}
		return b.String()
	case '╭':
		return fmt.Sprintf("M%.1f %.1fV%.1fQ%.1f %.1f %.1f %.1fH%.1f", x, bottom, y+round, x, y, x+round, y, right)
	case '╮':
		return fmt.Sprintf("M%.1f %.1fH%.1fQ%.1f %.1f %.1f %.1fV%.1f", left, y, x-round, x, y, x, y+round, bottom)
	case '╰':
		return fmt.Sprintf("M%.1f %.1fV%.1fQ%.1f %.1f %.1f %.1fH%.1f", x, top, y-round, x, y, x+round, y, right)
	case '╯':
		return fmt.Sprintf("M%.1f %.1fH%.1fQ%.1f %.1f %.1f %.1fV%.1f", left, y, x-round, x, y, x, y-round, top)
	}
	return ""
}

func (s style) class() string {
	var all []string
	for i, has := range []bool{s.bold, s.faint, s.italic} {
		if has {
			all = append(all, "bfi"[i:i+1])
		}
	}
	if len(all) == 0 {
		return ""
	}
	return ` class="` + strings.Join(all, " ") + `"`
}

// pieces cuts a text so that each piece is words with single spaces between
// them, or spaces, or one character that is not ASCII, as often as it follows
// itself.
func pieces(s string) []string {
	return regexp.MustCompile(`[!-~]+(?: [!-~]+)*| +|`+repeated()).FindAllString(s, -1)
}

// repeated matches the characters that stand in rows, and any other alone.
func repeated() string {
	var b strings.Builder
	for _, r := range "─━┄│" {
		fmt.Fprintf(&b, "%c+|", r)
	}
	return b.String() + "."
}
