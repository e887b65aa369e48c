package ui

// welcome is what a first start says, in three rows at most: it covers only
// what is said of the host under the cursor, and takes no key from anybody.
type welcome struct {
	shown bool
	first bool // at the start
}

// words name the three keys with which everything begins.
func (w welcome) words() (message, hint string) {
	return "New here? space marks hosts, d deploys (it asks first), ? shows every key.", "esc puts this away."
}

// met notes a key. It says whether the key was only about the welcome.
func (w *welcome) met(name string) (swallowed bool) {
	if !w.shown {
		return false
	}
	swallowed = name == "esc"
	if swallowed || name == " " || name == "d" || name == "?" {
		w.shown = false
	}
	return swallowed
}

// foot lays the notice, or else the welcome, over the last rows of the place,
// and says how many it takes.
func (m *Model) foot(rows []string) int {
	switch n := m.current(); {
	case n != nil:
		return m.drawNotice(rows, *n)
	case m.welcome.shown && m.at == placeFleet && m.dialog == nil:
		message, hint := m.welcome.words()
		return m.drawNotice(rows, notice{message: message, hint: hint, ink: keyInk})
	}
	return 0
}
