package cli

import (
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// foretell notes what can be told of sudo beforehand on each host of a plan.
func (s *scout) foretell(store *rollout.Store, plan *rollout.Plan) error {
	s.ground.Sudo = rollout.SudoGround{Forecasts: map[string]sshutil.SudoForecast{}, Now: s.Env.Now()}
	lapses := false
	for _, h := range plan.Hosts {
		means := s.ground.Looks[h.Name].Survey.Means
		if means == nil {
			continue
		}
		c := s.forecast(h.Name, *means, s.forwarding[h.Name])
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

// forecast foretells for one host, with the person's agent or without.
func (s *scout) forecast(host string, means sshutil.SudoHost, forwarded bool) sshutil.SudoForecast {
	now, agent := s.Env.Now(), s.agent
	means.Name = host
	if reading := s.ground.Looks[host].Survey.Reading; !means.Clock.IsZero() && !reading.At.IsZero() {
		means.Clock = means.Clock.Add(now.Sub(reading.At)) // it has gone on since
	}
	if !forwarded && agent.Absent == "" {
		agent.Absent = "forwardAgent = false in fleet.nix"
	}
	return sshutil.PredictSudo(means, agent, now)
}
