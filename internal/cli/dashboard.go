package cli

import "context"

// dashboardOptions are those of a start without a command.
type dashboardOptions struct {
	*Program
	Source *sourceFlags
	On     string
}

// runDashboard says where to look until there is a dashboard.
func runDashboard(_ context.Context, o *dashboardOptions) error {
	return &Failure{Message: "there is no dashboard yet", Hint: "`" + o.World.Self() + " status` shows the fleet, `" + o.World.Self() + " --help` what else there is"}
}
