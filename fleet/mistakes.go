package fleet

import (
	"context"
	"errors"
	"os/exec"
	"regexp"
	"strings"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// flakeMistake tells that Nix could not read the flake.
func flakeMistake(ref string, err error) error {
	if e := common(err); e != nil {
		return e
	}
	return &Error{
		Message: "the flake " + ref + " does not evaluate: " + nixSentence(err),
		Hint:    nixHint(err, "See all of it with `nix eval '"+ref+"#nixosConfigurations' --apply builtins.attrNames`."),
		Err:     err,
	}
}

// fileMistake tells that Nix could not read fleet.nix, and on which line.
func fileMistake(path string, err error) error {
	if e := common(err); e != nil {
		return e
	}
	where, sentence := path, nixSentence(err)
	// Once is enough for the position.
	if said, place, ok := strings.Cut(sentence, " (at "); ok && strings.HasPrefix(place, path+":") {
		sentence = said
	}
	if line := lineIn(path, err); line != "" {
		where += ", line " + line
	}
	return &Error{
		Message: where + ": " + sentence,
		Hint:    nixHint(err, "See all of it with `nix-instantiate --eval --strict --json "+path+"`."),
		Err:     err,
	}
}

// Nix says where as "at /path/fleet.nix:3:5:".
var position = regexp.MustCompile(`at (/[^\n]*):(\d+):\d+`)

// lineIn is the last line of the file at path that Nix speaks of, or "".
func lineIn(path string, err error) string {
	var e *nixcmd.Error
	if !errors.As(err, &e) {
		return ""
	}
	line := ""
	for said := range strings.Lines(e.Full) {
		if m := position.FindStringSubmatch(text.Line(said)); m != nil && m[1] == path {
			line = m[2]
		}
	}
	return line
}

// nixHint is nixcmd's hint, if it has one.
func nixHint(err error, otherwise string) string {
	var e *nixcmd.Error
	if errors.As(err, &e) && e.Hint != "" {
		return text.Line(e.Hint)
	}
	return otherwise
}

// common tells the failures that have nothing to do with what was asked; nil otherwise.
func common(err error) error {
	var told *Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.As(err, &told):
		return err
	case errors.Is(err, exec.ErrNotFound):
		return &Error{
			Message: "there is no nix program on this machine",
			Hint:    "Install Nix, or put it on PATH; `nixfleet-tui demo` works without.",
			Err:     err,
		}
	}
	return nil
}

// nixSentence is Nix's own decisive line, without what was being done.
func nixSentence(err error) string {
	sentence := err.Error()
	var e *nixcmd.Error
	if errors.As(err, &e) && e.Message != "" {
		sentence = e.Message
	}
	return strings.TrimSpace(text.Line(sentence))
}
