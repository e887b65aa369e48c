package ui

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/rollout"
)

// Model is the dashboard, and the only tea.Model. Its state changes in Update
// alone; commands get values and return messages.
type Model struct {
	*brush
	look    Look
	backend Backend
	take    func(context.Context) []News // from the mailbox
	now     func() time.Time
	start   func(work func(context.Context) tea.Msg) tea.Cmd
	after   func(d time.Duration, msg tea.Msg) tea.Cmd
	give    func(c *exec.Cmd, lingers func(error) bool, ended func(error) tea.Msg) tea.Cmd // hands over the terminal
	write   func(sequence string) error                                                    // to the terminal, past the frames

	known    *known
	keys     keymap
	fleet    *fleetPlace
	builders *buildersPlace
	run      *runPlace
	runs     *runsPlace
	host     *hostPlace
	past     *pastPlace
	install  *installPlace
	at       placeID
	trail    []placeID // places to go back to

	dialog   *dialog
	menu     *runMenu  // while its dialog is open
	commands *commands // likewise
	help     *help     // likewise
	inquiry  *inquiry  // the last command that hosts were asked to run
	prompt   *prompt
	notices
	withdrawn time.Time // when a question went away by itself
	welcome   welcome

	w, h           int
	frame          string
	title          string // of the terminal's window
	mouse          bool   // is listened to
	before         Habits // as they were at the start
	themed         bool   // colours were chosen with a key
	kept           Habits // as they were kept last
	keeping        bool   // a command is keeping them
	diary          *diary // where they are kept
	dirty          bool
	polling        bool                    // a command is reading the run
	ticking        bool                    // a tick is under way
	asked          int                     // counts requests, so that a late answer to an old one is known
	waits          bool                    // quit when nothing runs any more
	ours           map[string]rollout.View // runs that were launched from here, by directory
	wishes         map[string]Personal     // of the person for these
	rings          map[string]bool         // those whose end is to be heard; true: it is just being made so
	shownQuestions []string                // IDs of those that have come up by themselves
	first          string                  // a run to begin with
	self           string                  // how a person calls this program
	greeted        bool                    // it was said that a run goes on
	warned         []string                // the inventory's warnings that were shown last
	crash          *Crash
	quits          bool
}

// messages of our own commands.
type (
	newsMsg   []News
	tickMsg   struct{}
	minuteMsg struct{}
	armedMsg  struct{}
)

func newModel(ctx context.Context, o Options) *Model {
	m := &Model{
		brush: newBrush(o.Look), look: o.Look, backend: o.Backend, take: o.News.Take, now: o.Now, after: after,
		start: guarded(ctx), known: newKnown(), ours: map[string]rollout.View{}, wishes: map[string]Personal{}, rings: map[string]bool{},
	}
	m.keys = newKeymap(actions())
	m.fleet = newFleetPlace(m.known, m.brush, m.now)
	m.builders = &buildersPlace{known: m.known, brush: m.brush, now: o.Now}
	m.run = newRunPlace(m.brush, m.now)
	m.runs = &runsPlace{known: m.known, brush: m.brush, now: m.now}
	m.first, m.self = o.OpenRun, o.Self
	m.host = &hostPlace{known: m.known, brush: m.brush, now: m.now}
	m.past = &pastPlace{brush: m.brush, now: m.now}
	m.install = &installPlace{brush: m.brush, now: m.now}
	m.settle(o.Habits)
	m.welcome = welcome{shown: o.First, first: o.First}
	return m
}

// guarded makes commands whose panics end the program in order.
func guarded(ctx context.Context) func(work func(context.Context) tea.Msg) tea.Cmd {
	return func(work func(context.Context) tea.Msg) tea.Cmd {
		return func() (msg tea.Msg) {
			defer func() {
				if v := recover(); v != nil {
					msg = crashed{newCrash(v)}
				}
			}()
			return work(ctx)
		}
	}
}

// after is a command that returns msg when d has gone by.
func after(d time.Duration, msg tea.Msg) tea.Cmd {
	return tea.Tick(d, func(time.Time) tea.Msg { return msg })
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	begin := tea.Batch(m.takeNews(), m.nextMinute(), m.listenAgain())
	if m.first == "" {
		return begin
	}
	return tea.Batch(begin, m.openRun(m.first))
}

// takeNews waits for news.
func (m *Model) takeNews() tea.Cmd {
	return m.start(func(ctx context.Context) tea.Msg {
		if got := m.take(ctx); got != nil {
			return newsMsg(got)
		}
		return nil
	})
}

// nextMinute moves the clock and the ages on screen. It is the only thing that
// happens when nothing happens.
func (m *Model) nextMinute() tea.Cmd {
	now := m.now()
	wait := now.Truncate(time.Minute).Add(time.Minute).Sub(now)
	return m.after(wait, minuteMsg{})
}

// Update implements tea.Model. The frame is drawn here, so that a panic while
// drawing is caught too.
func (m *Model) Update(msg tea.Msg) (model tea.Model, cmd tea.Cmd) {
	model = m
	defer func() {
		if v := recover(); v != nil {
			m.crash, cmd = newCrash(v), tea.Quit
		}
	}()
	if m.crash != nil {
		return m, tea.Quit
	}
	cmd = m.receive(msg)
	m.follow()
	cmd = tea.Batch(cmd, m.raiseQuestion(), m.raiseInstall(), m.fetch(), m.ringEnds(), m.retitle(), m.remember())
	if m.dirty && !m.quits {
		m.frame, m.dirty = m.draw(), false
	}
	return m, cmd
}

// follow has the question on screen follow what it is about.
func (m *Model) follow() {
	if d := m.dialog; d != nil && d.follow != nil && m.dirty {
		d.follow(m)
	}
}

// View implements tea.Model.
func (m *Model) View() string { return m.frame }

// receive hands a message to whom it concerns: what the terminal tells here,
// and what we tell ourselves to the others.
func (m *Model) receive(msg tea.Msg) tea.Cmd {
	m.dirty = true
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return m.onKey(msg)
	case tea.MouseMsg:
		return m.onMouse(msg)
	case tea.WindowSizeMsg:
		m.resize(msg.Width, msg.Height)
	case tea.FocusMsg:
		m.watched(true)
	case tea.BlurMsg:
		m.watched(false)
	case tea.ResumeMsg:
		return m.onResumed()
	case crashed:
		m.crash = msg.crash
		return tea.Quit
	default:
		return m.onTime(msg)
	}
	return nil
}

// onTime takes news, and what comes when its time has come.
func (m *Model) onTime(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case newsMsg:
		return tea.Batch(m.onNews(msg), m.takeNews())
	case tickMsg:
		m.ticking = false
		m.dirty = m.run.beat()
		return m.poll()
	case polledMsg:
		return m.onPolled(msg)
	case minuteMsg:
		return m.nextMinute()
	case titleBackMsg:
		return m.onTitleBack(msg)
	case titleKeptMsg:
		m.onTitleKept(msg)
	case armedMsg:
	default:
		return m.onDone(msg)
	}
	return nil
}

// onDone takes what a command ends with that a person has set going.
func (m *Model) onDone(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case runOpenedMsg:
		return m.onRunOpened(msg)
	case proposedMsg:
		return m.onProposed(msg)
	case launchedMsg:
		return m.onLaunched(msg)
	case cancelSentMsg:
		m.onCancelSent(msg)
	case foundMsg:
		return m.onFound(msg)
	case pastReadMsg:
		m.onPastRead(msg)
	case comparedMsg:
		return m.onCompared(msg)
	case sizedMsg:
		m.onSized(msg)
	case pinnedMsg:
		return m.onPinned(msg)
	case answeredMsg:
		m.onAnswered(msg)
	case rangMsg:
		return m.onRang(msg)
	case triedMsg:
		return m.onTried(msg)
	case repliedMsg:
		m.onReplied(msg)
	case rememberedMsg:
		m.onRemembered(msg)
	case copiedMsg:
		m.onCopied(msg)
	case handedBackMsg:
		m.onHandedBack(msg)
		return m.listenAgain()
	default:
		return m.onInstall(msg)
	}
	return nil
}

func (m *Model) watched(yes bool) {
	m.known.blurred = !yes
	m.backend.Looking(yes)
}

// onNews takes what was in the mailbox.
func (m *Model) onNews(all []News) tea.Cmd {
	var cmds []tea.Cmd
	for _, n := range all {
		switch n := n.(type) {
		case Said:
			m.announce(warn, n.Message, n.Hint)
		case InstallTold:
			m.learnInstall(n)
		case interrupted:
			cmds = append(cmds, m.onSignal(n))
		case crashed:
			m.crash = n.crash
			cmds = append(cmds, tea.Quit)
		default:
			m.known.learn(n)
			m.remark(n)
		}
	}
	m.fleet.refresh()
	m.trackRuns()
	return tea.Batch(append(cmds, m.leaveIfDone())...)
}

// remark says above the footer what news of the inventory have no other place.
func (m *Model) remark(n News) {
	switch n := n.(type) {
	case InventoryFailed:
		if m.known.inv != nil { // else it stands where the hosts would
			m.fail(n.Err)
		}
	case InventoryRead:
		if w := n.Inventory.Warnings; len(w) > 0 && !slices.Equal(w, m.warned) {
			m.warned = w
			rest := make([]string, len(w)-1)
			for i := range rest {
				rest[i] = sentence(w[i+1])
			}
			m.announce(warn, w[0], strings.Join(rest, " "))
		}
	}
}

// trackRuns keeps what is known of runs that were launched here, for the
// farewell, and tells once of one that was going on before.
func (m *Model) trackRuns() {
	if alive := m.known.running(); len(alive) > 0 && !m.greeted && m.run.reader == nil {
		m.say(busy, "A run goes on: "+string(alive[0].Plan.Action)+" on "+count(len(alive[0].Tasks), "host", "hosts"), "3 shows it.")
	}
	m.greeted = m.greeted || m.known.runs != nil
	for _, r := range m.known.runs {
		if have, mine := m.ours[r.Dir]; mine && r.Seq >= have.Seq {
			m.ours[r.Dir] = r
		}
	}
}

func (m *Model) resize(w, h int) {
	m.w, m.h = w, h
	for _, p := range m.places() {
		p.setSize(max(w, minWidth), max(h, minHeight)-headerRows-footerRows)
	}
}
