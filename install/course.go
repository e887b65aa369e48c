package install

import (
	"slices"

	"nixfleet-tui/nixcmd"
)

// Course is how far an installation has come, made of what it tells. The zero
// value has not begun.
type Course struct {
	Steps    []StepCourse
	Lines    []Telling        // what was said last, the newest at the end
	Progress *nixcmd.Progress // of the step that is being taken, if it counts
}

// StepCourse is how one step stands.
type StepCourse struct {
	Name  string
	Title string
	State TellingKind // "": nobody has looked yet; begin, done, left or undone
	Words string
	Undo  bool // it leaves something behind that can be taken back
}

// NewCourse has all steps, and none is done.
func NewCourse() Course {
	var c Course
	for _, s := range new(Installation).steps() {
		c.Steps = append(c.Steps, StepCourse{Name: s.name, Title: s.title, Undo: s.undo != nil})
	}
	return c
}

// With is the course once t was told; the one before stays as it is.
func (c Course) With(t Telling) Course {
	if t.Kind == TellProgress {
		c.Progress = t.Progress
		return c
	}
	lines := slices.Clone(c.Lines[max(0, len(c.Lines)-courseLines+1):])
	c.Lines = append(lines, t)
	at := slices.IndexFunc(c.Steps, func(s StepCourse) bool { return s.Name == t.Step })
	if at < 0 {
		return c
	}
	switch t.Kind {
	case TellBegin, TellDone, TellLeft, TellUndone:
		c.Progress = nil
		c.Steps = slices.Clone(c.Steps)
		c.Steps[at].State, c.Steps[at].Words = t.Kind, t.Text
	}
	return c
}

// Stopped is the course once nothing goes on any more: what had begun waits.
func (c Course) Stopped() Course {
	c.Steps, c.Progress = slices.Clone(c.Steps), nil
	for n := range c.Steps {
		if c.Steps[n].State == TellBegin {
			c.Steps[n].State = ""
		}
	}
	return c
}
