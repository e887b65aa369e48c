package rollout

import (
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

func TestIllBuildersAreLeftOut(t *testing.T) {
	machine := func(name string) nixcmd.Machine {
		return nixcmd.Machine{Protocol: "ssh-ng", HostName: name, User: "nix", Systems: []string{"x86_64-linux"}, SSHKey: "/key", MaxJobs: 4, SpeedFactor: 2}
	}
	all := []nixcmd.Machine{machine("big"), machine("gone"), machine("sick"), machine("grey")}
	health := map[string]fleet.BuilderHealth{
		"big": {Health: fleet.HealthOK}, "gone": {Health: fleet.HealthDown, Reason: "no route"}, "sick": {Health: fleet.HealthIll, Reason: "no daemon", Hint: "restart it"},
	}
	const rest = "ssh-ng://nix@big x86_64-linux /key 4 2 - - - ; ssh-ng://nix@grey x86_64-linux /key 4 2 - - -"
	for name, c := range map[string]struct {
		own     OwnBuilders
		buildOn string
		args    []string
		alone   bool
		want    []string // of the command
		says    []string // a part of each finding
	}{
		"trusted":      {own: OwnBuilders{all, health, true}, buildOn: BuildOnLocal, want: []string{"--builders", rest}, says: []string{"gone is down (no route): this run does without, and sends builds to big, grey", "sick is ill"}},
		"not trusted":  {own: OwnBuilders{all, health, false}, buildOn: BuildOnLocal, says: []string{"does not let eve leave it out", "does not let eve leave it out"}},
		"alone":        {own: OwnBuilders{all, health, false}, buildOn: BuildOnLocal, alone: true, want: []string{"--builders", ""}},
		"all are well": {own: OwnBuilders{all[:1], health, true}, buildOn: BuildOnLocal},
		"none is well": {own: OwnBuilders{all[1:3], health, true}, buildOn: BuildOnLocal, want: []string{"--builders", ""}, says: []string{"builds here alone", "builds here alone"}},
		"has no ones":  {own: OwnBuilders{nil, nil, true}, buildOn: BuildOnLocal},
		"built there":  {own: OwnBuilders{all, health, true}, buildOn: BuildOnTarget},
		"said already": {own: OwnBuilders{all, health, true}, buildOn: BuildOnLocal, args: []string{"--builders", "ssh://mine"}, want: []string{"--builders", "ssh://mine"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := Plan{Action: nixcmd.Switch, User: "eve", Alone: c.alone, Args: c.args, Hosts: []PlanHost{{Name: "web1", BuildOn: c.buildOn}}}
			p.ChooseBuilders(c.own)
			words := p.command(p.Hosts[0])
			i := slices.Index(words, "--builders")
			if (i >= 0) != (c.want != nil) || i >= 0 && !slices.Equal(words[i:i+2], c.want) {
				t.Errorf("runs %q", words)
			}
			if n := len(p.Findings); n != len(c.says) {
				t.Fatalf("found %+v", p.Findings)
			}
			for i, f := range p.Findings {
				if !strings.Contains(f.Message, c.says[i]) || f.Level != LevelWarning || name == "not trusted" && !strings.Contains(f.Hint, "--without-builders") {
					t.Errorf("found %+v", f)
				}
			}
		})
	}
}
