package cli

import (
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

func TestOwnRunsAreTold(t *testing.T) {
	to := &rollout.Activation{Path: "/nix/store/x", Generation: 41}
	for name, c := range map[string]struct {
		plan rollout.Plan
		want bool
	}{
		"a deployment":       {rollout.Plan{Action: nixcmd.Switch, Hosts: []rollout.PlanHost{{Name: "web1"}}}, false},
		"what was previewed": {rollout.Plan{Action: nixcmd.Switch, Hosts: []rollout.PlanHost{{Name: "web1", Activate: &rollout.Activation{Path: "/nix/store/x"}}}}, false},
		"a rollback":         {rollout.Plan{Action: nixcmd.Switch, Hosts: []rollout.PlanHost{{Name: "web1", Skip: "frozen"}, {Name: "web2", Activate: to}}}, true},
		"a reboot":           {rollout.Plan{Action: nixcmd.Reboot, Hosts: []rollout.PlanHost{{Name: "web1"}}}, true},
	} {
		if got := isOwn(&c.plan); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestTypedForHosts: what a person confirms is what runs, not nixos-rebuild's words.
func TestTypedForHosts(t *testing.T) {
	h := rollout.PlanHost{Name: "web1", Sudo: true, Activate: &rollout.Activation{Path: "/nix/store/x", Generation: 41}}
	for action, want := range map[nixcmd.Action]string{
		nixcmd.Switch: "ssh web1 sudo nix-env -p /nix/var/nix/profiles/system --switch-generation 41 && sudo /nix/store/x/bin/switch-to-configuration switch",
		nixcmd.Reboot: "ssh web1 sudo systemctl reboot",
	} {
		if got := typedFor(&rollout.Plan{Action: action}, h); got != want {
			t.Errorf("%s: %s, want %s", action, got, want)
		}
	}
}

// TestGoingBackWithCareFromTheDashboard: what is chosen in the menu is in the
// plan and is told, and doing it again takes as much care.
func TestGoingBackWithCareFromTheDashboard(t *testing.T) {
	board := demoBench(t).demoBoard()
	hosts := []string{"ankarana", "boraha"}
	p, err := board.Plan(t.Context(), ui.Request{Action: nixcmd.Switch, Hosts: hosts, To: fleet.Point{Number: -1}, Wait: true,
		Choices: ui.Choices{Parallel: 2, Canary: 1, Wave: 3, Undo: true, Confirm: 90, SkipDown: true}})
	if err != nil {
		t.Fatal(err)
	}
	careful := func(p rollout.Plan) bool {
		return p.Waves != nil && *p.Waves == rollout.Waves{Canary: 1, Size: 3} && p.Undo && p.Confirm != nil && p.Confirm.Within == 90 && p.Parallel == 2 && p.SkipDown
	}
	if !careful(p.Plan) || !p.Plan.Wait {
		t.Errorf("the plan is %+v", p.Plan)
	}
	var told string
	for _, f := range p.Findings {
		told += f.Message + "\n"
	}
	for _, want := range []string{"1 host first, then 3 at a time", "is put back on what it was", "within 90 s"} {
		if !strings.Contains(told, want) {
			t.Errorf("nothing tells of %q:\n%s", want, told)
		}
	}
	failed := rollout.View{Plan: p.Plan, Tasks: []rollout.TaskView{{Host: "boraha", Verdict: &rollout.Verdict{Outcome: rollout.OutcomeFailed}}}}
	again, err := board.planAgain(t.Context(), failed, ui.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if !careful(again.Plan) || len(again.Plan.Hosts) != 1 || again.Plan.Hosts[0].Activate.Generation != 60 {
		t.Errorf("again: %+v", again.Plan)
	}
}
