package ui

import tea "github.com/charmbracelet/bubbletea"

// placeID names a place.
type placeID int

// The places. The host's and its past have no digit: they are opened from a table.
const (
	placeFleet placeID = iota
	placeBuilders
	placeRun
	placeRuns
	placeHost
	placePast
	placeInstall
)

// place is a full screen between header and footer.
type place interface {
	// scopes are the keys' that hold here, the nearest first.
	scopes() []scope
	setSize(w, h int)
	// rows is the place as exactly as many rows as it has been given, each as wide.
	rows() []string
	move(m motion)
	// point puts the cursor on what is at column x of row y, if that can have it.
	point(x, y int)
	// back takes one step back inside of the place, and says whether there was one.
	back() bool
}

// motion is a movement of a cursor or of a text.
type motion int

// The motions.
const (
	moveUp motion = iota
	moveDown
	moveHalfUp
	moveHalfDown
	movePageUp
	movePageDown
	moveTop
	moveBottom
)

// apply returns where a motion leads from position at, of n, on pages of height page.
func (m motion) apply(at, n, page int) int {
	switch m {
	case moveUp:
		at--
	case moveDown:
		at++
	case moveHalfUp:
		at -= max(1, page/2)
	case moveHalfDown:
		at += max(1, page/2)
	case movePageUp:
		at -= max(1, page-pageOver)
	case movePageDown:
		at += max(1, page-pageOver)
	case moveTop:
		at = 0
	case moveBottom:
		at = n - 1
	}
	return max(0, min(at, n-1))
}

func (m *Model) places() []place {
	return []place{m.fleet, m.builders, m.run, m.runs, m.host, m.past, m.install}
}

func (m *Model) place() place { return m.places()[m.at] }

// goTo changes the place. Esc leads back.
func (m *Model) goTo(p placeID) tea.Cmd {
	if p == m.at {
		return nil
	}
	m.trail = append(m.trail, m.at)
	if p == placeFleet {
		m.trail = nil
	}
	m.at = p
	return nil
}

// goToRun goes to the run that is open, or else opens the newest.
func (m *Model) goToRun() tea.Cmd {
	if m.run.reader == nil && len(m.known.runs) > 0 {
		return m.openRun(m.known.runs[0].Dir)
	}
	return m.goTo(placeRun)
}

// back takes one step back.
func (m *Model) back() tea.Cmd {
	if m.place().back() || m.at == placeFleet {
		return nil
	}
	m.leavePlace()
	if m.at == placePast {
		return m.readPast() // a run that was looked at may have changed it
	}
	return nil
}

// leavePlace goes to where the person came from.
func (m *Model) leavePlace() {
	if n := len(m.trail); n > 0 {
		m.at, m.trail = m.trail[n-1], m.trail[:n-1]
		return
	}
	m.at = placeFleet
}

// window keeps a cursor inside of the visible part of a list: it returns the
// first row to show.
func window(top, cursor, n, h int) int {
	top = min(top, cursor)
	top = max(top, cursor-h+1)
	return max(0, min(top, n-h))
}
