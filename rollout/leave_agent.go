package rollout

import (
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// LeaveAgent takes the agent away from targets whose sudo is known not to ask
// it: whoever is root there could use it as long as the run lasts. What is not
// known for sure keeps it. A note says who goes without.
func (p *Plan) LeaveAgent(g *Ground) {
	var without []string
	for i, h := range p.Hosts {
		if h.Skip == "" && h.ForwardAgent && p.disturbs() && !p.copiesByAgent(h) && needsNoAgent(g, h) {
			p.Hosts[i].ForwardAgent = false
			without = append(without, h.Name)
		}
	}
	if len(without) == 0 || !g.Agent {
		return
	}
	p.Findings = append(p.Findings, Finding{Check: CheckSudo, Level: LevelNote,
		Message: "your agent is not forwarded to " + strings.Join(without, ", ") + ": sudo there does not ask it"})
}

// copiesByAgent says whether the old nixos-rebuild copies to the host from a
// third machine, for which the agent has to come along.
func (p *Plan) copiesByAgent(h PlanHost) bool {
	return p.Dialect.Kind == nixcmd.KindBash && h.buildHost() != "" && h.buildHost() != h.Name
}

// needsNoAgent says whether sudo on the host is known to do without the agent,
// by what was foretold and by what it answered.
func needsNoAgent(g *Ground, h PlanHost) bool {
	look := g.Looks[h.Name]
	if look.Err != nil {
		return false
	}
	switch c := g.Sudo.Forecasts[h.Name]; c.By {
	case sshutil.SudoByRoot, sshutil.SudoByRule:
		return c.Outlook == sshutil.SudoWillWork && look.Survey.Sudo != fleet.SudoPassword
	case sshutil.SudoByPassword:
		return c.Outlook == sshutil.SudoNeedsPassword && c.Miss == "" && look.Survey.Sudo == fleet.SudoPassword
	}
	return false
}
