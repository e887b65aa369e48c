package cli

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// links are connections for one preflight.
type links struct {
	pool    *sshutil.Pool
	shared  *sharing             // logins that the run will share; nil without
	hosts   []sshutil.ConfigHost // by which they were made
	reading map[string]*reading  // what began before the flake was read; nil without
	begun   sync.WaitGroup       // all that did
	stop    context.CancelFunc   // of that; nil without
	done    func() error
}

// reading is one machine's, begun early.
type reading struct {
	asked   fleet.Questions
	over    chan struct{} // closed then
	reached bool          // there was a login to read it over
	survey  fleet.Survey
	err     error
	at      time.Time // when it ended
}

// linksOf are the links that a pool is already.
func linksOf(pool *sshutil.Pool, l *loaded) *links {
	return &links{pool: pool, hosts: l.inv.SSHHosts()}
}

// linkEarly begins to read the machines that a selection will most probably
// mean, by what was known at the last start, while Nix reads the flake. It
// leaves sudo alone, which may want something of the person or count a failure,
// and does nothing at all where that much is not sure.
func (o *actionOptions) linkEarly(ctx context.Context, store *rollout.Store, sel fleet.Selection) *links {
	if sel.NeedsStatus() || sel.NeedsFacts() {
		return nil
	}
	l, err := o.known(o.Source)
	if l == nil || err != nil {
		return nil // what is wrong will be said when it is needed
	}
	names, err := l.pick(ctx, sel, nil)
	if err != nil {
		return nil // likewise
	}
	plan, err := o.plan(l, rebuild{}, o.request(names))
	if err != nil {
		return nil // likewise
	}
	early, err := o.link(ctx, store, l)
	if err != nil {
		return nil // likewise
	}
	ctx, early.stop = context.WithCancel(ctx)
	early.read(ctx, o.Env, plan.Questions())
	return early
}

// read begins to read machines, as many as are looked at together.
func (k *links) read(ctx context.Context, env Env, questions map[string]fleet.Questions) {
	delete(questions, rollout.Here)
	names := slices.Sorted(maps.Keys(questions))
	k.reading = map[string]*reading{}
	for _, name := range names[:min(len(names), looksAtOnce)] {
		one := &reading{over: make(chan struct{})}
		k.reading[name] = one
		k.begun.Go(func() {
			defer close(one.over)
			ctx, cancel := context.WithTimeout(ctx, lookTimeout)
			defer cancel()
			runner, forwards, err := k.reach(ctx, name)
			if err != nil {
				return // whoever needs it is told why there is none
			}
			one.asked, one.reached = env.questions(questions[name], forwards).WithoutSudo(), true
			one.survey, one.err = fleet.ReadSurvey(ctx, runner, one.asked, env.Now)
			one.at = env.Now()
		})
	}
}

// questions are those that are put to a machine, whose login has the agent come
// along or not.
func (e Env) questions(q fleet.Questions, forwards bool) fleet.Questions {
	q.Agent = (q.Agent || forwards) && e.hasAgent()
	return q
}

func (e Env) hasAgent() bool { return e.Getenv("SSH_AUTH_SOCK") != "" }

// take is what was begun early at a machine, to be used once; nil if nothing was.
func (k *links) take(name string) *reading {
	one := k.reading[name]
	delete(k.reading, name)
	return one
}

// complete waits for the reading and asks what it has left out. A machine that
// was asked something else, or too long ago, is read anew.
func (one *reading) complete(ctx context.Context, r sshutil.Runner, q fleet.Questions, now func() time.Time) (fleet.Survey, error) {
	return fleet.CompleteSurvey(ctx, r, fleet.Questions{Sudo: q.Sudo, Agent: q.Agent}, func(ctx context.Context) (fleet.Survey, error) {
		<-one.over // soon: an interruption of ours is one of its own
		if !one.reached || one.asked != q.WithoutSudo() || now().Sub(one.at) > earlyLasts {
			return fleet.ReadSurvey(ctx, r, q.WithoutSudo(), now)
		}
		return one.survey, one.err
	})
}

// link makes links by the settings of an inventory.
func (p *Program) link(ctx context.Context, store *rollout.Store, l *loaded) (*links, error) {
	pool, done, err := p.pool(ctx, l)
	if err != nil {
		return nil, err
	}
	k := linksOf(pool, l)
	k.done = done
	if k.shared, err = p.share(store, l); err != nil {
		return nil, errors.Join(err, k.end())
	}
	return k, nil
}

// sameHosts says whether an inventory leads where settings did.
func sameHosts(hosts []sshutil.ConfigHost, l *loaded) bool {
	return slices.EqualFunc(hosts, l.inv.SSHHosts(), sameSSH)
}

// fit says whether they lead where the inventory's settings lead.
func (k *links) fit(l *loaded) bool {
	return k != nil && sameHosts(k.hosts, l)
}

// end closes them, but for what a run has taken over. There may be none.
func (k *links) end() error {
	if k == nil {
		return nil
	}
	if k.stop != nil {
		k.stop()
	}
	err := k.pool.Close()
	k.begun.Wait()
	return errors.Join(err, k.shared.end(), k.done())
}
