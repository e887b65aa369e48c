package ui

import (
	"context"
	"errors"
	"strconv"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// messages that answer what was asked of a host's past.
type (
	sizedMsg struct {
		asked int
		sizes map[string]int64
		err   error
	}
	pinnedMsg struct {
		asked int
		pinning
		err error
	}
)

// pinning is a generation to pin, or to let go of.
type pinning struct {
	host   string
	number int
	unpin  bool
	wrong  int // passwords that sudo did not take
}

// marked are the numbers of the marked generations, the newest first.
func (p *pastPlace) marked() []int {
	var numbers []int
	for _, g := range p.past.Generations {
		if p.marks[g.Number] {
			numbers = append(numbers, g.Number)
		}
	}
	return numbers
}

// mark marks the generation under the cursor, or takes its mark away.
func (p *pastPlace) mark() {
	g, _ := p.current()
	if p.marks == nil {
		p.marks = map[int]bool{}
	}
	if p.marks[g.Number] {
		delete(p.marks, g.Number)
	} else {
		p.marks[g.Number] = true
	}
	p.move(moveDown)
}

// readSizes asks what each generation alone holds.
func (m *Model) readSizes() tea.Cmd {
	backend, host, past := m.backend, m.past.host, m.past.past
	return m.await("Asking what each generation alone holds…", func(ctx context.Context, asked int) tea.Msg {
		sizes, err := backend.Sizes(ctx, host, past)
		return sizedMsg{asked, sizes, err}
	})
}

func (m *Model) onSized(msg sizedMsg) {
	if msg.asked != m.asked {
		return // it was stopped
	}
	m.shut()
	if msg.err != nil {
		m.fail(msg.err)
		return
	}
	m.past.sizes = msg.sizes
}

// pin has the generation under the cursor kept, or let go of.
func (m *Model) pin() tea.Cmd {
	g, _ := m.past.current()
	return m.pinWith(pinning{host: m.past.host, number: g.Number, unpin: g.Pinned}, nil)
}

// pinWith does so with a password for sudo, which is wiped when it is done.
func (m *Model) pinWith(p pinning, password *rollout.Secret) tea.Cmd {
	backend := m.backend
	what := "Pinning generation "
	if p.unpin {
		what = "Letting go of generation "
	}
	return m.await(what+strconv.Itoa(p.number)+"…", func(ctx context.Context, asked int) tea.Msg {
		defer password.Wipe()
		return pinnedMsg{asked, p, backend.Pin(ctx, p.host, p.number, p.unpin, password)}
	})
}

func (m *Model) onPinned(msg pinnedMsg) tea.Cmd {
	if msg.asked != m.asked {
		return nil // it was stopped
	}
	m.shut()
	switch {
	case errors.Is(msg.err, ErrWantsPassword) && msg.wrong < rollout.PasswordTries:
		return m.askPinPassword(msg.pinning)
	case msg.err != nil:
		m.fail(msg.err)
		return nil
	}
	said := "is pinned: nothing collects it"
	if msg.unpin {
		said = "is pinned no longer"
	}
	m.say(good, "Generation "+strconv.Itoa(msg.number)+" of "+text.Line(msg.host)+" "+said, "")
	return m.readPast()
}

// askPinPassword asks for the password that sudo wants.
func (m *Model) askPinPassword(p pinning) tea.Cmd {
	f := &answerField{hidden: true}
	f.refuse = (*Model).closeDialog
	again := p
	again.wrong++
	f.send = func(m *Model) tea.Cmd {
		m.dialog.closed = nil // the command has the secret now
		return m.pinWith(again, f.secret)
	}
	return m.openField("sudo wants your password", f, func(b *brush, w int) []string {
		rows := append([]string{b.paint(strong, text.Truncate(text.Line(p.host), w))}, wrap("sudo there wants your password to make or remove the root that pins generation "+strconv.Itoa(p.number)+".", min(w, 90))...)
		if p.wrong > 0 {
			rows = append(rows, "", b.paint(bad, "That was not right."))
		}
		return rows
	})
}

// collectPast asks what deleting the marked generations, or this one, would do.
func (m *Model) collectPast() tea.Cmd {
	numbers := m.past.marked()
	if g, ok := m.past.current(); ok && len(numbers) == 0 {
		numbers = []int{g.Number}
	}
	return m.plan(Request{Action: nixcmd.Collect, Hosts: []string{m.past.host}, Delete: numbers},
		"Working out what deleting "+count(len(numbers), "generation", "generations")+" would free…")
}
