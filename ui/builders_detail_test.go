package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
)

// climbed is a builder with a rung for everything that can be checked.
func climbed(b fleet.BuilderHealth) fleet.BuilderHealth {
	const theirs = "not checked from here: builds are sent as nix-builder, and we are me there"
	step := func(r fleet.Rung, state fleet.StepState, said, reason string) fleet.Step {
		return fleet.Step{Rung: r, State: state, Said: said, Reason: reason, At: ago(2 * time.Minute), Took: 12 * time.Millisecond}
	}
	b.Steps = []fleet.Step{
		step(fleet.RungConnect, fleet.StepOK, "", ""), step(fleet.RungHostKey, fleet.StepOK, "as listed", ""), step(fleet.RungLogin, fleet.StepUnchecked, "", theirs),
		step(fleet.RungHandshake, fleet.StepOK, "Nix 2.31.2", ""), step(fleet.RungTrust, fleet.StepUnchecked, "", theirs), step(fleet.RungStore, fleet.StepOK, "", ""),
		step(fleet.RungDeclared, fleet.StepWarn, "", "it is listed with kvm, which it lacks"), step(fleet.RungDisk, fleet.StepOK, "212 GiB free", ""), step(fleet.RungBuild, fleet.StepOK, "a build ran", ""),
	}
	b.Steps[6].Hint = "take kvm out of fleet.nix"
	b.Held = []fleet.Holder{{Host: "kelyus", Slots: 2}}
	return b
}

// TestLadderOnASmallScreen: how far up and what can be built where is seen at
// once, and all of it with a key.
func TestLadderOnASmallScreen(t *testing.T) {
	s := newStage(t, 80, 19).showFleet()
	builders := threeBuilders()
	builders[0] = climbed(builders[0])
	s.news(BuildersRead{builders})
	s.keys("2")
	s.sees("ok         connect, hostkey, handshake, store, disk", "unchecked  login, trust: not checked from here", "ok         build, 2m ago", "it is listed with kvm",
		"aarch64-linux", "slots taken by    kelyus 2", "enter all of it")
	s.keys("enter")
	s.sees("builder boraha", "connect    ok         (12ms)", "Take kvm out of fleet.nix.", "more rows")
	s.seesNot("SPEED")
	s.keys("G")
	s.sees("what can be built where", "listed in")
	s.seesNot("more row")
	s.keys("g", "down")
	s.seesNot("connect    ok")
	s.keys("c", "esc")
	s.sees("SPEED")
	if last := s.backend.asked[len(s.backend.asked)-1]; last != "check builders [boraha]" {
		t.Errorf("the last it asked for is %s", last)
	}
}

// TestManyBuildersOnEveryScreen: the cursor and what nobody builds are always seen.
func TestManyBuildersOnEveryScreen(t *testing.T) {
	for _, size := range [][2]int{{60, 15}, {80, 24}, {160, 48}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			s := newStage(t, size[0], size[1]).showFleet()
			var builders []fleet.BuilderHealth
			for i := range 20 {
				b := climbed(threeBuilders()[1])
				b.Builder.Name, b.Builder.Systems = fmt.Sprintf("build%02d", i), []string{"x86_64-linux"}
				builders = append(builders, b)
			}
			s.news(BuildersRead{builders})
			s.keys("2")
			for range 19 {
				s.keys("down")
			}
			s.sees("▸  build19", "aarch64-linux  nobody can build it")
			if n := len(s.screen()); n != size[1] {
				t.Errorf("%d rows", n)
			}
			s.keys("enter", "G")
			s.sees("builder build19")
			s.keys("esc", "g")
			s.sees("▸  build00")
		})
	}
}

// TestSystemsInTheMatrix: each line says who builds, or why nobody does.
func TestSystemsInTheMatrix(t *testing.T) {
	for said, c := range map[string]struct{ needed, closed []string }{
		"nobody can build it now, and a needs it":                                 {needed: []string{"a"}},
		"nobody can build it now (x is ill), and a and 1 more need it":            {needed: []string{"a", "b"}, closed: []string{"x is ill"}},
		"nobody can build it now (x is ill, y is down), and a and 2 more need it": {needed: []string{"a", "b", "c"}, closed: []string{"x is ill", "y is down"}},
	} {
		if got := nobodyBuilds(c.needed, c.closed); got != said {
			t.Errorf("it says %q", got)
		}
	}
}

// TestCheckTheBuilderThatAHostIs: b on a host that builds checks that builder.
func TestCheckTheBuilderThatAHostIs(t *testing.T) {
	s := newStage(t, 120, 40).showFleet()
	at := slices.Index(s.m.known.names, "indri")
	if at < 0 {
		t.Fatal("indri is no host")
	}
	s.keys("/")
	s.keys(strings.Split("indri", "")...)
	s.keys("enter", "enter")
	s.sees("host indri", "b check builder")
	s.keys("b")
	if last := s.backend.asked[len(s.backend.asked)-1]; last != "check builders [indri]" {
		t.Errorf("it asked for %s", strings.Join(s.backend.asked, "; "))
	}
	s.sees("Checking the builder indri; 2 shows how it goes")
}
