package install

import (
	"errors"
	"fmt"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/sshutil"
)

// Error is what a person is told: one sentence and what to do about it.
type Error struct {
	Message string
	Hint    string
	Err     error
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }

// ErrWaits says that a person has something to do before the flow can go on.
var ErrWaits = errors.New("a person has something to do first")

// ErrUnprepared says that nobody has partitioned and mounted the target's disks.
var ErrUnprepared = errors.New("nothing is mounted at /mnt")

func failure(hint, format string, args ...any) *Error {
	return &Error{Message: text.Line(fmt.Sprintf(format, args...)), Hint: hint}
}

// StepError is a step that could not be done. Running the flow again goes on there.
type StepError struct {
	Step  string // its title
	Cut   bool   // the connection to the target ended meanwhile
	Cause error
}

func (e *StepError) Error() string {
	if e.Cut {
		return fmt.Sprintf("the connection was cut in the step %q: %s", e.Step, e.Cause)
	}
	return e.Cause.Error()
}

func (e *StepError) Unwrap() error { return e.Cause }

// inStep says in which step err came.
func inStep(title string, err error) error {
	var ofSSH *sshutil.Error
	return &StepError{Step: title, Cut: errors.As(err, &ofSSH) && isCut(ofSSH.Kind), Cause: err}
}

// isCut says whether a connection that stood was lost.
func isCut(k sshutil.Kind) bool {
	switch k {
	case sshutil.KindReset, sshutil.KindTimeout, sshutil.KindExitUnknown, sshutil.KindUnreachable:
		return true
	}
	return false
}
