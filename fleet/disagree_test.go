package fleet

import (
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

func TestSourcesDisagree(t *testing.T) {
	inv := &Inventory{
		Hosts: []Host{{Name: "h2", HostKey: "ssh-ed25519 " + strings.Repeat("A", 60) + "one", Builder: &Builder{SSHUser: "nix"}}, {Name: "h1"}},
		Builders: []Builder{{Name: "h2", Host: "h2", Systems: []string{"x86_64-linux"}, MaxJobs: 4, SpeedFactor: 10, SSHUser: "nix", From: []string{fleetFile}},
			{Name: "calm", Systems: []string{"x86_64-linux"}, MaxJobs: 1, SpeedFactor: 1, From: []string{fleetFile}}},
	}
	same := nixcmd.Machine{HostName: "h2", User: "nix", Systems: []string{"x86_64-linux"}, MaxJobs: 4, SpeedFactor: 10}
	other := same
	other.PublicHostKey, other.SpeedFactor = "ssh-ed25519 "+strings.Repeat("A", 60)+"two", 2.5
	facts := map[string]Facts{"h1": {HostFacts: nixcmd.HostFacts{Machines: []nixcmd.Machine{same}}}}
	full := inv.With(facts, []nixcmd.Machine{other, other, {HostName: "calm", MaxJobs: 1, SpeedFactor: 1}})
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
	if got := find(full.With(facts, []nixcmd.Machine{other, other}), "h2"); !slices.Equal(got, want) {
		t.Errorf("learning the same twice gives %q", got)
	}
	if got := find(full, "calm"); got != nil {
		t.Errorf("got %q", got)
	}
	if got := find(full.With(facts, nil), "h2"); got != nil {
		t.Errorf("what is mended still shows: %q", got)
	}
}
