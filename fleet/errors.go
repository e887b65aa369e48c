package fleet

import "fmt"

// Error is a mistake in what the person gave us, told for people: one
// sentence and one hint.
type Error struct {
	Message string
	Hint    string
	Err     error
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }

func mistake(hint, format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...), Hint: hint}
}
