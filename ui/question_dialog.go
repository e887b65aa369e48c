package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// answerField takes what a person types for a program. It goes straight into
// locked memory, and is never in a string of ours.
type answerField struct {
	secret *rollout.Secret
	hidden bool
	send   func(m *Model) tea.Cmd // enter
	refuse func(m *Model) tea.Cmd // says that there will be no answer
	about  string                 // ID of the run's question, or ""
}

// AskedBefore tells what programs ask a person while a run is being worked out,
// and the directory in which that is answered.
type AskedBefore struct {
	Dir       string
	Questions []rollout.Question
}

func (AskedBefore) slot() string { return "asked before a run" }

// openField opens a dialog with a field below its body, over one that only says
// that something is worked out. It is deaf at first, as what comes up by itself
// must be: what is being typed is meant for something else.
func (m *Model) openField(heading string, f *answerField, body func(b *brush, w int) []string) tea.Cmd {
	var err error
	if f.secret, err = rollout.NewSecret(); err != nil {
		m.fail(err)
		return nil
	}
	d := &dialog{scope: scopeAnswer, title: heading, ink: warn, field: f, closed: f.secret.Wipe}
	d.body = func(b *brush, w int) []string { return append(body(b, w), "", f.row(b, w)) }
	if m.dialog.waits() {
		d.under, m.dialog = m.dialog, nil
	}
	return m.open(d)
}

// row is what has been typed.
func (f *answerField) row(b *brush, w int) string {
	typed := f.secret.Bytes()
	shown := strings.Repeat("*", utf8.RuneCount(typed))
	if !f.hidden {
		shown = text.Line(string(typed))
	}
	for text.Width(shown) > max(1, w-4) {
		_, size := utf8.DecodeRuneInString(shown)
		shown = shown[size:]
	}
	return b.paint(keyInk, b.pointer+" ") + shown + b.paint(here, " ")
}

// onField takes a key for the dialog's field.
func (m *Model) onField(msg tea.KeyMsg) tea.Cmd {
	if m.dialog.deaf(msg.String(), m.now()) {
		return nil
	}
	if a := m.keys.find([]scope{scopeAnswer}, msg.String()); a != nil && !msg.Paste {
		return a.do(m)
	}
	secret := m.dialog.field.secret
	switch msg.Type {
	case tea.KeyRunes, tea.KeySpace:
		for _, r := range msg.Runes {
			if r != '\n' && r != '\r' {
				secret.Add(utf8.AppendRune(nil, r))
			}
		}
	case tea.KeyBackspace:
		_, size := utf8.DecodeLastRune(secret.Bytes())
		secret.Drop(size)
	case tea.KeyCtrlU:
		secret.Drop(len(secret.Bytes()))
	}
	return nil
}

func (m *Model) sendAnswer() tea.Cmd   { return m.dialog.field.send(m) }
func (m *Model) refuseAnswer() tea.Cmd { return m.dialog.field.refuse(m) }

// answerActions are those of a field, whose other keys are the answer.
func answerActions() []action {
	return []action{
		{Binding: bind("enter", "answer", "enter"), id: "answer.send", scope: scopeAnswer, footer: 1,
			about: "Give the answer to the program that asks.", do: (*Model).sendAnswer},
		{Binding: bind("esc", "later", "esc"), id: "answer.later", scope: scopeAnswer, footer: 2,
			about: "Close; a question of a run waits for ten minutes, and `a` in the run opens it again.", do: (*Model).closeDialog},
		{Binding: bind("ctrl+r", "refuse", "ctrl+r"), id: "answer.refuse", scope: scopeAnswer, footer: 3, danger: true,
			about: "Refuse to answer: what asked ends without.", do: (*Model).refuseAnswer},
		{Binding: bind("a", "answer", "a"), id: "waiting.answer", scope: scopeWaiting, footer: 2, can: (*Model).isAsked, shows: (*Model).isAsked,
			about: "Answer what has to be answered before a run can be worked out.", do: (*Model).answerAgain},
		{Binding: bind("a", "answer", "a"), id: "run.answer", scope: scopeRun, footer: 1, can: (*Model).isAsked, shows: (*Model).isAsked,
			about: "Answer what the run's programs ask.", do: (*Model).answerAgain},
	}
}

// asked is a question of a run.
type asked struct {
	dir string
	rollout.Question
}

// openQuestions are what programs of all runs wait for a person to type.
func (m *Model) openQuestions() []asked {
	return slices.DeleteFunc(m.allQuestions(), func(q asked) bool { return q.NoAnswer() })
}

// allQuestions are what programs of all runs wait for, and of one to come.
func (m *Model) allQuestions() []asked {
	runs := m.known.running()
	if m.run.going() {
		runs = append([]rollout.View{m.run.view}, runs...)
	}
	var all []asked
	for _, q := range m.known.before.Questions {
		all = append(all, asked{m.known.before.Dir, q})
	}
	for _, r := range runs {
		for _, t := range r.Tasks {
			for _, q := range t.Questions {
				known := slices.ContainsFunc(all, func(a asked) bool { return a.ID == q.ID })
				if !known {
					all = append(all, asked{r.Dir, q})
				}
			}
		}
	}
	return all
}

// raiseQuestion opens a question that was not shown yet, when nothing else is
// being asked, and closes one that was settled elsewhere. What nobody can type,
// such as the touch of a key, is only told.
func (m *Model) raiseQuestion() tea.Cmd {
	for _, q := range m.allQuestions() {
		if q.NoAnswer() && !slices.Contains(m.shownQuestions, q.ID) {
			m.shownQuestions = append(m.shownQuestions, q.ID)
			m.say(warn, q.Host+": "+q.Words, "")
		}
	}
	open := m.openQuestions()
	if d := m.dialog; d != nil && d.field != nil && d.field.about != "" {
		if !slices.ContainsFunc(open, func(a asked) bool { return a.ID == d.field.about }) {
			m.shut()
			m.say(plain, "That question does not wait any more", "")
		}
		return nil
	}
	if m.dialog != nil && !m.dialog.waits() || m.prompt != nil || m.tooSmall() || m.quits {
		return nil
	}
	for _, q := range open {
		if !slices.Contains(m.shownQuestions, q.ID) {
			m.shownQuestions = append(m.shownQuestions, q.ID)
			return m.openQuestion(q)
		}
	}
	return nil
}

func (m *Model) isAsked() bool { return len(m.openQuestions()) > 0 }

// answerAgain opens the oldest question, whether or not it was put off.
func (m *Model) answerAgain() tea.Cmd {
	if open := m.openQuestions(); len(open) > 0 {
		return m.openQuestion(open[0])
	}
	return nil
}

// openQuestion puts a program's question before the person.
func (m *Model) openQuestion(q asked) tea.Cmd {
	backend := m.backend
	f := &answerField{hidden: q.Hidden(), about: q.ID}
	f.send = func(m *Model) tea.Cmd {
		answer := f.secret
		m.dialog.closed = func() {} // the command has it now
		m.shut()
		return m.start(func(context.Context) tea.Msg {
			defer answer.Wipe()
			return repliedMsg{backend.AnswerQuestion(q.dir, q.ID, answer)}
		})
	}
	f.refuse = func(m *Model) tea.Cmd {
		m.shut()
		return m.start(func(context.Context) tea.Msg { return repliedMsg{backend.RefuseQuestion(q.dir, q.ID)} })
	}
	now := m.now
	return m.openField(text.Line(q.Program)+" asks", f, func(b *brush, w int) []string { return questionRows(b, q.Question, w, now()) })
}

// repliedMsg says whether an answer has reached who asked.
type repliedMsg struct{ err error }

// questionRows say who asks what, and for how long.
func questionRows(b *brush, q rollout.Question, w int, now time.Time) []string {
	w = min(w, 90)
	rows := []string{b.paint(strong, text.Truncate(text.Line(q.Host), w))}
	rows = append(rows, wrap(text.Line(q.Program)+" asks, "+text.Line(q.Purpose)+":", w)...)
	rows = append(rows, "")
	for line := range strings.Lines(q.Words) {
		rows = append(rows, wrap(text.Line(strings.TrimRight(line, "\n")), w)...)
	}
	if q.Attempt > 1 {
		rows = append(rows, "", b.paint(bad, "The last answer was not right."))
	}
	if left := q.Until.Sub(now).Round(time.Minute); left > 0 && !q.Until.IsZero() {
		rows = append(rows, "", b.paint(faint, fmt.Sprintf("It waits for %s.", count(int(left/time.Minute), "more minute", "more minutes"))))
	}
	return rows
}

func (m *Model) onReplied(msg repliedMsg) {
	if msg.err != nil {
		m.fail(msg.err)
	}
}
