package rollout

import (
	"slices"
	"strings"

	"nixfleet-tui/fleet"
)

// down says why a host is left out with those that are down: no connection
// comes about with it, or with any machine that could build it. "" is a host
// that is not left out. A machine that answers is not down, whatever it says,
// and what is wrong with a host must not go unnoticed because its builder is down.
func (g *Ground) down(h PlanHost) string {
	own, place := g.Looks[h.Name].Err, h.buildHost()
	switch elsewhere := g.Looks[place].Err; {
	case fleet.IsDown(own):
		reason, _ := reasonOf(own)
		return "unreachable: " + reason
	case own != nil && !needsTouch(own):
		return ""
	case place != Here && fleet.IsDown(elsewhere):
		reason, _ := reasonOf(elsewhere)
		return "its builder " + place + " is down: " + reason
	}
	return g.helpersDown(h)
}

// helpersDown says that all who would build for the host's kind of machine in
// the stead of the machine where it is built are down; "" if not, or if there
// are none: those could not come up again.
func (g *Ground) helpersDown(h PlanHost) string {
	_, machines, _ := g.byOthers(h)
	var names []string
	var reason string
	for _, m := range machines {
		health := g.Helpers[m.HostName]
		if health.Health != fleet.HealthDown {
			return ""
		}
		if !slices.Contains(names, m.HostName) {
			names = append(names, m.HostName)
		}
		reason = health.Reason
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return "its builder " + names[0] + " is down: " + reason
	}
	return "its builders " + strings.Join(names, ", ") + " are down"
}
