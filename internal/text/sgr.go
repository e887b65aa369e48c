package text

import "strings"

// sgr returns the parameters of the colour sequence (ESC [ … m) that s begins
// with, and its length; 0 if there is none. Private forms such as ESC [ > 4 m,
// which change the keyboard, are no colours.
func sgr(s string) (params string, length int) {
	if !strings.HasPrefix(s, "\x1b[") {
		return "", 0
	}
	for i := 2; i < len(s) && i < maxSGR; i++ {
		switch c := s[i]; {
		case c == 'm':
			return s[2:i], i + 1
		case c != ';' && c != ':' && (c < '0' || c > '9'):
			return "", 0
		}
	}
	return "", 0
}

// keepColours returns the parameters that may stay, whether a colour is on
// after them, and whether they do anything at all.
func keepColours(params string, open bool) (kept string, after, changed bool) {
	if !strings.Contains(params, ";") { // nearly all
		switch {
		case isReset(params):
			return params, false, true
		case harmless([]string{params}):
			return params, true, true
		}
		return "", open, false
	}
	after = open
	fields := strings.Split(params, ";")
	out := fields[:0:0]
	for i := 0; i < len(fields); {
		n := colourLength(fields[i:])
		group := fields[i : i+n]
		i += n
		switch {
		case isReset(group[0]):
			after = false
		case !harmless(group):
			continue
		default:
			after = true
		}
		out = append(out, group...)
	}
	return strings.Join(out, ";"), after, len(out) > 0
}

// colourLength is the number of parameters that belong together: 38;5;N and
// 38;2;R;G;B (48 and 58 alike) are one colour.
func colourLength(fields []string) int {
	n := 1
	if extended(fields[0]) && len(fields) > 1 {
		switch fields[1] {
		case "5":
			n = 3
		case "2":
			n = 5
		}
	}
	return min(n, len(fields))
}

func extended(param string) bool { return param == "38" || param == "48" || param == "58" }

func isReset(param string) bool { return strings.Trim(param, "0") == "" }

// harmless reports whether a parameter group only sets weight, line or colour.
// Concealed text, blinking, other fonts and incomplete colours are dropped.
func harmless(group []string) bool {
	code, sub, hasSub := strings.Cut(group[0], ":")
	if len(group) > 1 {
		return len(group) == 3 && group[1] == "5" || len(group) == 5
	}
	switch code = strings.TrimLeft(code, "0"); {
	case extended(code):
		return hasSub && sub != ""
	case hasSub:
		return code == "4" // 4:3 is a curly underline
	}
	switch code {
	case "1", "2", "3", "4", "7", "9", "21", "22", "23", "24", "27", "29", "39", "49", "53", "55", "59":
		return true
	}
	return len(code) == 2 && (code[0] == '3' || code[0] == '4' || code[0] == '9') && code[1] <= '7' ||
		len(code) == 3 && code[:2] == "10" && code[2] <= '7'
}
