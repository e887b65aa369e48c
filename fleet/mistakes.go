package fleet

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
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
		Hint:    "See all of it with `nix eval '" + ref + "#nixosConfigurations' --apply builtins.attrNames`.",
		Err:     err,
	}
}

// Nix says where as "at /path/fleet.nix:3:5:"; older ones as "at: (3:5) in file: /path/fleet.nix".
var position = regexp.MustCompile(`at (/[^\n]*):(\d+):\d+|at: \((\d+):\d+\) in file: ([^\n]+)`)

// fileMistake tells that Nix could not read fleet.nix, and on which line.
func fileMistake(path string, err error) error {
	if e := common(err); e != nil {
		return e
	}
	hint := "See all of it with `nix-instantiate --eval --strict --json " + path + "`."
	where := path
	if line := lineIn(path, err); line != "" {
		where += ", line " + line
	}
	return &Error{Message: where + ": " + nixSentence(err), Hint: hint, Err: err}
}

func lineIn(path string, err error) string {
	var e *nixcmd.Error
	if !errors.As(err, &e) {
		return ""
	}
	for _, m := range position.FindAllStringSubmatch(text.Line(e.Full), -1) {
		if file := m[1] + m[4]; filepath.Base(file) == filepath.Base(path) {
			return m[2] + m[3]
		}
	}
	return ""
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
