package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// Failure is what a person is told when a command could not do its work: what
// is wrong in one sentence, and what to do about it in another.
type Failure struct {
	Message string
	Hint    string
	Code    int // exit code; zero means ExitUsage
	Err     error
}

func (f *Failure) Error() string { return f.Message }

func (f *Failure) Unwrap() error { return f.Err }

// usage is a failure of what was typed.
func usage(hint, format string, args ...any) *Failure {
	return &Failure{Message: fmt.Sprintf(format, args...), Hint: hint, Code: ExitUsage}
}

// exit ends a command with a code and no further words: all was said already.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// explain turns any error into what is said and the exit code.
func explain(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		if f.Code == 0 {
			f.Code = ExitUsage
		}
		return f
	}
	for _, known := range []func(error) *Failure{explainInstall, explainOurs, explainSystem} {
		if f := known(err); f != nil {
			f.Err = err
			return f
		}
	}
	return &Failure{Message: err.Error(), Code: ExitUsage, Err: err}
}

// explainOurs knows the typed errors of the packages below.
func explainOurs(err error) *Failure {
	var (
		ofFleet *fleet.Error
		ofNix   *nixcmd.Error
		ofSSH   *sshutil.Error
		broken  *rollout.BrokenError
	)
	switch {
	case errors.As(err, &ofFleet):
		return &Failure{Message: ofFleet.Message, Hint: ofFleet.Hint, Code: ExitUsage}
	case errors.Is(err, exec.ErrNotFound) && errors.As(err, &ofNix):
		return missingProgram("nix")
	case errors.As(err, &ofNix):
		return &Failure{Message: ofNix.Error(), Hint: "Nix said this; `nix flake show` in the flake's directory shows more.", Code: ExitUsage}
	case errors.As(err, &broken):
		return &Failure{Message: "the run " + filepath.Base(broken.Dir) + " cannot be shown: " + broken.Why, Hint: "What is left of it is in " + broken.Dir + "; it can be removed.", Code: ExitUsage}
	case errors.As(err, &ofSSH):
		return &Failure{Message: ofSSH.Error(), Hint: ofSSH.Hint, Code: ExitUsage}
	}
	return nil
}

// explainSystem knows what the operating system refuses.
func explainSystem(err error) *Failure {
	var path *fs.PathError
	errors.As(err, &path)
	switch {
	case errors.Is(err, context.Canceled):
		return &Failure{Message: "interrupted", Code: ExitCancelled}
	case errors.Is(err, exec.ErrNotFound):
		var lost *exec.Error
		if errors.As(err, &lost) {
			return missingProgram(lost.Name)
		}
	case path != nil && path.Path == os.Stdout.Name() && errors.Is(err, syscall.ENOSPC):
		return &Failure{Message: "what there is to say cannot be written: " + err.Error(), Hint: "Free some space where the output goes.", Code: ExitUsage}
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &Failure{Message: err.Error(), Hint: "Free some space there, or set XDG_STATE_HOME to a directory on another disk.", Code: ExitUsage}
	case path != nil && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)):
		return &Failure{Message: err.Error(), Hint: "Check who owns " + path.Path + " and whether its disk is writable.", Code: ExitUsage}
	}
	return nil
}

// missingProgram is the failure that a program is not in PATH.
func missingProgram(name string) *Failure {
	hint := "Install it, or check PATH."
	switch name {
	case "nix":
		hint = "Install Nix (nixos.org/download), or check PATH; without a flake or fleet.nix there is nothing to evaluate."
	case "nixos-rebuild":
		hint = "Start one with `nix shell nixpkgs#nixos-rebuild-ng`, or install it; it must be on this machine, not only on the hosts."
	case "ssh":
		hint = "Install OpenSSH's client, or check PATH."
	}
	return &Failure{Message: name + " is not in PATH", Hint: hint, Code: ExitUsage, Err: exec.ErrNotFound}
}

// sentence makes s one line that begins with a capital letter and ends in a
// full stop. Words that are code, such as `a command` or a path, stay as they are.
func sentence(s string) string {
	s = strings.TrimSpace(text.Line(strings.ReplaceAll(s, "\n", " ")))
	if s == "" {
		return ""
	}
	first, _, _ := strings.Cut(s, " ")
	if s[0] >= 'a' && s[0] <= 'z' && !strings.ContainsAny(first, "/-.:0123456789") { // those are no words to begin with a capital
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return stopped(s)
}

// stopped is one line that ends in a full stop.
func stopped(s string) string {
	s = strings.TrimSpace(text.Line(strings.ReplaceAll(s, "\n", " ")))
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".?!") {
		return s
	}
	return s + "."
}

// report tells a failure: a sentence, then a hint.
func report(s *IO, f *Failure) {
	s.tell(s.Err, "nixfleet-tui: ", stopped(f.Message))
	s.hint(s.Err, f.Hint)
}
