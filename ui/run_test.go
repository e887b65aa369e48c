package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

func TestLinesAppearAsTheyAreWritten(t *testing.T) {
	s := newStage(t, 120, 40)
	d := s.showRun(4, false)
	d.log("andasibe", "copying path '/nix/store/abc-nginx' from 'https://cache.nixos.org'\n")
	s.advance(tickEvery)
	s.sees("copying path '/nix/store/abc-nginx'", "2 lines, following")
}

func TestScrollStaysPutWhileLinesArrive(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	s.keys("2", "z", "up", "up", "up")
	before := s.screen()[3:20]
	s.sees("line 31 of 52")
	for i := range 40 {
		d.log("ankarana", fmt.Sprintf("new line %d\n", i))
	}
	s.advance(time.Second)
	if now := s.screen()[3:20]; !slices.Equal(before, now) {
		t.Errorf("the text moved:\n%s\n---\n%s", strings.Join(before, "\n"), strings.Join(now, "\n"))
	}
	s.sees("line 31 of 92 · 40 new")
	s.keys("f")
	s.sees("new line 39", "92 lines, following")
	s.keys("g")
	s.sees("building the system configuration...", "line 1 of 92")
	s.keys("G")
	s.sees("new line 39", "following")
}

func TestFollowingEndsByMovingUpOnly(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showRun(4, false)
	s.keys("2", "down", "ctrl+d", "pgdown")
	s.sees("52 lines, following")
	s.keys("pgup")
	p := s.m.run.focused()
	if p.follow {
		t.Fatal("page up does not leave the end")
	}
	s.keys("pgdown", "pgdown")
	if !p.follow {
		t.Error("coming back to the end does not follow again")
	}
}

func TestSearchAndNextError(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	d.log("ankarana", "first needle\n"+strings.Repeat("hay\n", 200)+"second NEEDLE\n"+strings.Repeat("hay\n", 200)+"error: builder failed\nlast line\n")
	s.advance(tickEvery)
	s.keys("2", "z", "/", "needle", "enter")
	s.sees("second NEEDLE") // backwards from the end
	if want := s.m.paint(here, "NEEDLE"); !strings.Contains(s.m.View(), want) {
		t.Error("the match is not shown in reverse")
	}
	s.keys("N")
	s.sees("first needle")
	s.keys("N")
	s.sees("second NEEDLE", "went on at the other end")
	s.keys("n")
	s.sees("first needle")
	s.keys("e")
	s.sees("error: builder failed")
	s.keys("/", "no such thing", "enter")
	s.sees(`"no such thing" is not in its log`)
}

func TestPanesAreChosenByDigitAndTab(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showRun(4, false)
	s.keys("3")
	if got := s.m.run.focused().host; got != "ayeaye" {
		t.Errorf("3 focuses %s", got)
	}
	s.keys("tab", "tab")
	if got := s.m.run.focused().host; got != "andasibe" {
		t.Errorf("tab leads to %s", got)
	}
	s.keys("9")
	if s.m.at != placeRun || s.m.run.focused().host != "andasibe" {
		t.Error("a digit without a pane must do nothing")
	}
	s.keys("v", "2") // in the list digits are places again
	if s.m.at != placeBuilders {
		t.Error("2 in the list does not lead to the builders")
	}
}

func TestPagesFollowTheFocus(t *testing.T) {
	s := newStage(t, 60, 15)
	s.showRun(8, false)
	s.sees("page 1 of 4", "1 andasibe")
	s.keys("tab", "tab")
	s.sees("page 2 of 4", "1 ayeaye")
}

func TestZoomAndBack(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showRun(4, false)
	s.keys("2", "enter")
	s.seesNot("1 andasibe")
	s.sees("2 ankarana", "so that it …")
	s.keys("w")
	s.sees("│s cut in narrow panes")
	s.keys("w", ">", ">")
	s.sees("that is rather long, so that it is cut in narrow panes")
	s.keys("<", "<", "tab")
	s.sees("3 ayeaye")
	s.keys("esc")
	s.sees("1 andasibe", "4 boraha")
	s.keys("esc")
	s.sees("12 hosts")
}

func TestSummaryComesUpWhenTheRunEnds(t *testing.T) {
	s := newStage(t, 100, 30)
	d := s.showRun(4, false)
	d.conclude([]string{"andasibe", "ankarana", "ayeaye", "boraha"}, func(n int) time.Time { return s.clock })
	s.advance(time.Second)
	s.sees("✓ ok", "✗ failed", "the build of nginx-1.28.1 failed", "make: *** [Makefile:8: build] Error 2", "Look at the last lines of its log", "▲ degraded", "↻ reboot")
	if len(s.timers) != 1 {
		t.Errorf("timers after the end: %v", s.timers)
	}
}

func TestSummaryWaitsForWhoReadsALog(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	s.keys("2", "up")
	d.conclude([]string{"andasibe", "ankarana", "ayeaye", "boraha"}, func(n int) time.Time { return s.clock })
	s.advance(time.Second)
	if s.m.run.as != asPanes {
		t.Error("the summary came up over a log that was being read")
	}
	s.sees("1 failed")
}

func TestTheLastLinesOfARunAreShown(t *testing.T) {
	s := newStage(t, 120, 40)
	d := s.showRun(4, false)
	s.keys("1", "z")
	d.conclude([]string{"andasibe", "ankarana", "ayeaye", "boraha"}, func(n int) time.Time { return s.clock })
	s.advance(tickEvery)
	d.log("andasibe", "a late line without its newline")
	s.advance(time.Second)
	s.sees("a late line without its newline")
}

func TestCancel(t *testing.T) {
	t.Run("building", func(t *testing.T) {
		s := newStage(t, 80, 24)
		s.showRun(4, false)
		s.keys("2", "c")
		s.advance(time.Second)
		s.sees("Cancel 1 host?", "Nothing has been activated there yet.")
		s.seesNot("insist")
		s.keys("!")
		s.keys("y")
		if got := s.backend.asked[2:]; !slices.Equal(got, []string{"cancel [ankarana] insist false"}) {
			t.Errorf("asked %v", got)
		}
		s.sees("Asked to cancel")
	})
	t.Run("activating, marked with another", func(t *testing.T) {
		s := newStage(t, 80, 24)
		s.showRun(4, false)
		s.keys("2", " ", "3", " ", "c")
		s.advance(time.Second)
		s.sees("Cancel 2 hosts?", "ayeaye: activating now")
		s.keys("!")
		if got := s.backend.asked[2:]; !slices.Equal(got, []string{"cancel [ankarana ayeaye] insist true"}) {
			t.Errorf("asked %v", got)
		}
	})
	t.Run("the answer", func(t *testing.T) {
		s := newStage(t, 80, 24)
		d := s.showRun(4, false)
		d.event(rollout.Event{Event: rollout.EventCancel, Time: s.clock, Host: "ayeaye", Reason: "it is activating and is left alone"})
		s.advance(tickEvery)
		s.sees("ayeaye: it is activating and is left alone.")
	})
	t.Run("ended", func(t *testing.T) {
		s := newStage(t, 80, 24)
		s.showRun(4, true)
		s.keys("c")
		if s.m.dialog != nil {
			t.Error("a run that has ended cannot be cancelled")
		}
	})
}

func TestRetryIsForRunsThatDidNotEndWell(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, true)
	s.backend.proposal = proposalFor([]string{"ankarana"})
	s.keys("R")
	s.sees("Switch 1 host?")
	if s.backend.request.Retry != d.dir {
		t.Errorf("asked for %+v", s.backend.request)
	}
}

func TestComingBackToARun(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	s.keys("esc")
	s.sees("◐ switch 0/4") // in the header
	s.keys("3")
	s.sees("1 andasibe", "building the system")

	// Another dashboard, started later.
	s = newStage(t, 80, 24).showFleet()
	view, err := rollout.NewReader(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := view.Next(); err != nil {
		t.Fatal(err)
	}
	s.news(RunsListed{[]rollout.View{view.View()}})
	s.sees("A run goes on: switch on 4 hosts.", "3 shows it.")
	s.keys("3")
	s.sees("1 andasibe", "building the system")
}

func TestABrokenRunIsSaidToBeBroken(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	d := newRunDir(t, planFor([]string{"web1"}))
	if err := os.Remove(filepath.Join(d.dir, "run.json")); err != nil {
		t.Fatal(err)
	}
	s.news(RunsListed{[]rollout.View{{Dir: d.dir, Broken: "run.json is missing", Plan: rollout.Plan{ID: "20261122T071500Z-switch-dead"}}}})
	s.keys("4")
	s.sees("20261122T071500Z-switch-dead", "run.json is missing")
	s.keys("enter")
	s.sees("This run cannot be shown: run.json is missing.", "it can be removed", "20261122T071500Z-switch-dead") // and one stays in Runs
	if s.m.crash != nil || s.m.run.reader != nil {
		t.Error("a run without a plan was opened")
	}
}

func TestARunWithCutEventsIsShownAsFarAsItGoes(t *testing.T) {
	s := newStage(t, 100, 30).showFleet()
	d := newRunDir(t, planFor([]string{"web1", "db1"}))
	d.event(rollout.Event{Event: rollout.EventStart, Time: s.clock})
	d.event(rollout.Event{Event: rollout.EventPhase, Time: s.clock, Host: "web1", Phase: nixcmd.PhaseBuilding})
	d.appendTo(filepath.Join(d.dir, "events.jsonl"), "{\"version\":1,\"seq\":3,\"ho\nnot json at all\n{\"vers")
	s.news(RunsListed{[]rollout.View{{Dir: d.dir, Plan: planFor([]string{"web1", "db1"}), Tasks: make([]rollout.TaskView, 2)}}})
	s.keys("4", "enter")
	s.sees("web1", "building", "db1", "queued", "record damaged")
}

func TestManyHostsAreAList(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showRun(40, false)
	s.sees("8 under way", "32 queued", "nginx-1.28.1 +1")
	s.keys("G")
	s.sees("node39")
	s.keys("enter")
	s.sees("waiting for its turn")
	s.keys("esc", "v")
	s.sees("page")
}

func TestFarewellTellsHowItWent(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, true)
	got := stripSGR(s.m.farewell())
	for _, want := range []string{
		"switch on 4 hosts: ✗ 1 failed  ▲ 1 degraded  ↻ 1 reboot  ✓ 1 ok", "ankarana  ✗ failed  the build of nginx-1.28.1 failed",
		"make: *** [Makefile:8: build] Error 2", "logs: " + d.dir,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the farewell lacks %q:\n%s", want, got)
		}
	}
	if failed, degraded := strings.Index(got, "  ankarana"), strings.Index(got, "  ayeaye"); failed > degraded {
		t.Errorf("what failed does not come first:\n%s", got)
	}
	s = newStage(t, 80, 24)
	d = s.showRun(4, false)
	if got := stripSGR(s.m.farewell()); !strings.Contains(got, "nixfleet-tui runs attach "+filepath.Base(d.dir)) {
		t.Errorf("the farewell of a run that goes on:\n%s", got)
	}
	if got := newStage(t, 80, 24).showFleet().m.farewell(); got != "" {
		t.Errorf("the farewell of a dashboard without runs: %q", got)
	}
}

func TestTheTimeLeftIsToldWhenItIsKnown(t *testing.T) {
	s := newStage(t, 120, 40)
	d := s.showRun(4, false)
	s.seesNot("left")
	progress := func(seconds int) {
		d.event(rollout.Event{Event: rollout.EventProgress, Time: s.clock, Host: "ankarana", Left: &seconds,
			Progress: &nixcmd.Progress{BuildsDone: 3, BuildsExpected: 20, Building: []string{"nginx-1.28.1"}}})
		s.advance(time.Second)
	}
	progress(130)
	s.sees("~2m left")
	s.keys("v")
	s.sees("3/20 ~2m left nginx-1.28.1")
	progress(20)
	s.sees("3/20 <1m left nginx-1.28.1")
	d.event(rollout.Event{Event: rollout.EventVerdict, Time: s.clock, Host: "ankarana", Verdict: &rollout.Verdict{Outcome: rollout.OutcomeOK}})
	s.advance(time.Second)
	s.seesNot("left nginx")
}

func TestTheZoomedPaneShowsWhatIsBuilt(t *testing.T) {
	s := newStage(t, 100, 30)
	d := s.showBuilds()
	s.keys("2", "z")
	s.sees("nginx-1.28.1   36s    buildPhase     on ankarana", "openssl-3.5.4  23s    checkPhase     on ssh://builder@boraha")
	var many []nixcmd.RunningBuild
	for i := range 20 {
		many = append(many, nixcmd.RunningBuild{Name: fmt.Sprintf("package-%d", i), Since: s.clock})
	}
	d.event(rollout.Event{Event: rollout.EventProgress, Time: s.clock, Host: "ankarana", Progress: &nixcmd.Progress{BuildsExpected: 30, Builds: many}})
	s.advance(tickEvery)
	s.sees("package-6", "and 13 more", "compiling unit 29")
	s.seesNot("package-7")
	d.event(rollout.Event{Event: rollout.EventVerdict, Time: s.clock, Host: "ankarana", Verdict: &rollout.Verdict{Outcome: rollout.OutcomeOK}})
	s.advance(tickEvery)
	s.seesNot("package-6")
}

func TestFailedTasksRise(t *testing.T) {
	s := newStage(t, 100, 30)
	d := s.showRun(4, false)
	s.keys("3")
	d.event(rollout.Event{Event: rollout.EventVerdict, Time: s.clock, Host: "boraha", Verdict: &rollout.Verdict{Outcome: rollout.OutcomeFailed, Reason: "no"}})
	d.event(rollout.Event{Event: rollout.EventVerdict, Time: s.clock, Host: "andasibe", Verdict: &rollout.Verdict{Outcome: rollout.OutcomeOK}})
	s.advance(tickEvery)
	s.sees("1 boraha", "2 andasibe", "3 ankarana", "4 ayeaye")
	if got := s.m.run.focused().host; got != "ayeaye" {
		t.Errorf("the focus went to %s", got)
	}
	s.keys("1")
	if got := s.m.run.focused().host; got != "boraha" {
		t.Errorf("1 focuses %s", got)
	}
}
