package ui

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/demo"
)

// How much the monkeys do together, unless MONKEY says another number; .ci/run
// has them do 100,000 things.
const (
	monkeyDeeds = 8_000
	monkeys     = 8
	restEvery   = 250 // deeds, after which a monkey must find a way out of any dialog
)

// Random keys, typed words, sizes, clicks, news and waits over the demo's fleet
// and a run on it: no panic, no row too long, no dialog that does not close,
// and nothing started or cancelled but by an answer to a question that was on
// the screen for long enough. What would run outside is only written down.
func TestMonkey(t *testing.T) {
	deeds := monkeyDeeds
	if wish := os.Getenv("MONKEY"); wish != "" {
		var err error
		if deeds, err = strconv.Atoi(wish); err != nil {
			t.Fatal(err)
		}
	}
	for seed := range uint64(monkeys) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			m := newMonkey(t, seed)
			for i := range deeds / monkeys {
				m.does()
				if i%restEvery == restEvery-1 {
					m.findsOut()
				}
			}
		})
	}
}

// monkey is who uses the dashboard.
type monkey struct {
	*stage
	dice  *rand.Rand
	names []string // of keys
	hosts []told
	last  []string // what it did, for who has to find out why
}

func newMonkey(t *testing.T, seed uint64) *monkey {
	m := &monkey{stage: newStage(t, 80, 24), dice: rand.New(rand.NewPCG(seed, 7))}
	m.names = []string{"enter", "esc", "tab", "shift+tab", "up", "down", "left", "right", "pgup", "pgdown", "home", "end", "backspace",
		"ctrl+a", "ctrl+d", "ctrl+u", "ctrl+l", `ctrl+\`, " ", "ctrl+p", "ctrl+n", "ctrl+c"}
	for c := '!'; c <= '~'; c++ {
		m.names = append(m.names, string(c))
	}
	m.showRun(8, seed%2 == 1)
	m.hosts = m.showDemo()
	m.news(RunsListed{threeRuns()})
	m.backend.answers = map[string]fleet.Answer{"ayeaye": {Stdout: []byte("6.12\n")}, "tsingy": {ExitCode: 255, Err: fmt.Errorf("timeout")}}
	return m
}

// showDemo tells the stage of the demo's own fleet, and returns how its hosts stand.
func (s *stage) showDemo() []told {
	s.t.Helper()
	nix, err := demo.NewEvaluator("")
	if err != nil {
		s.t.Fatal(err)
	}
	inv, err := fleet.Load(context.Background(), nix, fleet.Source{Flake: "/home/me/machines", File: "/home/me/machines/fleet.nix"}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	all := dozen()
	for i, t := range all {
		if _, has := inv.Host(t.host.Name); !has {
			s.t.Fatalf("the demo has no %s", t.host.Name)
		}
		s.news(all[i].newsOf()...)
	}
	s.news(InventoryRead{inv})
	return all
}

// does something at random.
func (m *monkey) does() {
	m.t.Helper()
	switch m.dice.IntN(26) {
	case 0:
		m.did("resizes")
		m.resizedTo(m.dice.IntN(240), m.dice.IntN(60))
	case 1:
		m.did("waits")
		m.advance(time.Duration(m.dice.IntN(900)) * time.Millisecond)
	case 2:
		m.did("has news")
		m.news(m.hosts[m.dice.IntN(len(m.hosts))].newsOf()...)
	case 3:
		m.did("pastes")
		m.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("dsyyy\n"), Paste: true})
	case 4:
		m.clicks()
	case 5:
		m.types()
	case 6:
		m.did("looks away or comes back")
		m.send([]tea.Msg{tea.FocusMsg{}, tea.BlurMsg{}, tea.ResumeMsg{}, minuteMsg{}}[m.dice.IntN(4)])
	case 7:
		m.did("hears of trouble")
		m.news(Said{Message: fmt.Sprint("trouble ", m.dice.IntN(9)), Hint: "Look."}, InventoryFailed{&fleet.Error{Message: "fleet.nix is gone"}})
	case 8:
		m.did("is asked by a program")
		m.askedRun(sudoQuestion(fmt.Sprint("q", m.dice.IntN(1000))))
	case 9:
		m.did("has certificates")
		m.news(heldFor(time.Duration(m.dice.IntN(90)-30) * time.Minute))
	default:
		m.presses(m.names[m.dice.IntN(len(m.names))])
	}
	if m.quit { // as q does; the next one begins
		m.quit, m.m.quits = false, false
	}
	if !m.m.tooSmall() {
		m.fits("after "+strings.Join(m.last, ", "), m.m.w, m.m.h)
	}
}

func (m *monkey) did(what string) {
	m.last = append(m.last[max(0, len(m.last)-20):], what)
}

func (m *monkey) clicks() {
	m.t.Helper()
	m.did("clicks")
	buttons := []tea.MouseButton{tea.MouseButtonLeft, tea.MouseButtonWheelUp, tea.MouseButtonWheelDown}
	before := len(m.backend.asked)
	m.mouse(buttons[m.dice.IntN(len(buttons))], m.dice.IntN(240), m.dice.IntN(60))
	if len(m.backend.asked) != before {
		m.t.Fatalf("the mouse did %v", m.backend.asked[before:])
	}
}

// types several keys so fast that they arrive as one.
func (m *monkey) types() {
	m.t.Helper()
	word := []string{"dsy", "dsyyyy", "xid", "indri", "@web", "cy", "qc", "Ry"}[m.dice.IntN(8)]
	m.watched(word, func() { m.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(word)}) })
}

func (m *monkey) presses(name string) {
	m.t.Helper()
	m.watched(name, func() { m.keys(name) })
}

// watched does something, and fails when it had effects that no question
// that was there before has asked about.
func (m *monkey) watched(what string, do func()) {
	m.t.Helper()
	m.did(what)
	before, d := len(m.backend.asked), m.m.dialog
	questions := []scope{scopeConfirm, scopeCancel, scopeAsk, scopeQuit}
	armed := d != nil && !m.clock.Before(d.deafUntil) && slices.Contains(questions, d.scope)
	do()
	for _, asked := range m.backend.asked[before:] {
		verb, _, _ := strings.Cut(asked, " ")
		if slices.Contains([]string{"launch", "cancel", "ask"}, verb) && !(armed && (strings.ContainsAny(what, "y!c") || what == "enter")) {
			m.t.Fatalf("%q without a question, after %q", asked, m.last)
		}
	}
}

// findsOut leaves every dialog and place by esc.
func (m *monkey) findsOut() {
	m.t.Helper()
	m.resizedTo(80, 24)
	m.advance(time.Second)
	for range 30 { // as many messages may wait to be read
		m.presses("esc")
	}
	if m.m.dialog != nil || m.m.prompt != nil || m.m.at != placeFleet {
		m.t.Fatalf("there is no way out, after %q:\n%s", m.last, m.text())
	}
}
