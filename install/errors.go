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

// errUnprepared says that nobody has partitioned and mounted the target's disks.
var errUnprepared = errors.New("nothing is mounted at /mnt")

// errLost says that a program of ours lost its connection to the target.
var errLost = errors.New("the connection was lost")

func isUnprepared(err error) bool { return errors.Is(err, errUnprepared) }

func failure(hint, format string, args ...any) *Error {
	return &Error{Message: text.Line(fmt.Sprintf(format, args...)), Hint: hint}
}

// left ends a step that is the person's to do, and says how it stands. It is no failure.
type left struct{ words string }

func (l left) Error() string { return l.words }

// unlessLeft tells of a step that was left, and passes on what went wrong.
func (i *Installation) unlessLeft(err error) error {
	var l left
	if !errors.As(err, &l) {
		return err
	}
	i.tell(TellLeft, l.words)
	return nil
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
	cut := errors.Is(err, errLost) || errors.As(err, &ofSSH) && isCut(ofSSH.Kind)
	return &StepError{Step: title, Cut: cut, Cause: err}
}

// isCut says whether a connection that stood was lost.
func isCut(k sshutil.Kind) bool {
	switch k {
	case sshutil.KindTurnedAway, sshutil.KindReset, sshutil.KindTimeout, sshutil.KindExitUnknown, sshutil.KindUnreachable:
		return true
	}
	return false
}
