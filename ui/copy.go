package ui

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
)

// copiedMsg tells how many lines were copied.
type copiedMsg struct {
	lines int
	cut   bool
	err   error
}

// copyLog puts the line that was found on the terminal's clipboard, or when
// nothing was searched for all lines that the pane shows.
func (m *Model) copyLog() tea.Cmd {
	p := m.run.focused()
	if p == nil || p.total == 0 {
		return nil
	}
	log, write := p.log, m.write
	from, n := p.top, p.h
	switch {
	case p.hit >= 0:
		from, n = p.hit, 1
	case p.follow:
		from = max(0, p.total-p.h)
	}
	return m.start(func(context.Context) tea.Msg {
		lines, err := log.Lines(from, n)
		if err != nil {
			return copiedMsg{err: err}
		}
		return toClipboard(write, strings.Join(safe(lines), "\n"), len(lines))
	})
}

// copyText puts some lines on the clipboard.
func (m *Model) copyText(content string, lines int) tea.Cmd {
	write := m.write
	return m.start(func(context.Context) tea.Msg { return toClipboard(write, content, lines) })
}

func toClipboard(write func(string) error, content string, lines int) tea.Msg {
	msg := copiedMsg{lines: lines, cut: len(content) > copyMost}
	msg.err = write(clipboard(content[:min(len(content), copyMost)]))
	return msg
}

// clipboard is the sequence (OSC 52) with which a terminal takes content into
// its clipboard, also over ssh and, where it is allowed, through tmux.
func clipboard(content string) string {
	return "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(strings.ToValidUTF8(content, ""))) + "\a"
}

func (m *Model) onCopied(msg copiedMsg) {
	switch {
	case msg.err != nil:
		m.fail(fmt.Errorf("copying: %w", msg.err))
	case msg.cut:
		m.say(warn, fmt.Sprintf("Only the first %s were copied", size(copyMost)), "o opens the whole log.")
	default:
		m.say(plain, "Copied "+count(msg.lines, "line", "lines"), "")
	}
}

// Terminals keep a stack of titles, so that the shell's own comes back.
const (
	pushTitle = "\x1b[22;0t"
	popTitle  = "\x1b[23;0t"
)

// retitle tells the terminal what runs, when that has changed.
func (m *Model) retitle() tea.Cmd {
	words := "nixfleet"
	if v, goesOn := m.shownRun(); goesOn {
		words = fmt.Sprintf("%s %d/%d - %s", v.Plan.Action, judged(v), len(v.Tasks), words)
	} else if name := m.known.name(); name != "" {
		words += " - " + name
	}
	if words == m.title {
		return nil
	}
	m.title = words
	return tea.SetWindowTitle(text.Line(words))
}
