package cli

import (
	"context"
	"errors"

	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

// TryPassword implements ui.Backend, by logins that the run will share.
func (b *backend) TryPassword(ctx context.Context, _ ui.Proposal, hosts []string, password *rollout.Secret) ([]string, error) {
	shared, err := b.logins()
	if err != nil {
		return nil, asFleetError(err)
	}
	right, err := tryEverywhere(ctx, shared.ssh, &shared.plan, hosts, password)
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

// lendToAll lends the agent of whoever looks at the dashboard to tasks whose
// own has gone.
func (b *backend) lendToAll(ctx context.Context, runs []rollout.View) {
	for _, v := range runs {
		if !v.Alive {
			continue
		}
		_, failed := b.Program.lendAgents(ctx, v.Dir, v)
		for _, what := range failed {
			b.news.Post(ui.Said{Message: what})
		}
	}
}
