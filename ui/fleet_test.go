package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
)

func (s *stage) shownHosts() []string { return s.m.fleet.shown }

func (s *stage) wantMarks(names ...string) {
	s.t.Helper()
	var have []string
	for _, name := range s.m.known.names {
		if s.m.fleet.marks[name] {
			have = append(have, name)
		}
	}
	if !slices.Equal(have, names) {
		s.t.Errorf("marked are %v, want %v", have, names)
	}
}

func TestNamesAppearBeforeAnythingElseIsKnown(t *testing.T) {
	s := newStage(t, 80, 24)
	s.sees("Reading the fleet")
	s.news(InventoryRead{inventoryOf(dozen())})
	s.sees("andasibe", "◌ asking", "vanga", "aarch64", "12 asking")
}

func TestStatusesAndFactsAppearAsTheyCome(t *testing.T) {
	s := newStage(t, 120, 40)
	all := dozen()
	s.news(InventoryRead{inventoryOf(all)})
	s.news(all[0].newsOf()...)
	s.sees("● 1 up", "11 asking", "↓ behind", "61")
}

func TestHostsAreSortedOnceAllHaveBeenAsked(t *testing.T) {
	s := newStage(t, 80, 24)
	all := dozen()
	s.news(InventoryRead{inventoryOf(all)})
	for i, h := range all {
		if got := s.shownHosts()[0]; got != "andasibe" {
			t.Fatalf("after %d statuses the first row is %s: rows must keep their place", i, got)
		}
		s.news(h.newsOf()...)
	}
	want := []string{"vanga", "tsingy", "tenrec", "masoala", "indri", "andasibe", "ankarana", "kelyus", "ayeaye", "boraha", "sambirano", "sifaka"}
	if !slices.Equal(s.shownHosts(), want) {
		t.Errorf("sorted by attention: %v", s.shownHosts())
	}
	if s.m.fleet.current() != "vanga" {
		t.Errorf("the cursor is on %s", s.m.fleet.current())
	}
}

func TestRowsStayWhereTheyAreWhenSomebodyIsAtWork(t *testing.T) {
	s := newStage(t, 80, 24)
	all := dozen()
	s.news(InventoryRead{inventoryOf(all)})
	s.keys("down", "down")
	for _, h := range all {
		s.news(h.newsOf()...)
	}
	if s.shownHosts()[0] != "andasibe" || s.m.fleet.current() != "ayeaye" {
		t.Errorf("rows moved under the cursor: %v, at %s", s.shownHosts(), s.m.fleet.current())
	}
	s.sees("by attention, S sorts anew")
	s.keys("S")
	if s.shownHosts()[0] != "vanga" || s.m.fleet.current() != "ayeaye" {
		t.Errorf("S must sort anew and leave the cursor on its host: %v, at %s", s.shownHosts(), s.m.fleet.current())
	}
	s.seesNot("S sorts anew")
	s.news(all[2].with(down).newsOf()...)
	s.keys("S")
	s.sees("by name") // twice the same key is no wish to sort as before
	s.keys("S", "S", "S", "j")
	s.news(all[2].newsOf()...)
	s.sees("by attention, S sorts anew")
}

func TestAHostThatGoesDownKeepsItsRowAndWhatItSaid(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	before := slices.Clone(s.shownHosts())
	st := s.m.known.hosts["boraha"].status
	st.State, st.Error = fleet.StateDown, "it did not answer"
	s.news(StatusRead{"boraha", st, fleet.DriftInSync})
	if !slices.Equal(before, s.shownHosts()) {
		t.Errorf("rows moved: %v", s.shownHosts())
	}
	s.sees("✗ 2 down")
}

func TestAHostThatLeavesTheFleetLeavesTheTable(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys(" ") // marks vanga
	s.news(InventoryRead{inventoryOf(dozen()[:11])})
	if slices.Contains(s.shownHosts(), "vanga") || s.m.fleet.current() == "vanga" {
		t.Errorf("vanga is still there: %v at %s", s.shownHosts(), s.m.fleet.current())
	}
	if got := s.m.fleet.chosen(); slices.Contains(got, "vanga") {
		t.Errorf("an action would touch a host that is gone: %v", got)
	}
}

func TestHiddenHostsAreNotShown(t *testing.T) {
	s := newStage(t, 80, 24)
	inv := inventoryOf(dozen())
	inv.Hosts[0].Hidden = true
	s.news(InventoryRead{inv})
	s.seesNot("andasibe")
	s.sees("11 hosts")
}

func TestMarks(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys(" ", " ")
	s.wantMarks("tsingy", "vanga")
	s.keys("up", " ")
	s.wantMarks("vanga")
	s.keys("v", "down", "v") // from tenrec, where space had gone on to
	s.wantMarks("masoala", "tenrec", "vanga")
	s.keys("i")
	s.wantMarks("andasibe", "ankarana", "ayeaye", "boraha", "indri", "kelyus", "sambirano", "sifaka", "tsingy")
	s.keys(`ctrl+\`)
	s.wantMarks()
	s.keys("ctrl+a")
	s.sees("12 marked")
}

func TestMarksOutliveFilterAndNews(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("/", "@web", "enter", "ctrl+a", "esc")
	s.wantMarks("andasibe", "ankarana", "vanga")
	for _, h := range dozen() {
		s.news(h.newsOf()...)
	}
	s.wantMarks("andasibe", "ankarana", "vanga")
	s.keys("/", "@db", "enter")
	if got := s.m.fleet.chosen(); !slices.Equal(got, []string{"andasibe", "ankarana", "vanga"}) {
		t.Errorf("an action would be about %v", got)
	}
}

func TestEscTakesOneStepBackAtATime(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys(" ", "/", "@web", "enter", "v")
	for i, done := range []func() bool{
		func() bool { return s.m.fleet.anchor == "" },
		func() bool { return s.m.fleet.expr == "" },
		func() bool { return len(s.m.fleet.marks) == 0 },
	} {
		if done() {
			t.Fatalf("step %d was taken too early", i)
		}
		s.keys("esc")
		if !done() {
			t.Fatalf("step %d was not taken", i)
		}
	}
	s.keys("esc")
	if s.quit {
		t.Error("esc must not quit")
	}
}

func TestFilterFollowsEachKeyAndEscDropsIt(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("/", "s")
	s.sees("6 of 12", "/ s")
	s.keys("i")
	s.sees("3 of 12")
	s.keys("backspace", "backspace", "d", "s", "q")
	if s.quit || s.m.dialog != nil {
		t.Error("keys in the filter must be text and nothing else")
	}
	s.keys("esc")
	s.sees("12 hosts")
}

func TestFilterByStateFollowsTheHosts(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("/", "state:down", "enter")
	if got := s.shownHosts(); !slices.Equal(got, []string{"tsingy", "sifaka"}) {
		t.Fatalf("down are %v", got)
	}
	up := machine("tsingy", "x86_64-linux")
	s.news(up.newsOf()...)
	if got := s.shownHosts(); !slices.Equal(got, []string{"sifaka"}) {
		t.Errorf("down are %v", got)
	}
}

func TestOldRowsSayHowOldTheyAre(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.seesNot("up 1m")
	s.advance(2 * time.Minute) // more than three intervals after the last answer; the minute's tick draws it
	s.sees("● up 2m")
	s.send(blur())
	s.seesNot("● up 2m") // nobody looks: hosts are read seldom
}

func TestTheDetailTellsWhatIsWrongAndWhatToDo(t *testing.T) {
	s := newStage(t, 120, 40).showFleet()
	s.sees("Its host key is not the one", "ssh-keygen -R", "vanga.example.org`.")
	s.keys("down", "down")
	s.sees("zfs-scrub.service", "Frozen: the pool is resilvering")
	s.keys("down")
	s.sees("'postgresql_18' missing")
	s.keys("down")
	s.sees("would undo", "running  7g5f3d1s", "wanted   9w2m4k7q  another")
}

func TestRefreshAndEvaluateAreHandedOn(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("r", "u", "enter", "r", "u")
	want := []string{"refresh []", "evaluate []", "refresh [vanga]", "evaluate [vanga]"}
	if !slices.Equal(s.backend.asked, want) {
		t.Errorf("asked for %v", s.backend.asked)
	}
}

func TestAShellGetsTheTerminalAndTheHostIsReadAfterwards(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("s")
	want := []string{"give the terminal to ssh vanga", "refresh [vanga]"}
	if !slices.Equal(s.backend.asked, want) {
		t.Errorf("asked for %v", s.backend.asked)
	}
}

func TestBuildersStripPutsTheIllFirstWhenThereIsNoRoom(t *testing.T) {
	s := newStage(t, 60, 15).showFleet()
	s.sees("kelyus  ✗ ill", "and 2 more")
	s.seesNot("boraha  ● ok")
	s.resizedTo(80, 24)
	s.sees("boraha  ● ok", "indri   ● ok       3/8", "its Nix daemon does not listen")
}

func TestInventoryTrouble(t *testing.T) {
	s := newStage(t, 80, 24)
	s.news(InventoryFailed{&fleet.Error{Message: "fleet.nix has an unknown key", Hint: "Did you mean address?"}})
	s.sees("fleet.nix has an unknown key.", "Did you mean address?")
	s.showFleet()
	s.seesNot("unknown key")
}

// A run that is started here is no news, also where there was none before.
func TestNobodyIsToldOfTheRunThatTheyStart(t *testing.T) {
	for _, own := range []bool{false, true} {
		s := newStage(t, 120, 40).showFleet()
		if own {
			s.news(RunsListed{})
			s.sees("none yet: space marks hosts, d deploys to them")
		}
		plan := planFor([]string{"web1", "db1"})
		s.news(RunsListed{[]rollout.View{{Dir: "/runs/1", Plan: plan, Tasks: make([]rollout.TaskView, 2), Alive: true}}})
		if said := strings.Contains(s.text(), "A run goes on"); said == own {
			t.Errorf("started here: %t, and told of it: %t\n%s", own, said, s.text())
		}
	}
}
