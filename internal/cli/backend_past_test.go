package cli

import (
	"testing"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
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
