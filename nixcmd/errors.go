package nixcmd

import (
	"strings"

	"nixfleet-tui/internal/text"
)

// Error is a failed call of nix or nixos-rebuild, told for people.
type Error struct {
	Doing   string // such as "reading the host names of ."
	Message string // Nix's own decisive line, without "error: "
	Hint    string // what to do about it, or ""
	Full    string // all that Nix printed, for the log
	Err     error
}

func (e *Error) Error() string { return e.Doing + ": " + e.Message }

func (e *Error) Unwrap() error { return e.Err }

// failure makes an Error of what nix printed before it failed.
func failure(doing, printed string, err error) *Error {
	message := decisiveMessage(printed)
	if message == "" {
		message = "nix failed without a word: " + err.Error()
	}
	return &Error{Doing: doing, Message: message, Hint: hintFor(printed), Full: printed, Err: err}
}

// decisiveMessage is decisiveLines in one line.
func decisiveMessage(printed string) string { return strings.Join(decisiveLines(printed), " ") }

// decisiveLines picks what went wrong out of an error as Nix prints it: the
// last "error:" that says something. A trace comes before it ("error:" alone,
// then "… while evaluating"), a position and source lines after it.
func decisiveLines(printed string) []string {
	lines := strings.Split(printed, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(text.Line(lines[i]))
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if said, ok := strings.CutPrefix(lines[i], "error:"); ok {
			if m := wholeMessage(strings.TrimSpace(said), lines[i+1:]); len(m) > 0 {
				return m
			}
		}
	}
	return nil
}

// wholeMessage takes with a message those of the lines after it that it would
// be pointless without: all of it when it began on the next line, a list that a
// colon announces, and the position of a mistake in the person's own file.
func wholeMessage(first string, rest []string) []string {
	var said []string
	if first != "" {
		said = append(said, first)
	}
	for _, line := range rest {
		if place, ok := strings.CutPrefix(line, "at "); ok && len(said) > 0 {
			said[len(said)-1] += atPlace(place)
			break
		}
		if line == "" && len(said) == 0 {
			continue
		}
		if endsMessage(line) || len(said) >= maxMessageLines {
			break
		}
		if len(said) > 0 && !strings.HasSuffix(said[0], ":") {
			continue // an explanation; a position may still come
		}
		said = append(said, line)
	}
	return said
}

// endsMessage says whether line is no part of the message before it.
func endsMessage(line string) bool {
	for _, start := range []string{"…", "error:", "warning:", "note:"} {
		if strings.HasPrefix(line, start) {
			return true
		}
	}
	return line == ""
}

// atPlace shortens FILE:LINE:COLUMN to what a person can find: a file in the
// flake. Other places, such as the function that we apply, are left out.
func atPlace(place string) string {
	place = strings.TrimSuffix(place, ":")
	if p, ok := ParseStorePath(place); ok && strings.HasSuffix(string(p), "-source") {
		place = strings.TrimPrefix(place[len(p):], "/")
	} else if !strings.HasPrefix(place, "/") {
		return ""
	}
	return " (at " + place + ")"
}
