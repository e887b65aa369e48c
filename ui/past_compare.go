package ui

import (
	"context"
	"slices"
	"strconv"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// comparedMsg is how two systems differ.
type comparedMsg struct {
	asked   int
	title   string
	changes []nixcmd.PackageChange
	err     error
}

// comparePast shows how the generation under the cursor differs from what runs
// or from the marked one, or two marked ones from each other.
func (m *Model) comparePast() tea.Cmd {
	p := m.past
	to, _ := p.current()
	marked := p.marked()
	switch {
	case len(marked) == 2:
		slices.Sort(marked)
		return m.compareGenerations(marked[0], marked[1])
	case len(marked) == 1 && marked[0] != to.Number:
		return m.compareGenerations(marked[0], to.Number)
	}
	number := strconv.Itoa(to.Number)
	return m.compare(p.host, "running", number, "From what runs to generation "+number)
}

func (m *Model) compareGenerations(from, to int) tea.Cmd {
	older, newer := strconv.Itoa(from), strconv.Itoa(to)
	return m.compare(m.past.host, older, newer, "From generation "+older+" to generation "+newer)
}

// compareHosts shows how what two hosts run differs, or of one host what runs
// from what the flake wants.
func (m *Model) compareHosts() tea.Cmd {
	hosts := m.targets()
	if m.at == placePast {
		hosts = []string{m.past.host}
	}
	switch len(hosts) {
	case 1:
		return m.compare(hosts[0], "running", "wanted", "From what "+text.Line(hosts[0])+" runs to what the flake wants")
	case 2:
		return m.compare(hosts[0], "running", hosts[1]+":running", "From what "+text.Line(hosts[0])+" runs to what "+text.Line(hosts[1])+" runs")
	}
	m.say(warn, count(len(hosts), "host is", "hosts are")+" marked, and two can be compared", "Take marks away, or all: then what the host under the cursor runs is compared with what the flake wants.")
	return nil
}

// compare asks how two systems differ, in the words of the command `diff`.
func (m *Model) compare(host, from, to, heading string) tea.Cmd {
	backend := m.backend
	return m.await("Asking what both systems consist of…", func(ctx context.Context, asked int) tea.Msg {
		changes, err := backend.Compare(ctx, host, from, to)
		return comparedMsg{asked, heading, changes, err}
	})
}

// await shows that something is asked for until its answer, which has the
// number of the question, is there; or until the person has had enough.
func (m *Model) await(what string, work func(ctx context.Context, asked int) tea.Msg) tea.Cmd {
	m.asked++
	asked := m.asked
	ctx, stop := context.WithCancel(context.Background())
	shown := m.open(&dialog{
		scope: scopeWaiting, title: "One moment", ink: title,
		body:   func(b *brush, w int) []string { return append(wrap(what, w), "", b.paint(faint, "esc stops it")) },
		closed: func() { m.asked++; stop() },
	})
	return tea.Batch(shown, m.start(func(program context.Context) tea.Msg {
		unlink := context.AfterFunc(program, stop)
		defer unlink()
		return work(ctx, asked)
	}))
}

func (m *Model) onCompared(msg comparedMsg) tea.Cmd {
	if msg.asked != m.asked {
		return nil // it was stopped
	}
	m.shut()
	if msg.err != nil {
		m.fail(msg.err)
		return nil
	}
	return m.open(&dialog{scope: scopeDifference, title: msg.title, ink: title, body: func(b *brush, w int) []string { return differenceRows(b, msg.changes, w) }})
}

func differenceRows(b *brush, changes []nixcmd.PackageChange, w int) []string {
	if len(changes) == 0 {
		return wrap("No package differs; what is generated for the host may.", w)
	}
	var sum int64
	for _, c := range changes {
		sum += c.Delta
	}
	rows := wrap(count(len(changes), "package differs", "packages differ")+"; in all "+nixcmd.FormatDelta(sum), w)
	rows = append(rows, "")
	for _, c := range changes {
		ink, mark := plain, "~"
		switch {
		case !c.Before:
			ink, mark = good, "+"
		case !c.After:
			ink, mark = bad, "-"
		}
		row := b.paint(ink, mark+" "+text.Line(c.Name)) + "  " + text.Line(c.Versions())
		if c.Delta != 0 {
			row += b.paint(faint, "  "+nixcmd.FormatDelta(c.Delta))
		}
		rows = append(rows, text.Truncate(row, w))
	}
	return rows
}
