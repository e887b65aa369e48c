package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// preflight looks at all that the plan depends on, all machines at the same
// time, and puts into the plan what it finds. Only an interruption is an error:
// what cannot be looked at is a finding.
func (o *actionOptions) preflight(ctx context.Context, l *loaded, early *links, store *rollout.Store, plan *rollout.Plan) error {
	k, done, err := o.connections(ctx, l, early, store)
	if err != nil {
		return err
	}
	s := &scout{Program: o.Program, loaded: l, links: k, board: o.board, forwarding: map[string]bool{}, ground: rollout.Ground{
		Looks: map[string]rollout.Look{}, Facts: l.facts, Systems: map[string]string{}, Builders: l.inv.Builders,
		Helpers: map[string]fleet.BuilderHealth{}, Histories: map[string]fleet.History{}, Holders: map[string]rollout.Holder{},
		Agent: o.Env.hasAgent(), Self: o.World.ThisMachine(),
	}}
	for _, h := range l.inv.Hosts {
		s.ground.Systems[h.Name] = h.System
	}
	err = s.look(ctx, store, plan)
	plan.Findings = planFindings(l, *plan)
	own := s.lookAtOwnBuilders(ctx, plan)
	plan.Judge(&s.ground)
	plan.ChooseBuilders(own)
	plan.LeaveAgent(&s.ground)
	err = errors.Join(err, o.addSSH(l, plan))                            // by whom the agent goes to now
	if err = errors.Join(err, ctx.Err()); err == nil && o.board == nil { // the dashboard gives them when the run begins
		k.shared.give(plan)
	}
	return errors.Join(err, done())
}

// connections are how preflight reaches machines: those that are open already
// or were made early, if they still lead there, or else its own, which done closes.
func (o *actionOptions) connections(ctx context.Context, l *loaded, early *links, store *rollout.Store) (k *links, done func() error, err error) {
	if early.fit(l) {
		return early, func() error { return nil }, nil
	}
	own, err := o.link(ctx, store, l)
	if err != nil {
		return nil, nil, err
	}
	return own, own.end, nil
}

// scout looks at machines and notes what it saw.
type scout struct {
	*Program
	*loaded
	links  *links
	board  *backend // shows progress and questions; nil: the terminal does
	looked atomic.Int32
	asked  *sharing // logins for which somebody answered; nil without

	agent func() sshutil.SudoAgent // of the person

	mu         sync.Mutex
	ground     rollout.Ground
	forwarding map[string]bool // hosts that get the agent
}

func (s *scout) look(ctx context.Context, store *rollout.Store, plan *rollout.Plan) error {
	questions := plan.Questions()
	if err := s.lookAtAll(ctx, store, questions); err != nil {
		return err
	}
	if err := s.lookByAsking(ctx, store, plan, questions); err != nil {
		return err
	}
	s.lookAtHelpers(ctx, s.ground.NeedsHelp(plan))
	return s.foretell(store, plan)
}

// lookAtAll looks at all machines at the same time, and asks nobody.
func (s *scout) lookAtAll(ctx context.Context, store *rollout.Store, questions map[string]fleet.Questions) error {
	if s.board == nil {
		progress := newProgressLine(s.IO, func() string {
			return fmt.Sprintf("looked at %d of %s", s.looked.Load(), count(len(questions), "machine"))
		})
		defer progress.end()
	}
	var group errgroup.Group
	group.SetLimit(looksAtOnce)
	group.Go(func() error {
		s.ground.Untracked = untracked(ctx, s.inv.Flake.Dir)
		return nil
	})
	s.agent = sync.OnceValue(func() sshutil.SudoAgent { return s.World.Agent(ctx) })
	group.Go(func() error {
		s.agent()
		return nil
	})
	for name, q := range questions {
		group.Go(func() error {
			defer s.looked.Add(1)
			return s.lookAt(ctx, store, name, q)
		})
	}
	return group.Wait()
}

// lookAt reads one machine. The error is about our own locks.
func (s *scout) lookAt(ctx context.Context, store *rollout.Store, name string, q fleet.Questions) error {
	survey, err := s.survey(ctx, name, q)
	if errors.Is(err, errNoLook) {
		return nil
	}
	var (
		history fleet.History
		holder  rollout.Holder
		held    bool
		lockErr error
	)
	if err == nil && name != rollout.Here {
		holder, held, lockErr = store.HolderOf(survey.Reading, name)
		history = s.histories.Of(ctx, survey.Reading.Revision, s.inv.Revision())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ground.Looks[name] = rollout.Look{Survey: survey, Err: err}
	s.ground.Histories[name] = history
	if held {
		s.ground.Holders[name] = holder
	}
	return lockErr
}

// errNoLook says that this world has no machine of that kind.
var errNoLook = errors.New("there is nothing to look at")

func (s *scout) survey(ctx context.Context, name string, q fleet.Questions) (fleet.Survey, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if name == rollout.Here {
		here := s.World.Here()
		if here == nil {
			return fleet.Survey{}, errNoLook
		}
		return fleet.ReadSurvey(ctx, here, fleet.Questions{Trust: true}, s.Env.Now)
	}
	runner, forwards, err := s.runner(ctx, name)
	if err != nil {
		return fleet.Survey{}, err
	}
	forwards = forwards || q.Agent
	s.mu.Lock()
	s.forwarding[name] = forwards
	s.mu.Unlock()
	q = s.Env.questions(q, forwards)
	if q.Sudo && slices.ContainsFunc(s.agent().Keys, sshutil.AgentKey.WantsTouch) {
		return s.surveyWithoutTouch(ctx, runner, name, q, forwards)
	}
	return s.read(ctx, runner, name, q)
}

// read reads a machine, or waits for what was begun early.
func (s *scout) read(ctx context.Context, r sshutil.Runner, name string, q fleet.Questions) (fleet.Survey, error) {
	s.mu.Lock()
	early := s.links.take(name)
	s.mu.Unlock()
	if early == nil {
		return fleet.ReadSurvey(ctx, r, q, s.Env.Now)
	}
	return early.complete(ctx, r, q, s.Env.Now)
}

// lookAtHelpers finds out how the machines are to which another's Nix would
// send builds.
func (s *scout) lookAtHelpers(ctx context.Context, names []string) {
	prober := &fleet.Prober{Connect: func(ctx context.Context, name string) (sshutil.Runner, error) {
		runner, _, err := s.runner(ctx, name)
		return runner, err
	}, Now: s.Env.Now}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	builders := map[string]fleet.Builder{}
	var asked []string
	for _, name := range names {
		b := s.builderCalled(name)
		asked = append(asked, b.Name)
		builders[b.Name] = b
	}
	health := map[string]fleet.BuilderHealth{}
	prober.ReadAll(ctx, asked, false, func(name string, status fleet.Status) {
		health[name] = fleet.JudgeBuilder(builders[name], status)
	})
	for i, name := range names {
		s.ground.Helpers[name] = health[asked[i]]
	}
}

// builderCalled is the builder that a machines file calls so, by the name that
// we reach it by.
func (l *loaded) builderCalled(name string) fleet.Builder {
	i := slices.IndexFunc(l.inv.Builders, func(b fleet.Builder) bool { return b.Name == name || b.Address == name })
	if i < 0 {
		return fleet.Builder{Name: name}
	}
	b := l.inv.Builders[i]
	if b.Host != "" {
		b.Name = b.Host
	}
	return b
}
