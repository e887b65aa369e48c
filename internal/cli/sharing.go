package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// sharing is the logins that preflight makes and the run goes on to share, so
// that a deployment is one login for each host.
type sharing struct {
	ssh  string
	plan rollout.Plan // as far as logins go by it: options and sockets

	forwards map[string]bool // hosts to which the agent goes along

	mu     sync.Mutex
	logins map[string]*login
	taken  bool // by a run, which will end them
}

// login is one host's.
type login struct {
	once   sync.Once
	master *sshutil.Master // nil when err is not
	err    error
}

// share prepares to log in by the settings of an inventory; nil in a world
// whose hosts OpenSSH does not reach.
func (p *Program) share(store *rollout.Store, l *loaded) (*sharing, error) {
	ssh := p.World.Tools().ssh
	if ssh == "" {
		return nil, nil
	}
	includes, options, err := p.World.Personal()
	if err != nil {
		return nil, err
	}
	c := sshutil.Config{Hosts: l.inv.SSHHosts(), Includes: includes}
	forwards := map[string]bool{}
	for i := range c.Hosts {
		// A login forwards the agent to those who share it only if it was made so.
		if h, ok := l.inv.Host(c.Hosts[i].Name); ok && h.ForwardAgent {
			c.Hosts[i].ForwardAgent, forwards[h.Name] = &h.ForwardAgent, true
		}
	}
	content, err := c.Render()
	if err != nil {
		return nil, err
	}
	s := &sharing{ssh: ssh, plan: rollout.Plan{SSHOpts: options, Answers: filepath.Join(p.World.CacheDir(), sshAnswers)}, forwards: forwards, logins: map[string]*login{}}
	if s.plan.Sockets, err = store.MakeSockets(); err != nil {
		return nil, err
	}
	if err := os.WriteFile(s.plan.SSHConfigLink(), content, 0o600); err != nil {
		return nil, errors.Join(err, s.end())
	}
	return s, nil
}

// to is the login on a host, made if there is none.
func (s *sharing) to(ctx context.Context, host string) (*sshutil.Master, error) {
	s.mu.Lock()
	one := s.logins[host]
	if one == nil {
		one = &login{}
		s.logins[host] = one
	}
	s.mu.Unlock()
	one.once.Do(func() { one.master, one.err = s.plan.OpenMaster(ctx, s.ssh, host, false) })
	return one.master, one.err
}

// give hands the logins over to a plan, which ends them when it is over.
func (s *sharing) give(p *rollout.Plan) {
	if s == nil {
		return
	}
	p.Sockets, s.taken = s.plan.Sockets, true
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, h := range p.Hosts {
		if h.Skip != "" {
			continue // nobody has waited for it
		}
		if one := s.logins[h.Name]; one != nil && one.master != nil {
			p.Hosts[i].Socket = one.master.Socket
		}
	}
}

// end ends the logins that no run has taken over. There may be none.
func (s *sharing) end() error {
	if s == nil || s.taken {
		return nil
	}
	return rollout.CloseSockets(s.ssh, s.plan.Sockets)
}

// runner is how preflight reaches a host. One that turns us away, as it does
// while its sshd starts anew or is in too much demand, is tried once more.
func (k *links) runner(ctx context.Context, name string) (r sshutil.Runner, forwards bool, err error) {
	r, forwards, err = k.reach(ctx, name)
	if !isTurnedAway(err) {
		return r, forwards, err
	}
	select {
	case <-time.After(turnedAwayWait):
		return k.own(ctx, name)
	case <-ctx.Done():
		return nil, false, err
	}
}

// reach is the shared login where there is one. Where there is not, a connection
// of our own tells better why.
func (k *links) reach(ctx context.Context, name string) (r sshutil.Runner, forwards bool, err error) {
	if k.shared != nil {
		m, err := k.shared.to(ctx, name)
		if err == nil {
			return m, k.shared.forwards[name], nil
		}
		if isSlow(err) || isTurnedAway(err) {
			return nil, false, err
		}
	}
	return k.own(ctx, name)
}

// own is a connection that nobody shares.
func (k *links) own(ctx context.Context, name string) (r sshutil.Runner, forwards bool, err error) {
	client, err := k.pool.Client(ctx, name)
	if err != nil {
		return nil, false, err // not a nil *Client in a Runner
	}
	return client, client.Target().ForwardAgent, nil
}

// isSlow says whether trying again would take as long as it just did.
func isSlow(err error) bool {
	kind := kindOf(err)
	return kind == sshutil.KindTimeout || kind == sshutil.KindUnreachable
}

// isTurnedAway says whether the host is there and let nobody begin to log in,
// which may be otherwise in a moment.
func isTurnedAway(err error) bool {
	kind := kindOf(err)
	return kind == sshutil.KindRefused || kind == sshutil.KindTurnedAway
}

func kindOf(err error) sshutil.Kind {
	var e *sshutil.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return sshutil.KindNone
}
