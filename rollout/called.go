package rollout

import (
	"slices"
	"strings"
)

// rollbackWord is what a run is called that takes hosts to generations of theirs.
const rollbackWord = "rollback"

// GoesBack says whether the run takes hosts to generations that they have.
func (p *Plan) GoesBack() bool {
	return p.Action.MovesProfile() && slices.ContainsFunc(p.Hosts, func(h PlanHost) bool { return h.Activate != nil && h.Activate.Generation > 0 })
}

// Called is what people call the run: its action, or rollback. Lists do not
// have the whole plan of a run that is over, but its ID says so too.
func (p *Plan) Called() string {
	if p.GoesBack() || p.Action.MovesProfile() && strings.Contains(p.ID, "-"+rollbackWord+"-") {
		return rollbackWord
	}
	return string(p.Action)
}
