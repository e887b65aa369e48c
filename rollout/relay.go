package rollout

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nixfleet-tui/sshutil"
)

// agentVariable names the socket of the person's agent.
const agentVariable = "SSH_AUTH_SOCK"

// agentLink is where the shared login of a host looks for the agent each time
// that the host asks for it: a link, so that whoever hears the task's questions
// can stand between, and another agent can take the place of one that has gone.
func (p *Plan) agentLink(host string) string {
	sum := sha256.Sum256([]byte(host))
	return filepath.Join(p.Sockets, fmt.Sprintf("agent-%x", sum[:4]))
}

// withAgent is an environment whose agent is the one at socket.
func withAgent(environ []string, socket string) []string {
	env := slices.DeleteFunc(slices.Clone(environ), func(kv string) bool { return strings.HasPrefix(kv, agentVariable+"=") })
	return append(env, agentVariable+"="+socket)
}

// agentOf is the socket that an environment names, or "".
func agentOf(environ []string) string {
	socket := ""
	for _, kv := range environ {
		if name, value, _ := strings.Cut(kv, "="); name == agentVariable {
			socket = value
		}
	}
	return socket
}

// loginEnv is the environment of a host's shared login: ours, but for the
// agent, which is found by way of agentLink. Nil is ours as it is.
func (p *Plan) loginEnv(host string, environ []string) []string {
	socket := agentOf(environ)
	if socket == "" || p.Sockets == "" {
		return nil
	}
	link := p.agentLink(host)
	if err := os.Symlink(socket, link); err != nil && !errors.Is(err, os.ErrExist) {
		return nil // then the login goes without what the link is for
	}
	return withAgent(environ, link)
}

// relink makes path a link to target, so that nobody finds none meanwhile.
func relink(target, path string) error {
	temporary := path + "." + randomHex(socketDigits)
	if err := os.Symlink(target, temporary); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

// answers says whether an agent listens at socket.
func answers(socket string) bool {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// relayAgent stands between the programs of a task and the person's agent, also
// where nobody may be asked: whoever looks at the run later can lend an agent.
// One that was dead from the beginning is left alone, unless sudo there is
// known to want one: ssh goes on without it, and nobody should be asked for it.
func (a *attendance) relayAgent(d runDir, plan *Plan, host PlanHost, environ []string) error {
	socket := agentOf(environ)
	if plan.Sockets == "" || socket == "" || !host.SudoAgent && !answers(socket) {
		return nil
	}
	if err := a.openDesk(d, plan, host.Name); err != nil {
		return err
	}
	k := a.desk
	r := &sshutil.AgentRelay{
		Touch: func(key string) func() {
			ctx, done := context.WithCancel(context.Background())
			a.telling.Go(func() {
				k.Ask(ctx, Question{Program: "ssh-agent", Purpose: "for " + host.Name, Wants: sshutil.WantsTouch, Words: "touch your security key: " + key}) //nolint:errcheck // it only tells
			})
			return done
		},
	}
	r.Gone = func(ctx context.Context) error {
		return untilBack(ctx, r.Agent, func(ctx context.Context) error {
			_, err := k.Ask(ctx, Question{Program: "ssh-agent", Purpose: "for " + host.Name, Wants: WantsAgent, Words: "the agent has gone: start it again, or look at this run with another"})
			return err
		})
	}
	path := filepath.Join(plan.Sockets, randomHex(socketDigits))
	if err := r.Listen(path, socket); err != nil {
		return err
	}
	k.lendTo(r.Lend)
	a.relay, a.link = r, plan.agentLink(host.Name)
	a.env = append(a.env, agentVariable+"="+path)
	if _, err := os.Lstat(a.link); err == nil {
		return relink(path, a.link)
	}
	a.link = "" // nobody shares a login
	return nil
}

// untilBack asks for another agent, and calls that off when one answers at its
// socket again: an agent that a service, or a person, has started anew in the
// same place is not to be lent by anybody.
func untilBack(ctx context.Context, socket func() string, ask func(context.Context) error) error {
	asking, stop := context.WithCancel(ctx)
	defer stop()
	back := make(chan bool, 1)
	go func() {
		tick := time.NewTicker(agentPoll)
		defer tick.Stop()
		for {
			select {
			case <-asking.Done():
				back <- false
				return
			case <-tick.C:
			}
			if answers(socket()) {
				back <- true
				stop()
				return
			}
		}
	}()
	err := ask(asking)
	stop()
	if <-back {
		return nil
	}
	return err
}

// closeRelay takes the relay away; a shared login finds the agent itself again.
func (a *attendance) closeRelay() error {
	if a.relay == nil {
		return nil
	}
	var err error
	if a.link != "" {
		err = relink(a.relay.Agent(), a.link)
	}
	err = errors.Join(err, a.relay.Close())
	a.telling.Wait()
	return err
}
