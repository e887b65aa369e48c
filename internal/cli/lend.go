package cli

import (
	"context"
	"errors"
	"sync"

	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// lendAgents lends this person's agent to all tasks of the run in dir whose own
// has gone, at the same time: one that does not take it holds up no other. It says
// whether any task wants one, and what went wrong, a sentence each. Without an
// agent that answers, they go on waiting for somebody who has one.
func (p *Program) lendAgents(ctx context.Context, dir string, v rollout.View) (wanted bool, failed []string) {
	var open []rollout.Question
	for _, t := range v.Tasks {
		for _, q := range t.Questions {
			if q.Wants == rollout.WantsAgent {
				open = append(open, q)
			}
		}
	}
	socket := p.Env.Getenv("SSH_AUTH_SOCK")
	if len(open) == 0 || socket == "" {
		return len(open) > 0, nil
	}
	if _, err := sshutil.ListAgent(ctx, socket); err != nil {
		return true, nil // it is gone here as well
	}
	errs := make([]error, len(open))
	var lending sync.WaitGroup
	for i, q := range open {
		lending.Go(func() { errs[i] = rollout.LendAgent(dir, q.ID, socket) })
	}
	lending.Wait()
	for i, err := range errs {
		if err != nil && !errors.Is(err, rollout.ErrSettled) {
			failed = append(failed, "the agent could not be lent to "+open[i].Host+": "+err.Error())
		}
	}
	return true, failed
}
