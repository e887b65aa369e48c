package cli

import (
	"context"
	"strings"

	"nixfleet-tui/rollout"
)

// checkRuns counts the runs, and names those that nobody can read.
func (o *doctorOptions) checkRuns(views []rollout.View) []finding {
	const check = "runs"
	var broken, lost []string
	for _, v := range views {
		switch {
		case v.Broken != "":
			broken = append(broken, v.Plan.ID)
		case !v.Over() && !v.Alive:
			lost = append(lost, v.Plan.ID)
		}
	}
	all := found(check, healthOK, "", "%s kept", count(len(views), "run"))
	if len(lost) > 0 {
		all = append(all, found(check, healthWarn, "`"+o.World.Self()+" runs` takes them up again", "%s lost its supervisor: %s", count(len(lost), "run"), strings.Join(lost, ", "))...)
	}
	if len(broken) > 0 {
		all = append(all, found(check, healthWarn, "Remove what you do not need", "%s cannot be read whole: %s", count(len(broken), "run"), strings.Join(broken, ", "))...)
	}
	return all
}

// checkBuilders reads what this machine's own Nix sends builds to, and how far
// up the ladder to a build each of them is well.
func (o *doctorOptions) checkBuilders(ctx context.Context) []finding {
	const check = "builders"
	machines := o.World.Machines()
	var all []finding
	for _, mistake := range machines.Mistakes {
		all = append(all, finding{check, healthWarn, mistake, "Mend that line"})
	}
	if len(machines.List) == 0 {
		return append(all, found(check, healthOK, "", "this machine's Nix sends builds to nobody")...)
	}
	var names []string
	for _, m := range machines.List {
		names = append(names, m.HostName+" ("+strings.Join(m.Systems, " ")+")")
	}
	all = append(all, found(check, healthOK, "", "this machine's Nix sends builds to %s", strings.Join(names, ", "))...)
	return append(all, o.checkLadders(ctx, machines.List)...)
}
