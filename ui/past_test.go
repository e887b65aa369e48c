package ui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// Generations and Compare implement Backend: every host has the same past.
func (r *recorder) Generations(_ context.Context, host string) (fleet.Generations, error) {
	r.called("generations of %s", host)
	if host == "" {
		return fleet.Generations{}, &fleet.Error{Message: "there is no such host", Hint: "choose one"}
	}
	return examplePast(), nil
}

func (r *recorder) Compare(_ context.Context, host, from, to string) ([]nixcmd.PackageChange, error) {
	r.called("compare on %s %s with %s", host, from, to)
	return []nixcmd.PackageChange{
		{Name: "linux", Removed: []string{"6.12.57"}, Added: []string{"6.12.60"}, Before: true, After: true},
		{Name: "nginx", Added: []string{"1.28.1"}, Delta: 3 << 20, After: true},
	}, nil
}

func (r *recorder) Sizes(_ context.Context, host string, g fleet.Generations) (map[string]int64, error) {
	r.called("sizes of %s", host)
	sizes := map[string]int64{}
	for i, one := range g.Generations {
		sizes[one.Path] = int64(i+1) << 28
	}
	return sizes, nil
}

// Pin implements Backend: sudo wants the password "right" for generation 41.
func (r *recorder) Pin(_ context.Context, host string, number int, unpin bool, password *rollout.Secret) error {
	r.called("pin %d of %s: %v", number, host, !unpin)
	if number == 41 && string(password.Bytes()) != "right" {
		return ErrWantsPassword
	}
	return nil
}

// examplePast has three generations, of which one is gone.
func examplePast() fleet.Generations {
	system := func(n int) string {
		return fmt.Sprintf("/nix/store/%032d-nixos-system-web1-%d", n, n)
	}
	boot := func(n string) []string { return []string{"/nix/store/k" + n} }
	return fleet.Generations{
		Reading: fleet.Reading{Generation: 42, Current: system(42), Booted: system(42), Profile: system(42)},
		Generations: []fleet.Generation{
			{Number: 42, Path: system(42), Created: begin().Add(-time.Hour), Label: "26.05.1", Kernel: "6.12.57", Revision: "7c1e0d92b4f3", Boot: boot("57"), Running: true, Booted: true, BootDefault: true},
			{Number: 41, Path: system(41), Created: begin().Add(-48 * time.Hour), Label: "26.05.0", Kernel: "6.12.60", Boot: boot("60"), Specialisations: []string{"gaming"}},
			{Number: 39, Path: system(39), Created: begin().Add(-480 * time.Hour), Gone: true},
		},
	}
}

func TestThePastOfAHost(t *testing.T) {
	for _, size := range sizes() {
		s := newStage(t, size[0], size[1]).showFleet()
		s.keys("enter", "h")
		s.sees("3 generations of ")
		s.sees("running, booted, boot default")
		s.fits("the past", size[0], size[1])
		s.keys("down")
		s.sees("6.12.57 is booted")
		s.keys("enter")
		s.sees("From what runs to generation 41")
		s.sees("nginx  ∅ → 1.28.1  +3.0 MiB")
		s.fits("differences", size[0], size[1])
		s.keys("esc", "up", " ", "enter")
		s.sees("From generation 42 to generation 41")
		s.keys("esc", " ", "enter") // the cursor is on what is gone, and two are marked
		s.keys("up", "enter")
		s.sees("From generation 41 to generation 42")
		s.keys("esc", "down", "enter", "a", "b", "p")
		s.sees("3 generations of ") // of what is gone nothing can be done
		s.keys("esc")
		s.keys("esc")
		s.sees("host ")
	}
}

// TestGoingBackIsConfirmed: a key on a generation asks for a plan, and starts nothing.
func TestGoingBackIsConfirmed(t *testing.T) {
	s := newStage(t, 120, 40).showFleet()
	for keys, want := range map[string]Request{
		"a": {Action: nixcmd.Switch, To: fleet.Point{Number: 41}},
		"b": {Action: nixcmd.Boot, To: fleet.Point{Number: 41}},
	} {
		s.keys("1", "enter", "h", "g", "down")
		host := s.m.past.host
		s.keys(keys)
		if got := s.backend.request; got.Action != want.Action || got.To != want.To || len(got.Hosts) != 1 || got.Hosts[0] != host {
			t.Errorf("%s asks for %+v", keys, got)
		}
		s.sees("close")
		s.keys("esc")
	}
	s.keys("1", "R", "enter")
	if got := s.backend.request; got.Action != nixcmd.Reboot || len(got.Hosts) != 1 {
		t.Errorf("R asks for %+v", got)
	}
}

func TestAPastThatCannotBeRead(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("enter", "h")
	s.send(pastReadMsg{asked: s.m.past.asked, err: &fleet.Error{Message: "it is no NixOS", Hint: "hide it"}})
	s.sees("It is no NixOS.")
	s.sees("Hide it.")
	s.keys("enter", "a", " ")
	s.fits("no past", 80, 24)
	s.send(pastReadMsg{asked: s.m.past.asked - 1, past: examplePast()})
	if strings.Contains(s.m.View(), "boot default") {
		t.Error("a late answer is shown")
	}
}
