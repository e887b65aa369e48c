package cli

import (
	"context"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// foretell notes what can be told of sudo beforehand on each host of a plan.
func (s *scout) foretell(store *rollout.Store, plan *rollout.Plan) error {
	s.ground.Sudo = rollout.SudoGround{Forecasts: map[string]sshutil.SudoForecast{}, Now: s.Env.Now()}
	lapses := false
	for _, h := range plan.Hosts {
		survey := s.ground.Looks[h.Name].Survey
		if survey.Means == nil {
			continue
		}
		c := s.forecast(h.Name, survey, s.agent(), s.forwarding[h.Name])
		s.ground.Sudo.Forecasts[h.Name] = c
		lapses = lapses || !c.Until.IsZero()
	}
	if !lapses {
		return nil
	}
	runs, err := store.List()
	if err != nil {
		return err
	}
	if took, known := rollout.ExpectedLength(plan, runs); known {
		s.ground.Sudo.Takes = took
	}
	return nil
}

// forecast foretells sudo on one host of which a survey has read its means,
// with the person's agent or without.
func (p *Program) forecast(host string, survey fleet.Survey, agent sshutil.SudoAgent, forwarded bool) sshutil.SudoForecast {
	now, means := p.Env.Now(), *survey.Means
	means.Name = host
	if read := survey.Reading.At; !means.Clock.IsZero() && !read.IsZero() {
		means.Clock = means.Clock.Add(now.Sub(read)) // it has gone on since
	}
	if !forwarded && agent.Absent == "" {
		agent.Absent = "forwardAgent = false in fleet.nix"
	}
	return sshutil.PredictSudo(means, agent, now)
}

// surveyWithoutTouch reads a machine, and asks sudo there only if no key would
// have to be touched for that, as far as can be foretold: nobody has been told
// to touch one yet, and sudo that waits for it in vain looks as if it wanted a
// password.
func (s *scout) surveyWithoutTouch(ctx context.Context, r sshutil.Runner, host string, q fleet.Questions, forwarded bool) (fleet.Survey, error) {
	survey, err := s.read(ctx, r, host, q.WithoutSudo())
	if err != nil {
		return survey, err
	}
	if survey.Means != nil {
		if f := s.forecast(host, survey, s.agent(), forwarded); f.Outlook == sshutil.SudoWillWork && f.Touch {
			return survey, nil
		}
	}
	survey.Sudo, survey.SudoSaid = fleet.AskSudo(ctx, r, q.Agent)
	return survey, nil
}
