package nixcmd

import "strings"

// What peek answers besides words, numbers and symbols.
const (
	closedEnd     = ""
	closedUnknown = "\x00" // nothing of what Closed knows
)

// closedSymbols has those first that begin like another.
var closedSymbols = [...]string{
	"//", "++", "==", "!=", "&&", "||", "''", "${",
	`"`, "{", "}", "[", "]", "(", ")", ";", ":", "=", ".", "+", "!",
}

// is takes the next token and says whether it is this one.
func (r *closedReader) is(token string) bool { return r.take() == token }

// take removes the next token and what stands before it. Of a string it takes
// only the beginning.
func (r *closedReader) take() string {
	token := r.peek()
	if token != closedUnknown {
		r.rest = r.rest[len(token):]
	}
	return token
}

// peek is the next token.
func (r *closedReader) peek() string {
	if !r.skip() {
		return closedUnknown
	}
	switch {
	case r.rest == "":
		return closedEnd
	case isLetter(r.rest[0]):
		return word(r.rest)
	case isDigit(r.rest[0]):
		return number(r.rest)
	}
	for _, symbol := range closedSymbols {
		if behind, ok := strings.CutPrefix(r.rest, symbol); ok {
			// With more behind it, a colon may be that of a URL.
			if symbol == ":" && !startsWith(behind, " \t\r\n{[(\"") {
				return closedUnknown
			}
			return symbol
		}
	}
	return closedUnknown // also for a lone slash: no path is without one, but <nixpkgs>
}

// skip goes past blanks and comments; false when one of these never ends.
func (r *closedReader) skip() bool {
	for {
		r.rest = strings.TrimLeft(r.rest, " \t\r\n")
		switch {
		case strings.HasPrefix(r.rest, "#"):
			end := strings.IndexAny(r.rest, "\r\n")
			if end < 0 {
				end = len(r.rest)
			}
			r.rest = r.rest[end:]
		case strings.HasPrefix(r.rest, "/*"):
			_, behind, ends := strings.Cut(r.rest[len("/*"):], "*/")
			if !ends {
				return false
			}
			r.rest = behind
		default:
			return true
		}
	}
}

// word is the name or keyword that text begins with. Nix means something of its
// own by names with two underscores, and by `or`.
func word(text string) string {
	end := 1
	for end < len(text) && (isLetter(text[end]) || isDigit(text[end]) || text[end] == '\'' || text[end] == '-') {
		end++
	}
	if name := text[:end]; name != "or" && !strings.HasPrefix(name, "__") {
		return name
	}
	return closedUnknown
}

// number is the one that text begins with, if blanks or the end of something
// stand behind it.
func number(text string) string {
	end := 0
	digits := func() {
		for end < len(text) && isDigit(text[end]) {
			end++
		}
	}
	digits()
	if end+1 < len(text) && text[end] == '.' && isDigit(text[end+1]) {
		end++
		digits()
	}
	if end == len(text) || startsWith(text[end:], " \t\r\n;)]}") {
		return text[:end]
	}
	return closedUnknown
}

// text reads a string up to its end, whose beginning is the delimiter, with the
// expressions in it.
func (r *closedReader) text(delimiter string, scope *closedScope) bool {
	for r.rest != "" {
		size := 1
		switch {
		case strings.HasPrefix(r.rest, "$$"):
			return false // Nix reads them in pairs, so that $${ begins nothing
		case strings.HasPrefix(r.rest, "${"):
			r.rest = r.rest[len("${"):]
			if !r.expression(scope) || !r.is("}") {
				return false
			}
			continue
		case delimiter == `"` && r.rest[0] == '\\':
			size = len(`\x`)
		case delimiter == "''" && strings.HasPrefix(r.rest, "''$$"):
			return false
		case delimiter == "''" && (strings.HasPrefix(r.rest, "'''") || strings.HasPrefix(r.rest, "''$")):
			size = len("'''")
		case delimiter == "''" && strings.HasPrefix(r.rest, `''\`):
			size = len(`''\x`)
		case strings.HasPrefix(r.rest, delimiter):
			r.rest = r.rest[len(delimiter):]
			return true
		}
		if size > len(r.rest) {
			return false
		}
		r.rest = r.rest[size:]
	}
	return false
}

func isWord(token string) bool   { return token != "" && isLetter(token[0]) }
func isNumber(token string) bool { return token != "" && isDigit(token[0]) }

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func startsWith(text, one string) bool {
	return text != "" && strings.IndexByte(one, text[0]) >= 0
}
