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

// checkBuilders reads what this machine's own Nix sends builds to.
func (o *doctorOptions) checkBuilders(context.Context) []finding {
	const check = "builders"
	machines, err := o.World.Machines()
	if err != nil {
		return failed(check, healthWarn, err)
	}
	if len(machines) == 0 {
		return found(check, healthOK, "", "this machine's Nix sends builds to nobody")
	}
	var names []string
	for _, m := range machines {
		names = append(names, m.HostName+" ("+strings.Join(m.Systems, " ")+")")
	}
	return found(check, healthOK, "", "this machine's Nix sends builds to %s", strings.Join(names, ", "))
}
