package fleet

// Selection is a parsed `--on` expression: names, globs, @tag, !x,
// system:…, state:…, drift:…, is:reboot, joined by commas (colmena's syntax).
type Selection struct{}

// ParseSelection reads an expression. The error is an *Error.
func ParseSelection(s string) (Selection, error) { panic("soon") }

// Subject is what a selection looks at in one host.
type Subject struct {
	Host   Host
	System string
	State  State
	Drift  Drift
	Reboot bool
}

// NeedsStatus says whether the expression asks for what only a probe knows.
func (s Selection) NeedsStatus() bool { panic("soon") }

// Matches says whether the subject is selected.
func (s Selection) Matches(x Subject) bool { panic("soon") }

// Select returns the names of the selected hosts in the inventory's order. A
// plain name that no host has, or an expression that matches nothing, is an *Error.
func (s Selection) Select(all []Subject) ([]string, error) { panic("soon") }
