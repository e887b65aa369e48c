package rollout

import (
	"context"
	"errors"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// reach logs in on the host and reads how it stands. It takes at most reachFor:
// a dead host keeps silent to one way of asking after the other, each of which
// has a timeout of its own. Only for a touch that is wanted there is more time.
func (t *task) reach(ctx context.Context) (*fleet.Reading, error) {
	limited, cancel := context.WithTimeout(ctx, reachFor)
	defer cancel()
	if err := t.openMaster(limited, false); isSilent(err) {
		return nil, err
	}
	reading, err := t.read(limited, false)
	if needsTouch(err) && t.run.plan.Masters {
		return t.reachByTouch(ctx)
	}
	if mayAnswer(err) && t.run.plan.Masters && t.run.plan.asks() {
		return t.reachByAsking(ctx)
	}
	return reading, err
}

// reachByTouch logs in with a key that wants a touch: once, for all that share
// the login.
func (t *task) reachByTouch(ctx context.Context) (*fleet.Reading, error) {
	t.note("touch your security key to log in on it")
	ctx, cancel := context.WithTimeout(ctx, reachFor+touchFor)
	defer cancel()
	if err := t.openMaster(ctx, true); err != nil {
		return nil, err
	}
	return t.read(ctx, false)
}

// isSilent says whether trying to connect again would take as long as it just did.
func isSilent(err error) bool {
	var e *sshutil.Error
	return errors.As(err, &e) && (e.Kind == sshutil.KindTimeout || e.Kind == sshutil.KindUnreachable)
}
