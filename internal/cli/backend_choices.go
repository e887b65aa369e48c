package cli

import (
	"cmp"

	"github.com/kballard/go-shellquote"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

// choose takes what a person chose in the deploy menu. Care that only an
// activation can take is left out of other actions, which have no flags for it.
func (o *actionOptions) choose(c ui.Choices) error {
	o.Parallel = cmp.Or(c.Parallel, rollout.UsualParallel)
	o.Canary, o.Wave, o.MaxFailures = c.Canary, c.Wave, c.MaxFailures
	o.limited = func() bool { return c.MaxFailures > 0 }
	o.ActivationTimeout = cmp.Or(c.Activation, rollout.UsualActivation)
	o.HealthTimeout = cmp.Or(c.Health, rollout.UsualHealth)
	if o.Action.Activates() || o.Action.MovesProfile() {
		o.RollbackOnFailure, o.ConfirmTimeout = c.Undo, c.Confirm
	}
	o.SkipUnreachable, o.Thaw, o.FollowTree = c.SkipDown, c.Thaw, c.FollowTree
	args, err := shellquote.Split(c.Args)
	if err != nil {
		return &fleet.Error{Message: "the arguments for nixos-rebuild cannot be read: " + err.Error(), Hint: "Quote them as in a shell.", Err: err}
	}
	o.Args = args
	return o.careOptions.check()
}

// repeat makes the action what it was in a run that is done again.
func (o *actionOptions) repeat(was *rollout.Plan) {
	o.again, o.Alone = was, was.Alone
	o.Action, o.Args, o.Parallel = was.Action, was.Args, was.Parallel
	o.FollowTree, o.SkipUnreachable, o.Thaw = was.Follow, was.SkipDown, was.Thaw
}
