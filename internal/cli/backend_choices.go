package cli

import (
	"github.com/kballard/go-shellquote"

	"nixfleet-tui/fleet"
	"nixfleet-tui/ui"
)

// choose takes what a person chose in the deploy menu.
func (o *actionOptions) choose(c ui.Choices) error {
	if c.Parallel > 0 {
		o.Parallel = c.Parallel
	}
	o.Canary, o.Wave, o.MaxFailures = c.Canary, c.Wave, c.MaxFailures
	o.RollbackOnFailure, o.ConfirmTimeout = c.Undo, c.Confirm
	o.ActivationTimeout, o.HealthTimeout = defaultActivation, defaultHealth
	o.limited = func() bool { return c.MaxFailures > 0 }
	o.SkipUnreachable, o.Thaw, o.FollowTree = c.SkipDown, c.Thaw, c.FollowTree
	args, err := shellquote.Split(c.Args)
	if err != nil {
		return &fleet.Error{Message: "the arguments for nixos-rebuild cannot be read: " + err.Error(), Hint: "Quote them as in a shell.", Err: err}
	}
	o.Args = args
	return nil
}
