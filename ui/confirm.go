package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// confirmation puts a proposal before the person: which hosts, what there is
// to know, and the exact commands. Doing nothing is its default. Hosts that
// would surely fail are left out unless the person insists, and what may undo
// somebody's work is confirmed by typing the host's name.
func confirmation(p Proposal, r Request) *dialog {
	n := len(p.acts())
	what := p.what(n)
	d := &dialog{scope: scopeConfirm, title: what + "?", ink: warn}
	if n == 0 {
		d.title = "No host is left"
	}
	d.body = func(b *brush, w int) []string { return proposalRows(b, p, w) }
	d.answers = []answer{{key: "n", label: "cancel", ink: plain, do: (*Model).closeDialog}}
	if n == 0 {
		d.answers[0].label = "close"
	} else {
		ink := strong
		if p.Plan.Action.Activates() || p.Plan.Action.MovesProfile() || p.Plan.Action == nixcmd.Collect {
			ink = bad
		}
		d.answers = append(d.answers, answer{key: "y", label: what, ink: ink, do: func(m *Model) tea.Cmd { return m.confirmByName(p, p.unsure()) }})
	}
	d.answers = append(d.answers, waitAnswers(p, r)...)
	r.Insist = !p.Plan.Insist
	insist := func(m *Model) tea.Cmd { return m.plan(r, "Working it out again…") }
	switch {
	case p.Plan.Insist:
		d.ink = danger
		d.answers = append(d.answers, answer{key: "I", label: "do not insist", ink: plain, do: insist})
	case p.doubtful():
		d.answers = append(d.answers, answer{key: "I", label: "insist", ink: danger, do: insist})
	}
	return d
}

// acts are the hosts that something is done on.
func (p Proposal) acts() (names []string) {
	for _, h := range p.Plan.Hosts {
		if h.Skip == "" {
			names = append(names, h.Name)
		}
	}
	return names
}

// what names what a proposal does to n hosts.
func (p Proposal) what(n int) string {
	hosts := count(n, "host", "hosts")
	switch {
	case p.Plan.Action == nixcmd.Collect:
		return "Delete generations of " + hosts
	case p.Plan.GoesBack() && p.Plan.Action == nixcmd.Switch:
		return "Roll back " + hosts + " now"
	case p.Plan.GoesBack() && p.Plan.Action == nixcmd.Boot:
		return "Roll back " + hosts + " at the next boot"
	}
	return capital(string(p.Plan.Action)) + " " + hosts
}

// waitAnswers offer to wait for others that are at some of the hosts, or not
// to wait after all.
func waitAnswers(p Proposal, r Request) []answer {
	label := "wait for them"
	switch {
	case p.Plan.Wait:
		label = "do not wait"
	case !p.Held || p.Plan.Insist: // who insists waits anyway
		return nil
	}
	r.Wait = !p.Plan.Wait
	return []answer{{key: "w", label: label, ink: plain, do: func(m *Model) tea.Cmd { return m.plan(r, "Working it out again…") }}}
}

// doubtful says whether insisting would change anything.
func (p Proposal) doubtful() bool {
	return slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.Level >= Confirm })
}

// unsure are the hosts that are to be confirmed by name.
func (p Proposal) unsure() []string {
	var names []string
	for _, f := range p.Findings {
		h, _ := p.Plan.Host(f.Host)
		if f.Level == Confirm && h.Skip == "" && !p.Plan.Insist && !slices.Contains(names, f.Host) {
			names = append(names, f.Host)
		}
	}
	return names
}

// confirmByName asks for one name after the other, and starts the run when
// all have been typed.
func (m *Model) confirmByName(p Proposal, names []string) tea.Cmd {
	if len(names) == 0 {
		return m.launch(p)
	}
	name := names[0]
	m.prompt = newPrompt("type "+text.Line(name)+" to go ahead with it:", "")
	m.prompt.done = func(m *Model, value string) tea.Cmd {
		if strings.TrimSpace(value) != name {
			m.shut()
			m.say(warn, "That was not "+name+": nothing was started", "")
			return nil
		}
		return m.confirmByName(p, names[1:])
	}
	return nil
}

func capital(s string) string {
	s = text.Line(s)
	return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):]
}

// namesRows is how many rows of hosts' names stand before what was found of
// them; if there are more, all of them follow it.
const namesRows = 4

// proposalRows are all that there is to know before saying yes.
func proposalRows(b *brush, p Proposal, w int) []string {
	names := safe(p.acts())
	var rows []string
	all, shown := strings.Join(names, ", "), list(names, namesRows*w)
	for _, line := range wrap(shown, w) {
		rows = append(rows, b.paint(strong, line))
	}
	if of := flakeWords(p); of != "" {
		rows = append(rows, text.Truncate(b.paint(faint, of), w))
	}
	for _, line := range wrap(waveWords(p.Plan, namesRows*w), w) {
		rows = append(rows, b.paint(faint, line))
	}
	if p.Plan.Insist {
		for _, line := range wrap("You insist: what will surely fail is tried all the same, and nothing is confirmed by name.", w) {
			rows = append(rows, b.paint(danger, line))
		}
	}
	rows = append(rows, changeRows(b, p.Changes, w)...)
	rows = append(rows, findingRows(b, p, w)...)
	if shown != all {
		rows = append(append(rows, "", b.paint(faint, "All "+count(len(names), "host", "hosts")+":")), wrap(all, w)...)
	}
	if len(p.Commands) > 0 {
		rows = append(rows, "", b.paint(faint, "These commands will run:"))
	}
	for _, c := range p.Commands {
		for i, line := range wrap(text.Line(c.Line), w-2) {
			indent := "  "
			if i == 0 {
				indent = b.paint(faint, "$ ")
			}
			rows = append(rows, indent+line)
		}
	}
	return rows
}

// flakeWords say which tree is deployed.
func flakeWords(p Proposal) string {
	f := p.Plan.Flake
	if f.Ref == "" && f.Pinned == "" {
		return ""
	}
	s := "from " + text.Line(f.Ref)
	switch {
	case f.Revision != "":
		s += " at " + text.Line(short(f.Revision))
	case f.Dirty:
		s += ", with changes that are not committed"
	}
	if p.Plan.Parallel > 1 && len(p.acts()) > 1 {
		s += fmt.Sprintf(", %d at a time", p.Plan.Parallel)
	}
	return s
}

// waveWords name the hosts of each wave as long as they fit into so many cells,
// and else count the waves; "" of a run that has but one.
func waveWords(p rollout.Plan, cells int) string {
	if p.Waves == nil {
		return ""
	}
	p.Parallel = 0 // its own copy: waves may be larger than what is taken at a time
	waves := p.Together()
	if len(waves) < 2 {
		return ""
	}
	var named []string
	for _, hosts := range waves {
		named = append(named, strings.Join(safe(hosts), ", "))
	}
	words := fmt.Sprintf("in %d waves", len(waves))
	if all := words + ": " + strings.Join(named, "; then "); text.Width(all) <= cells {
		return all
	}
	return words
}

// findingRows are what preflight found, the worst first.
func findingRows(b *brush, p Proposal, w int) []string {
	if len(p.Findings) == 0 {
		return nil
	}
	signs := map[Level]sign{
		Note: {"·", "-", "", plain}, Warning: {"▲", "!", "", warn}, Hole: {"▲", "!", "", bad}, Confirm: {"◆", "?", "", bad}, Blocker: {"✗", "x", "", bad},
	}
	findings := slices.Clone(p.Findings)
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(b.Level, a.Level) })
	rows := []string{""}
	for _, same := range fleet.Alike(findings, func(f Finding) Finding { f.Host = findingState(p, f, 1); return f }) {
		f := same[0]
		s := signs[f.Level]
		for i, line := range wrap(findingWords(p, same), w-2) {
			edge := "  "
			if i == 0 {
				edge = b.paint(s.ink, b.shape(s)) + " "
			}
			if f.Level == Hole {
				line = b.paint(bad, line)
			}
			rows = append(rows, edge+line)
		}
		for _, line := range wrap(sentence(f.Hint), w-2) {
			rows = append(rows, "  "+b.paint(faint, line))
		}
	}
	return rows
}

// findingWords are what was found alike, after what it means for its hosts.
func findingWords(p Proposal, same []Finding) string {
	if same[0].Host == "" {
		return sentence(same[0].Message)
	}
	var names []string
	for _, f := range same {
		names = append(names, f.Host)
	}
	return text.Line(p.Plan.Naming(names)) + findingState(p, same[0], len(names)) + ": " + clause(same[0].Message)
}

// findingState is what becomes of n hosts of which something was found.
func findingState(p Proposal, f Finding, n int) string {
	is, has := "is", "has"
	if n > 1 {
		is, has = "are", "have"
	}
	switch h, _ := p.Plan.Host(f.Host); {
	case h.Skip != "":
		return " " + is + " left out"
	case f.Level >= Confirm && p.Plan.Insist:
		return " all the same"
	case f.Level == Confirm:
		return " " + has + " to be confirmed"
	}
	return ""
}
