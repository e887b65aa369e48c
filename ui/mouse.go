package ui

import (
	tea "github.com/charmbracelet/bubbletea"
)

// wheelRows is how far a notch of the wheel scrolls.
const wheelRows = 3

// toggleMouse begins or ends to listen. While nobody listens, the terminal
// itself marks and copies with the mouse.
func (m *Model) toggleMouse() tea.Cmd {
	m.mouse = !m.mouse
	if m.mouse {
		m.say(plain, "A click chooses, the wheel scrolls", "m gives the mouse back to the terminal.")
		return tea.EnableMouseCellMotion
	}
	m.say(plain, "The mouse is the terminal's again", "")
	return tea.DisableMouse
}

// listenAgain turns on what a program that had the terminal has turned off.
func (m *Model) listenAgain() tea.Cmd {
	if m.mouse {
		return tea.EnableMouseCellMotion
	}
	return nil
}

// onMouse acts on a click or the wheel. It confirms nothing: questions are for keys.
func (m *Model) onMouse(e tea.MouseMsg) tea.Cmd {
	if !m.mouse || m.prompt != nil || m.tooSmall() || e.Action != tea.MouseActionPress {
		return nil
	}
	step := map[tea.MouseButton]motion{tea.MouseButtonWheelUp: moveUp, tea.MouseButtonWheelDown: moveDown}
	direction, wheel := step[e.Button]
	switch {
	case m.dialog != nil && wheel:
		return m.scrollDialog(map[motion]int{moveUp: -1, moveDown: 1}[direction])
	case m.dialog != nil:
	case wheel:
		if m.at == placeRun && m.run.as == asPanes {
			m.run.point(e.X, e.Y-headerRows) // the log under the pointer scrolls
		}
		for range wheelRows {
			m.place().move(direction)
		}
	case e.Button == tea.MouseButtonLeft:
		m.pressed("", m.now())
		m.place().point(e.X, e.Y-headerRows)
	}
	return nil
}

// pointInList returns which of n items is at row y of a list that begins at
// row header and shows page of them from top on; -1 is none.
func pointInList(y, header, top, page, n int) int {
	if at := top + y - header; y >= header && y < header+page && at < n {
		return at
	}
	return -1
}

func (p *buildersPlace) point(_, y int) {
	if at := pointInList(y, 2, p.top, p.page, len(p.known.builders)); at >= 0 && !p.opened {
		p.at = at
	}
}

func (p *runsPlace) point(_, y int) {
	if at := pointInList(y, 2, p.top, p.page, len(p.known.runs)); at >= 0 {
		p.at = at
	}
}

func (p *hostPlace) point(_, _ int) {}

// point focuses the pane, or the row of the list, at a place of the screen.
func (r *runPlace) point(x, y int) {
	switch {
	case y < 1 || len(r.panes) == 0 || r.as == asLog:
	case r.as == asList:
		_, begins := r.listBody()
		for i, from := range begins {
			if y < r.h-r.below && from <= r.top+y-1 {
				r.focus = i
			}
		}
	default:
		r.pointInGrid(x, y-1)
	}
	r.layout()
}

func (r *runPlace) pointInGrid(x, y int) {
	n := 0
	for _, line := range r.grid().lines(len(r.onPage())) {
		if y < line[0].h {
			for _, e := range line {
				if x < e.w {
					r.choose(n)
					return
				}
				x -= e.w
				n++
			}
			return
		}
		y -= line[0].h
		n += len(line)
	}
}
