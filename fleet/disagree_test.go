package fleet

import (
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

func TestSourcesDisagree(t *testing.T) {
	inv := &Inventory{
		Hosts: []Host{{Name: "h1"}, {Name: "h2", HostKey: "ssh-ed25519 " + strings.Repeat("A", 60) + "one", Builder: &Builder{SSHUser: "nix"}}},
		Builders: []Builder{{Name: "h2", Host: "h2", Systems: []string{"x86_64-linux"}, MaxJobs: 4, SpeedFactor: 10, SSHUser: "nix", From: []string{fleetFile}},
			{Name: "calm", Systems: []string{"x86_64-linux"}, MaxJobs: 1, SpeedFactor: 1, From: []string{fleetFile}}},
	}
	same := nixcmd.Machine{HostName: "h2", User: "nix", Systems: []string{"x86_64-linux"}, MaxJobs: 4, SpeedFactor: 10}
	other := same
	other.PublicHostKey, other.SpeedFactor = "ssh-ed25519 "+strings.Repeat("A", 60)+"two", 2.5
	facts := map[string]Facts{"h1": {HostFacts: nixcmd.HostFacts{Machines: []nixcmd.Machine{same}}}}
	full := inv.With(Sources{Facts: facts, Here: Machines{List: []nixcmd.Machine{other, other, {HostName: "calm", MaxJobs: 1, SpeedFactor: 1}}}})
	want := []string{
		"its host key: …AAAAAAAAAone in fleet.nix, but …AAAAAAAAAtwo in /etc/nix/machines",
		"its speed: 10 in fleet.nix and 1 more, but 2.5 in /etc/nix/machines",
		"/etc/nix/machines lists it more than once",
	}
	find := func(inv *Inventory, name string) []string {
		i := slices.IndexFunc(inv.Builders, func(b Builder) bool { return b.Name == name })
		return inv.Builders[i].Findings
	}
	if got := find(full, "h2"); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := find(full.With(Sources{Facts: facts, Here: Machines{List: []nixcmd.Machine{other, other}}}), "h2"); !slices.Equal(got, want) {
		t.Errorf("learning the same twice gives %q", got)
	}
	if got := find(full, "calm"); got != nil {
		t.Errorf("got %q", got)
	}
	if got := find(full.With(Sources{Facts: facts}), "h2"); got != nil {
		t.Errorf("what is mended still shows: %q", got)
	}
}

func TestAMistakeInAListIsAFinding(t *testing.T) {
	inv := &Inventory{Hosts: []Host{{Name: "h1"}}}
	facts := map[string]Facts{"h1": {HostFacts: nixcmd.HostFacts{Machines: []nixcmd.Machine{
		{HostName: "a", MaxJobs: 1, SpeedFactor: 1, Mistake: "the host key is no base64"}, {HostName: "b", MaxJobs: 1, SpeedFactor: 1},
	}}}}
	full := inv.With(Sources{Facts: facts, Listed: map[string]Machines{"h1": {Mistakes: []string{"/etc/nix/machines:3: \"x\" is no speed factor"}}}})
	if got := full.Builders[0].Findings; len(got) != 1 || !strings.HasPrefix(got[0], "nix.buildMachines of h1: the host key is no base64") {
		t.Errorf("a: %q", got)
	}
	if got := full.Builders[1].Findings; got != nil {
		t.Errorf("b: %q", got)
	}
	if want := []string{"on h1: /etc/nix/machines:3: \"x\" is no speed factor"}; !slices.Equal(full.Unlisted, want) {
		t.Errorf("got %q", full.Unlisted)
	}
}

func TestMachinesFilesOfHostsAreASource(t *testing.T) {
	inv := &Inventory{Hosts: []Host{{Name: "h1"}, {Name: "h2", Address: "h2.lan"}}}
	evaluated := nixcmd.Machine{Protocol: "ssh-ng", HostName: "h2.lan", Systems: []string{"x86_64-linux"}, MaxJobs: 4, SpeedFactor: 1}
	really := evaluated
	really.Protocol, really.MaxJobs = "ssh", 2
	sources := Sources{
		Facts:  map[string]Facts{"h1": {HostFacts: nixcmd.HostFacts{Machines: []nixcmd.Machine{evaluated}}}},
		Listed: map[string]Machines{"h1": {List: []nixcmd.Machine{really, {Protocol: "ssh", HostName: "other", MaxJobs: 1, SpeedFactor: 1}}}},
	}
	full := inv.With(sources)
	if len(full.Builders) != 2 {
		t.Fatalf("got %+v", full.Builders)
	}
	b := full.Builders[0]
	want := []string{
		"its protocol: ssh-ng in nix.buildMachines of h1, but ssh in /etc/nix/machines of h1",
		"its jobs: 4 in nix.buildMachines of h1, but 2 in /etc/nix/machines of h1",
	}
	if b.Name != "h2" || b.Protocol != "ssh-ng" || !slices.Equal(b.Findings, want) {
		t.Errorf("got %+v", b)
	}
	if other := full.Builders[1]; !slices.Equal(full.Dispatchers(other), []string{"h1"}) || other.Protocol != "ssh" {
		t.Errorf("got %+v", other)
	}
	if again := full.With(Sources{Facts: sources.Facts}); len(again.Builders) != 1 || again.Builders[0].Findings != nil {
		t.Errorf("what is listed no more is still there: %+v", again.Builders)
	}
}
