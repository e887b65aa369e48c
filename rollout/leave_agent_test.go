package rollout

import (
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

func TestAgentStaysAtHome(t *testing.T) {
	works := func(by sshutil.SudoMeans) sshutil.SudoForecast {
		return sshutil.SudoForecast{Outlook: sshutil.SudoWillWork, By: by}
	}
	password := sshutil.SudoForecast{Outlook: sshutil.SudoNeedsPassword, By: sshutil.SudoByPassword}
	missed := password
	missed.Miss = "the certificate expired 3 minutes ago"
	for name, c := range map[string]struct {
		forecast sshutil.SudoForecast
		sudo     fleet.Sudo
		action   nixcmd.Action
		stays    bool
	}{
		"root":                    {works(sshutil.SudoByRoot), fleet.SudoWorks, nixcmd.Switch, true},
		"NOPASSWD":                {works(sshutil.SudoByRule), fleet.SudoWorks, nixcmd.Switch, true},
		"NOPASSWD, but sudo asks": {works(sshutil.SudoByRule), fleet.SudoPassword, nixcmd.Switch, false},
		"pam_ussh":                {works(sshutil.SudoByUssh), fleet.SudoWorks, nixcmd.Switch, false},
		"another module":          {works(sshutil.SudoByOther), fleet.SudoWorks, nixcmd.Switch, false},
		"a password":              {password, fleet.SudoPassword, nixcmd.Boot, true},
		"a password for now":      {missed, fleet.SudoPassword, nixcmd.Switch, false},
		"nothing known":           {sshutil.SudoForecast{}, fleet.SudoWorks, nixcmd.Switch, false},
		"no sudo wanted":          {works(sshutil.SudoByRule), fleet.SudoNotAsked, nixcmd.Build, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Plan{Action: c.action, Hosts: []PlanHost{{Name: "web1", BuildOn: BuildOnTarget, Sudo: true, ForwardAgent: true}}}
			g := &Ground{Agent: true, Looks: map[string]Look{"web1": {Survey: fleet.Survey{Sudo: c.sudo}}},
				Sudo: SudoGround{Forecasts: map[string]sshutil.SudoForecast{"web1": c.forecast}}}
			p.LeaveAgent(g)
			if stays := !p.Hosts[0].ForwardAgent; stays != c.stays {
				t.Errorf("the agent stays at home: %v", stays)
			}
			said := len(p.Findings) == 1 && strings.Contains(p.Findings[0].Message, "not forwarded to web1")
			if said != c.stays {
				t.Errorf("found %+v", p.Findings)
			}
		})
	}
}

func TestAgentGoesAlongToCopy(t *testing.T) {
	p := &Plan{Action: nixcmd.Switch, Dialect: nixcmd.Dialect{Kind: nixcmd.KindBash}, Hosts: []PlanHost{{Name: "web1", BuildOn: "builder", Sudo: true, ForwardAgent: true}}}
	g := &Ground{Looks: map[string]Look{"web1": {Survey: fleet.Survey{Sudo: fleet.SudoWorks}}},
		Sudo: SudoGround{Forecasts: map[string]sshutil.SudoForecast{"web1": {Outlook: sshutil.SudoWillWork, By: sshutil.SudoByRule}}}}
	p.LeaveAgent(g)
	if !p.Hosts[0].ForwardAgent {
		t.Error("the old nixos-rebuild copies from a third machine, and was left without an agent")
	}
}
