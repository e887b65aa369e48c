package cli

import (
	"context"
	"errors"

	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

// TryPassword implements ui.Backend.
func (b *backend) TryPassword(ctx context.Context, p ui.Proposal, hosts []string, password *rollout.Secret) ([]string, error) {
	right, err := tryEverywhere(ctx, b.World.Tools().ssh, &p.Plan, hosts, password)
	if err != nil {
		return nil, asFleetError(err)
	}
	return right, nil
}

// AnswerQuestion implements ui.Backend. Somebody else may have been faster.
func (b *backend) AnswerQuestion(dir, id string, answer *rollout.Secret) error {
	return unsettled(rollout.Answer(dir, id, answer))
}

// RefuseQuestion implements ui.Backend.
func (b *backend) RefuseQuestion(dir, id string) error {
	return unsettled(rollout.RefuseQuestion(dir, id))
}

func unsettled(err error) error {
	if err == nil || errors.Is(err, rollout.ErrSettled) {
		return nil
	}
	return asFleetError(err)
}
