package ui

import (
	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
)

// promptLongest is how much can be typed into a prompt.
const promptLongest = 200

// prompt is a line of input in the footer's place. It takes all keys.
type prompt struct {
	label   string
	input   textinput.Model
	changed func(value string) // at each key, or nil
	done    func(m *Model, value string) tea.Cmd
	dropped func()        // esc
	note    func() string // what stands at the right, such as a count
}

// newPrompt makes a prompt that holds value. Its cursor does not blink, and
// nothing is pasted but what the terminal itself sends.
func newPrompt(label, value string) *prompt {
	in := textinput.New()
	in.Prompt = ""
	in.CharLimit = promptLongest
	in.Cursor.SetMode(cursor.CursorStatic)
	in.KeyMap.Paste = key.NewBinding(key.WithDisabled())
	in.SetValue(value)
	in.Focus()
	return &prompt{label: label, input: in}
}

func (p *prompt) key(m *Model, msg tea.KeyMsg) tea.Cmd {
	if m.commands != nil && !msg.Paste {
		if a := m.keys.find([]scope{scopePalette}, msg.String()); a != nil {
			return a.do(m)
		}
	}
	switch msg.String() {
	case "enter":
		m.prompt = nil
		return p.done(m, p.input.Value())
	case "esc", "ctrl+c":
		m.prompt = nil
		if p.dropped != nil {
			p.dropped()
		}
		return nil
	}
	before := p.input.Value()
	p.input, _ = p.input.Update(msg) // its commands only blink the cursor
	if now := p.input.Value(); now != before && p.changed != nil {
		p.changed(now)
	}
	return nil
}

// edits says whether a key moves the cursor or takes something away.
func (p *prompt) edits(msg tea.KeyMsg) bool {
	k := p.input.KeyMap
	return key.Matches(msg, k.WordForward, k.WordBackward, k.DeleteWordBackward, k.DeleteWordForward)
}

// draw is the prompt as one row of w cells. The text is drawn here and not by
// the text input, which would not show what is invisible in it.
func (p *prompt) draw(b *brush, w int) string {
	runes := []rune(p.input.Value())
	at := p.input.Position()
	under, after := " ", ""
	if at < len(runes) {
		under, after = text.Line(string(runes[at])), text.Line(string(runes[at+1:]))
	}
	before := text.Line(string(runes[:at]))
	right := ""
	if p.note != nil {
		right = b.paint(faint, p.note()+" ")
	}
	head := b.paint(keyInk, " "+p.label+" ")
	room := w - text.Width(head) - text.Width(right) - text.Width(under)
	for text.Width(before) > room && before != "" {
		before = before[len(string([]rune(before)[:1])):]
	}
	return ends(head+before+b.paint(here, under)+after, right, w)
}
