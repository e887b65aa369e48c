package text

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

const ellipsis = "…"

// Width is the number of terminal cells that s takes. Colours take none.
func Width(s string) int {
	if cells, plain := plainWidth(s); plain {
		return cells
	}
	return ansi.StringWidth(s)
}

// plainWidth counts the cells of a string that is only printable ASCII and
// colours; plain is false for any other.
func plainWidth(s string) (cells int, plain bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 0x20 && c <= 0x7e:
			cells++
		case c == 0x1b:
			_, n := sgr(s[i:])
			if n == 0 {
				return 0, false
			}
			i += n - 1
		default:
			return 0, false
		}
	}
	return cells, true
}

// Fit returns s cut or padded with spaces to exactly w cells; what is cut ends
// in an ellipsis.
func Fit(s string, w int) string {
	cells := Width(s)
	if cells > w {
		s = cut(s, w)
		cells = Width(s)
	}
	if cells >= w {
		return s
	}
	return s + strings.Repeat(" ", w-cells)
}

// Truncate returns s cut to at most w cells, ending in an ellipsis if cut.
// Colours that are open at the cut are closed.
func Truncate(s string, w int) string {
	if Width(s) <= w {
		return s
	}
	return cut(s, w)
}

// cut shortens s, which is wider than w.
func cut(s string, w int) string {
	if w <= 0 {
		return ""
	}
	if _, plain := plainWidth(s); plain {
		return cutPlain(s, w)
	}
	// What ansi keeps after the cut are only escape sequences, the closing
	// reset among them.
	return ansi.Truncate(s, w, ellipsis)
}

// cutPlain is cut for printable ASCII and colours.
func cutPlain(s string, w int) string {
	cells, coloured := 0, false
	for i := 0; i < len(s); i++ {
		if s[i] == 0x1b {
			_, n := sgr(s[i:])
			coloured = true
			i += n - 1
			continue
		}
		if cells++; cells == w {
			s = s[:i] + ellipsis
			break
		}
	}
	if coloured {
		s += reset
	}
	return s
}
