package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// askPassword asks a person for a password of sudo: which hosts want it, of
// whom, and how many were wrong before.
type askPassword func(ctx context.Context, hosts []string, wrong int) (*sshutil.Secret, error)

// sudoPasswords are the passwords that sudo wants on the plan's hosts. Each is
// tried out before anything is built, so that a wrong one is found out now.
func sudoPasswords(ctx context.Context, ssh string, plan *rollout.Plan, groups [][]string, ask askPassword) (rollout.Passwords, error) {
	all := rollout.Passwords{}
	for _, group := range groups {
		if err := groupPassword(ctx, ssh, plan, group, ask, all); err != nil {
			all.Wipe()
			return nil, err
		}
	}
	return all, nil
}

// groupPassword asks for a password that hosts may share. Those that want
// another are asked about again.
func groupPassword(ctx context.Context, ssh string, plan *rollout.Plan, hosts []string, ask askPassword, all rollout.Passwords) error {
	for wrong := 0; len(hosts) > 0; {
		secret, err := ask(ctx, hosts, wrong)
		if err != nil {
			return err
		}
		right, err := tryEverywhere(ctx, ssh, plan, hosts, secret)
		if err != nil || len(right) == 0 {
			secret.Wipe()
		}
		if err != nil {
			return err
		}
		for _, host := range right {
			all[host] = secret
		}
		hosts = slices.DeleteFunc(hosts, func(h string) bool { return slices.Contains(right, h) })
		if wrong++; len(right) > 0 {
			wrong = 0
		}
		if wrong == rollout.PasswordTries {
			return &Failure{
				Message: fmt.Sprintf("nothing was started: sudo on %s did not take the password", strings.Join(hosts, ", ")),
				Hint:    "Find out which password it is: log in there and try `sudo -k; sudo true`.",
			}
		}
	}
	return nil
}

// tryEverywhere are the hosts whose sudo takes the password.
func tryEverywhere(ctx context.Context, ssh string, plan *rollout.Plan, hosts []string, secret *sshutil.Secret) ([]string, error) {
	var (
		group errgroup.Group
		mu    sync.Mutex
		right []string
	)
	for _, host := range hosts {
		group.Go(func() error {
			ok, err := tryPassword(ctx, ssh, plan, host, secret)
			if ok {
				mu.Lock()
				right = append(right, host)
				mu.Unlock()
			}
			return err
		})
	}
	return right, group.Wait()
}

func tryPassword(ctx context.Context, ssh string, plan *rollout.Plan, host string, secret *sshutil.Secret) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	link, err := plan.OpenMaster(ctx, ssh, host, false)
	if err == nil {
		var ok bool
		if ok, err = fleet.CheckSudoPassword(ctx, link, secret.Line()); err == nil {
			return ok, nil
		}
	}
	f := explain(err)
	return false, &Failure{Message: fmt.Sprintf("nothing was started: the password could not be tried on %s: %s", host, f.Message), Hint: f.Hint, Err: err}
}

// passwordGroups are the hosts that want a password, those together that are
// taken to have the same.
func passwordGroups(plan *rollout.Plan, per string, firstTag func(host string) string) [][]string {
	var hosts []string
	for _, h := range plan.Hosts {
		if h.Password && h.Skip == "" {
			hosts = append(hosts, h.Name)
		}
	}
	return rollout.SamePassword(hosts, per, firstTag)
}

// terminalPassword asks on the terminal.
func (p *Program) terminalPassword(ctx context.Context, hosts []string, wrong int) (*sshutil.Secret, error) {
	if err := sshutil.GuardMemory(); err != nil {
		return nil, err
	}
	prompt := fmt.Sprintf("sudo on %s wants your password there: ", text.Line(strings.Join(hosts, ", ")))
	if wrong > 0 {
		prompt = "That was not right. " + prompt
	}
	secret, err := p.IO.Answer(ctx, prompt, true)
	if errors.Is(err, errInterrupted) || errors.Is(err, errNoTerminal) {
		return nil, &Failure{Message: "nothing was started: sudo wants a password", Code: ExitCancelled}
	}
	return secret, err
}

// passwords asks for what sudo wants on the hosts of a run that is to start.
func (o *actionOptions) passwords(ctx context.Context, r *ready) (all rollout.Passwords, err error) {
	groups := passwordGroups(&r.plan, o.PasswordPer, func(host string) string { return r.tags[host] })
	if len(groups) == 0 {
		return nil, nil
	}
	ctx, stop := o.interruptible(ctx) // a signal must leave a terminal that shows what is typed
	defer stop()
	defer func() {
		if err != nil {
			all.Wipe()
		}
	}()
	defer o.IO.settle(&err)
	if all, err = sudoPasswords(ctx, r.ssh, &r.plan, groups, o.terminalPassword); err != nil && ctx.Err() != nil {
		err = &Failure{Message: "nothing was started: interrupted", Code: ExitCancelled}
	}
	return all, err
}

// mayAsk says whether the run may put questions to a person: in the dashboard,
// or on a terminal whose output is for people.
func (o *actionOptions) mayAsk() bool {
	return o.World.Tools().ssh != "" && (o.board != nil || o.IO.CanAsk() && !o.JSON)
}

// firstTags are the first tags of the hosts that have one.
func firstTags(inv *fleet.Inventory) map[string]string {
	tags := map[string]string{}
	for _, h := range inv.Hosts {
		if len(h.Tags) > 0 {
			tags[h.Name] = h.Tags[0]
		}
	}
	return tags
}
