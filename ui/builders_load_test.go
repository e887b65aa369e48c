package ui

import (
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
)

func TestLoadOfABuilder(t *testing.T) {
	s := newStage(t, 120, 40).showFleet()
	builders := threeBuilders()
	for i, n := range []int{0, 4, 8} {
		builders[1].Busy, builders[1].AsOf = num(n), begin().Add(time.Duration(i)*time.Minute)
		builders[1].Held = []fleet.Holder{{Host: "kelyus", Slots: 2}, {Host: "this machine", Slots: 1}}
		s.news(BuildersRead{builders}, BuildersRead{builders}) // what is told twice is one reading
	}
	s.keys("2", "down")
	s.sees("builds lately", "▃▁▄█ up to 8", "slots taken by", "kelyus 2, this machine 1")
	s.keys("up")
	s.seesNot("slots taken by")
}

func TestLoadsAreBounded(t *testing.T) {
	var known map[string]loads
	b := threeBuilders()[:1]
	for i := range 3 * readingsKept {
		b[0].Busy, b[0].AsOf = num(i), begin().Add(time.Duration(i)*time.Second)
		known = heardLoads(known, b)
	}
	if l := known[b[0].Builder.Name]; len(l.builds) != readingsKept || l.builds[readingsKept-1] != 3*readingsKept-1 {
		t.Errorf("kept %d, the last %d", len(l.builds), l.builds[len(l.builds)-1])
	}
	if known = heardLoads(known, nil); len(known) != 0 {
		t.Errorf("of a builder that is listed no more it keeps %v", known)
	}
}

func TestCheckABuilder(t *testing.T) {
	s := newStage(t, 120, 40).showFleet()
	s.keys("2", "down", "c", "a")
	if got := strings.Join(s.backend.asked, "; "); !strings.Contains(got, "check builders [indri]; check builders []") {
		t.Errorf("asked for %s", got)
	}
	builders := threeBuilders()
	builders[1].Checking = true
	builders[1].Builder.Findings = []string{"its speed: 10 in fleet.nix, but 2 in /etc/nix/machines of vanga"}
	builders[1].Steps = []fleet.Step{
		{Rung: fleet.RungLogin, State: fleet.StepOK, Said: "as nix-builder", From: "kelyus", At: ago(3 * time.Hour)},
		{Rung: fleet.RungStore, State: fleet.StepOK, At: begin(), Took: 12 * time.Millisecond},
		{Rung: fleet.RungBuild, State: fleet.StepOK, Said: "a build ran", At: ago(2 * time.Minute)},
	}
	s.news(BuildersRead{builders})
	inv := inventoryOf(dozen())
	inv.Unlisted = []string{`on vanga: /etc/nix/machines:3: "fast" is no speed factor`}
	s.news(InventoryRead{inv})
	s.sees("Its speed: 10 in fleet.nix, but 2 in /etc/nix/machines of vanga", `/etc/nix/machines:3: "fast" is no speed factor`, "being checked", "as nix-builder (from kelyus as root), 3h ago", "(12ms)", "a build ran, 2m ago")
	s.keys("1", "enter")
	if s.m.hostBuilds() {
		t.Fatal("the first host of the table builds: choose another for this test")
	}
	s.keys("b")
	if n := strings.Count(strings.Join(s.backend.asked, "; "), "check builders"); n != 2 {
		t.Errorf("a host that is no builder is checked as one: %d", n)
	}
}
