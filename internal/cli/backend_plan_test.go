package cli

import (
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

func TestAProposalTellsEachReasonOnce(t *testing.T) {
	plan := rollout.Plan{Action: "switch", Program: []string{"nixos-rebuild"}, Hosts: []rollout.PlanHost{
		{Name: "web1", BuildOn: rollout.BuildOnTarget}, {Name: "web2", BuildOn: rollout.BuildOnTarget},
		{Name: "web3", BuildOn: rollout.BuildOnTarget, Skip: "it is frozen: wait"},
	}, Findings: []rollout.Finding{
		{Host: "web1", Level: rollout.LevelConfirm, Message: "it is ahead"}, {Host: "web2", Level: rollout.LevelBlocker, Message: "it is full"},
	}}
	plan.Refuse()
	p := (&backend{}).proposal(&ready{plan: plan})
	levels := map[string][]ui.Level{}
	for _, f := range p.Findings {
		levels[f.Host] = append(levels[f.Host], f.Level)
	}
	for host, want := range map[string]ui.Level{"web1": ui.Confirm, "web2": ui.Blocker, "web3": ui.Warning} {
		if got := levels[host]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v", host, got)
		}
	}
	if len(p.Commands) != 1 || p.Commands[0].Host != "web1" {
		t.Errorf("commands of %v", p.Commands)
	}
}

func TestWhatIsDoneAgainIsBuiltWhereItWas(t *testing.T) {
	l := &loaded{inv: inventoryOf("web1", "web2", "web3")}
	again := &rollout.Plan{Hosts: []rollout.PlanHost{{Name: "web1", BuildOn: "web3"}, {Name: "web2", BuildOn: rollout.BuildOnLocal}}}
	for name, want := range map[string]string{"web1": "web3", "web2": rollout.BuildOnLocal, "web3": rollout.BuildOnTarget} {
		h, err := planHost(l, request{Again: again}, name)
		if err != nil || h.BuildOn != want {
			t.Errorf("%s is built on %q, %v", name, h.BuildOn, err)
		}
	}
}

func inventoryOf(names ...string) *fleet.Inventory {
	inv := &fleet.Inventory{}
	for _, name := range names {
		inv.Hosts = append(inv.Hosts, fleet.Host{Name: name, InFlake: true})
	}
	return inv
}
