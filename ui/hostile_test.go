package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// evil is what nobody should be able to make a terminal obey: it retitles,
// asks, clears, moves, hides, opens links, rings, breaks lines and turns text around.
const evil = "\x1b]0;title\x07\x1b[2J\x1b[H\x1b[6n\x1b[?1049l\x1b]8;;http://x\x1b\\\x1bP+q\x1b\\\x9b31m\a\b\r\n\t\v\u202e\u2066\u200b\u0085\xff\xfe\x00\x7f\x1b[8mhidden\x1b[38;5;1"

// colour is the only escape that may reach the terminal.
var colour = regexp.MustCompile(`\x1b\[[0-9;:]*m`)

func (s *stage) harmless(where string) {
	s.t.Helper()
	harmless(s.t, where, s.m.View())
}

// harmless fails when anything but text, new lines and colours is in shown.
func harmless(t testing.TB, where, shown string) {
	t.Helper()
	shown = colour.ReplaceAllString(shown, "")
	if !utf8.ValidString(shown) {
		t.Fatalf("%s: bytes that are no text reach the terminal", where)
	}
	for i, r := range shown {
		switch {
		case r == '\n':
		case r < 0x20, r == 0x7f, r >= 0x80 && r < 0xa0, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			t.Fatalf("%s: %q reaches the terminal: %q", where, r, shown[max(0, i-40):min(len(shown), i+40)])
		}
	}
}

// hostileFleet has evil wherever a machine, a flake or a log can put words.
func hostileFleet() []told {
	all := dozen()
	for i := range all {
		t := &all[i]
		t.host.Name = fmt.Sprintf("%s%d", evil, i)
		t.host.Address, t.host.System, t.host.Frozen, t.host.BuildOn = evil, evil, evil, evil
		t.host.Tags = []string{evil, evil}
		t.eval, t.wanted = evil, "/nix/store/"+evil+evil
		st := &t.status
		st.Error, st.Hint, st.Via = evil, evil, evil
		r := &st.Reading
		r.At, r.System, r.Label, r.Revision, r.Kernel, r.Nix = begin(), evil, evil, evil, evil, evil
		r.Current, r.Profile, r.Booted = "/nix/store/"+evil, "/nix/store/"+evil, evil
		r.FailedUnits = []string{evil, "a" + evil}
		r.Disks = map[string]fleet.Disk{evil: {Total: 10, Free: 1}}
	}
	return all
}

func (s *stage) showHostile() {
	all := hostileFleet()
	inv := inventoryOf(all)
	inv.Source = fleet.Source{Flake: evil, File: evil}
	inv.Flake = nixcmd.FlakeMetadata{Dir: evil, Revision: evil}
	s.news(InventoryRead{inv}, Evaluating{Host: evil, Left: 2})
	for _, t := range all {
		s.news(t.newsOf()...)
	}
	builders := threeBuilders()
	for i := range builders {
		b := &builders[i]
		b.Reason, b.Hint, b.Rung = evil, evil, fleet.Rung(evil)
		b.Builder.Name, b.Builder.Address, b.Builder.SSHUser = evil, evil, evil
		b.Builder.Systems, b.Builder.From, b.Builder.SupportedFeatures = []string{evil}, []string{evil}, []string{evil}
	}
	s.news(BuildersRead{builders})
}

func TestNothingHostileReachesTheTerminal(t *testing.T) {
	for _, size := range sizes() {
		s := newStage(t, size[0], size[1])
		s.showHostile()
		s.harmless("fleet")
		for _, keys := range [][]string{
			{"G"}, {"enter"}, {"G"}, {"esc", "2"}, {"G"}, {"1", " ", " ", "d"}, {"o", "o", "o"}, {"esc", "?"},
			{"esc", "/", "x"}, {"esc"}, {"4"},
		} {
			s.keys(keys...)
			s.harmless(fmt.Sprint("after ", keys))
		}
		s.news(Said{evil, evil})
		s.harmless("notice")
		s.fits("hostile fleet", size[0], size[1])
	}
}

func TestNothingHostileComesOutOfABrokenRun(t *testing.T) {
	for _, size := range sizes() {
		s := newStage(t, size[0], size[1]).showFleet()
		// A name that a file system takes: all but the slash and the zero byte.
		named := filepath.Join(t.TempDir(), strings.NewReplacer("/", "", "\x00", "").Replace(evil))
		if err := os.Mkdir(named, 0o700); err != nil {
			t.Fatal(err)
		}
		s.news(RunsListed{[]rollout.View{
			{Dir: named, Broken: evil, Plan: rollout.Plan{ID: evil}},
			{Dir: "/runs/1", Broken: evil, Plan: planFor([]string{"web1"}), Tasks: []rollout.TaskView{{Host: "web1"}}},
		}})
		s.harmless("last runs")
		s.keys("4")
		s.sees("cannot be shown")
		s.harmless("runs")
		s.keys("enter")
		s.sees("This run cannot be shown: run.json is missing.")
		s.harmless("the run that cannot be opened")
		s.fits("hostile broken run", size[0], size[1])
	}
}

func TestNothingHostileComesOutOfARun(t *testing.T) {
	for _, size := range sizes() {
		s := newStage(t, size[0], size[1])
		s.showHostile()
		hosts := []string{evil + "0", evil + "1", "x" + evil}
		plan := planFor(hosts)
		plan.Action, plan.Flake.Ref, plan.Flake.Revision = nixcmd.Action(evil), evil, evil
		d := newRunDir(t, plan)
		d.supervise()
		d.event(rollout.Event{Event: rollout.EventStart, Time: s.clock})
		for _, h := range hosts {
			d.event(rollout.Event{Event: rollout.EventPhase, Time: s.clock, Host: h, Phase: nixcmd.Phase(evil)})
			d.event(rollout.Event{Event: rollout.EventTask, Time: s.clock, Host: h, State: rollout.TaskNote, Reason: evil})
			d.event(rollout.Event{Event: rollout.EventProgress, Time: s.clock, Host: h, Progress: &nixcmd.Progress{BuildsDone: 1, BuildsExpected: 2, Building: []string{evil}}})
			d.log(h, strings.Repeat(evil+"\n", 50))
		}
		s.backend.dir = d.dir
		s.backend.proposal = Proposal{Plan: plan, Commands: []Command{{evil, evil}}, Findings: []Finding{{evil, Warning, evil, evil}}}
		s.keys("d", "s")
		s.harmless("confirmation")
		s.advance(time.Second)
		s.keys("y")
		s.harmless("panes")
		s.fits("hostile run", size[0], size[1])
		for _, keys := range [][]string{{"up"}, {"z"}, {"w"}, {"w", ">"}, {"/", "t", "i", "enter"}, {"e"}, {"esc", "v"}, {"G"}, {"c"}} {
			s.keys(keys...)
			s.harmless(fmt.Sprint("after ", keys))
			s.fits(fmt.Sprint("hostile run after ", keys), size[0], size[1])
		}
		s.keys("esc")
		for _, h := range hosts {
			d.event(rollout.Event{Event: rollout.EventVerdict, Time: s.clock, Host: h, Verdict: &rollout.Verdict{Outcome: rollout.OutcomeFailed, Reason: evil, Hint: evil, Decisive: []string{evil + " 1", evil + " 2"}}})
		}
		d.event(rollout.Event{Event: rollout.EventCancel, Time: s.clock, Host: hosts[0], Reason: evil})
		d.event(rollout.Event{Event: rollout.EventEnd, Time: s.clock, ExitCode: num(1)})
		s.advance(time.Second)
		s.harmless("summary")
		s.fits("hostile summary", size[0], size[1])
		harmless(t, "farewell", s.m.farewell())
	}
}
