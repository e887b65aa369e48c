package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
	"nixfleet-tui/ui"
)

// viewer puts the questions that wait in dir before a person, who may take
// long. It is called again and again, as long as there may be more.
type viewer func(ctx context.Context, dir string, open []rollout.Question) error

// lookByAsking looks at the machines that let nobody in unless somebody answers
// ssh, so that what it asks comes before anything is built. One comes after the
// other: a host hangs up on an ssh that waits for long. A key that many of them
// want is opened once.
func (s *scout) lookByAsking(ctx context.Context, store *rollout.Store, plan *rollout.Plan, questions map[string]fleet.Questions) (err error) {
	names := s.askable(plan, questions)
	if len(names) == 0 {
		return nil
	}
	defer s.IO.settle(&err)
	shared, view := s.links.shared, s.terminalViewer()
	if s.board != nil {
		if shared, err = s.board.logins(); err != nil {
			return err
		}
		view = s.board.viewer()
		defer s.board.news.Post(ui.AskedBefore{})
	}
	if shared == nil { // OpenSSH does not reach them
		return nil
	}
	s.asked = shared
	keys := &sshutil.Passphrases{Program: shared.ssh}
	defer keys.Wipe()
	for i, name := range names {
		keys.Others = func(key string) int { return s.lockedOut(names[i+1:], key) }
		if err := s.logIn(ctx, shared, name, keys, view); err != nil {
			s.ground.Looks[name] = rollout.Look{Err: err}
			continue
		}
		if err := s.lookAt(ctx, store, name, questions[name]); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// askable are the machines of which a person's answer may let us look, those of
// the plan in its order.
func (s *scout) askable(plan *rollout.Plan, questions map[string]fleet.Questions) []string {
	if !plan.Ask {
		return nil
	}
	var names []string
	for _, h := range plan.Hosts {
		names = append(names, h.Name)
	}
	for name := range questions {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names[len(plan.Hosts):])
	return slices.DeleteFunc(names, func(name string) bool { return !s.ground.Looks[name].Askable() })
}

// lockedOut is how many of the machines a key would be tried on if it were open.
func (s *scout) lockedOut(names []string, key string) (n int) {
	for _, name := range names {
		var e *sshutil.Error
		if errors.As(s.ground.Looks[name].Err, &e) && slices.Contains(e.Locked, key) {
			n++
		}
	}
	return n
}

// logIn logs in on a machine while the person answers what ssh asks.
func (s *scout) logIn(ctx context.Context, shared *sharing, name string, keys *sshutil.Passphrases, view viewer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	plan := shared.plan
	plan.Ask = true
	over := make(chan error, 1)
	go func() {
		m, err := plan.LoginAsking(ctx, plan.Sockets, shared.ssh, name, keys)
		if err == nil {
			shared.keep(name, m)
		}
		over <- err
	}()
	tick := time.NewTicker(answerPoll)
	defer tick.Stop()
	for {
		select {
		case err := <-over:
			return err
		case <-tick.C:
		}
		open, err := rollout.OpenQuestions(plan.Sockets)
		if err == nil {
			err = view(ctx, plan.Sockets, open)
		}
		if err != nil {
			stop()
			<-over
			return err
		}
	}
}

// terminalViewer puts each question once on the terminal.
func (p *Program) terminalViewer() viewer {
	var put []string
	return func(ctx context.Context, dir string, open []rollout.Question) error {
		for _, q := range open {
			if slices.Contains(put, q.ID) {
				continue
			}
			put = append(put, q.ID)
			if err := p.askQuestion(ctx, dir, q); err != nil {
				return err
			}
		}
		return nil
	}
}

// viewer tells the dashboard what is asked.
func (b *backend) viewer() viewer {
	return func(_ context.Context, dir string, open []rollout.Question) error {
		b.news.Post(ui.AskedBefore{Dir: dir, Questions: open})
		return nil
	}
}

// runner is how a machine is reached: by the login for which somebody answered,
// if there is one.
func (s *scout) runner(ctx context.Context, name string) (r sshutil.Runner, forwards bool, err error) {
	if m := s.asked.kept(name); m != nil {
		return m, s.asked.forwards[name], nil
	}
	return s.links.runner(ctx, name)
}

// keep makes a login that somebody answered for the host's.
func (s *sharing) keep(host string, m *sshutil.Master) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := &login{master: m}
	one.once.Do(func() {})
	s.logins[host] = one
}

// kept is the login of a host, if there is one by now.
func (s *sharing) kept(host string) *sshutil.Master {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.logins[host]; one != nil {
		return one.master
	}
	return nil
}
