package rollout

import (
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// TestThisMachineComesLast: its key tells, whatever the host is called; a name
// has to do only where there is no key.
func TestThisMachineComesLast(t *testing.T) {
	here := fleet.Reading{MachineID: "m1", BootID: "b1"}
	for name, c := range map[string]struct {
		reading  fleet.Reading
		self     string
		hostname string // that the flake gives h1
		last     bool
	}{
		"by another name":              {here, here.MachineKey(), "elsewhere", true},
		"another that is called so":    {fleet.Reading{MachineID: "m2", BootID: "b2"}, here.MachineKey(), "laptop", false},
		"not read, but called so":      {fleet.Reading{}, here.MachineKey(), "laptop", true},
		"no key here, but called so":   {here, "", "laptop", true},
		"no key here, nor the name":    {here, "", "elsewhere", false},
		"rebooted since, called other": {fleet.Reading{MachineID: "m1", BootID: "b0"}, here.MachineKey(), "", false},
	} {
		s := newScene()
		s.h1.Reading.MachineID, s.h1.Reading.BootID = c.reading.MachineID, c.reading.BootID
		s.ground.Self = c.self
		s.ground.Facts["h1"] = fleet.Facts{HostFacts: nixcmd.HostFacts{HostName: c.hostname}}
		s.findings()
		if got := s.plan.Hosts[0].Last; got != c.last {
			t.Errorf("%s: last is %v", name, got)
		}
	}
}

// TestTyped: what is shown can be typed, wherever nixos-rebuild was found.
func TestTyped(t *testing.T) {
	h := PlanHost{Name: "h1", BuildOn: BuildOnTarget}
	for _, program := range [][]string{{"/run/current-system/sw/bin/nixos-rebuild"}, {"/proc/self/exe", "demo", "rebuild", "/state"}} {
		p := Plan{Action: nixcmd.Switch, Program: program, Flake: Flake{Pinned: "."}}
		words, real := p.Typed(h), p.command(h)
		if words[0] != "nixos-rebuild" || words[1] != "switch" || len(words) != len(real)-len(program)+1 {
			t.Errorf("%q is shown as %q", real, words)
		}
	}
}
