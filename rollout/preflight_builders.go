package rollout

import (
	"fmt"
	"slices"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// OwnBuilders is what preflight learned of the machines to which this
// machine's Nix sends builds.
type OwnBuilders struct {
	Machines []nixcmd.Machine
	Health   map[string]fleet.BuilderHealth // by host name there; of those that were looked at
	Trusted  bool                           // its daemon lets the person choose among them
}

// BuildsHere says whether a host of the plan is built on this machine.
func (p *Plan) BuildsHere() bool {
	return slices.ContainsFunc(p.Hosts, func(h PlanHost) bool { return h.Skip == "" && h.buildHost() == Here })
}

// ChooseBuilders leaves out of the run those of this machine's builders that
// are ill: Nix would wait for them. Only who is trusted by the daemon may
// choose; anybody may do without builders at all. What the person says of
// builders in arguments for nixos-rebuild counts first.
func (p *Plan) ChooseBuilders(own OwnBuilders) {
	if !p.BuildsHere() || slices.Contains(p.Args, "--builders") || len(own.Machines) == 0 {
		return
	}
	if p.Alone {
		p.Builders = new(string)
		return
	}
	var well []string
	var names []string
	var ill []fleet.BuilderHealth
	for _, m := range own.Machines {
		h := own.Health[m.HostName]
		if h.Health == fleet.HealthIll || h.Health == fleet.HealthDown {
			h.Builder.Name = m.HostName
			ill = append(ill, h)
			continue
		}
		well, names = append(well, m.String()), append(names, m.HostName)
	}
	if len(ill) == 0 {
		return
	}
	if own.Trusted {
		list := strings.Join(well, " ; ")
		p.Builders = &list
	}
	for _, h := range ill {
		p.Findings = append(p.Findings, p.leftOut(h, names))
	}
}

// leftOut tells of a builder that is ill, and what that means for the run.
func (p *Plan) leftOut(h fleet.BuilderHealth, well []string) Finding {
	f := Finding{Check: CheckBuilders, Level: LevelWarning, Hint: h.Hint}
	why := fmt.Sprintf("%s is %s (%s)", h.Builder.Name, h.Health, h.Reason)
	switch {
	case p.Builders == nil:
		f.Message = "this machine's Nix sends builds to " + why + ", and its daemon does not let " + p.User + " leave it out: builds may wait for it"
		f.Hint = fmt.Sprintf("--without-builders builds here alone (in the deploy menu: build on local, alone); with nix.settings.trusted-users = [ %q ]; on this machine it is left out by itself.", p.User)
	case len(well) == 0:
		f.Message = "the builder " + why + ": this run does without, and builds here alone"
	default:
		f.Message = "the builder " + why + ": this run does without, and sends builds to " + strings.Join(well, ", ")
	}
	return f
}

// builderArgs are nixos-rebuild's for a host that is built here, where it is
// not to use the builders that this machine's Nix knows by itself.
func (p *Plan) builderArgs(h PlanHost) []string {
	if p.Builders == nil || h.buildHost() != Here {
		return nil
	}
	return []string{"--builders", *p.Builders}
}
