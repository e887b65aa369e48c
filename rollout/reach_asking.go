package rollout

import (
	"context"
	"errors"
	"os"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// mayAnswer says whether a login failed for want of a person who answers ssh.
func mayAnswer(err error) bool {
	var e *sshutil.Error
	return errors.As(err, &e) && (e.Askable || e.Kind == sshutil.KindHostKeyUnknown)
}

// reachByAsking logs in with an ssh that may ask a person for a passphrase, a
// password, or about the host's key: once, for all that share the login. The
// questions are those of this task, and the supervisor hears them, since there
// is no task parent before the host has been read.
func (t *task) reachByAsking(ctx context.Context) (*fleet.Reading, error) {
	t.note("somebody has to answer ssh before it can be reached")
	a, err := attend(t.run.dir, &t.run.plan, t.host.Name, "to log in on "+t.host.Name)
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, questionFor+reachFor)
	defer cancel()
	plan := t.run.plan
	m, _, err := plan.masterOf(asking, t.run.SSH, t.host.Name)
	if err == nil {
		before := m.Env
		m.Ask, m.Env = true, append(withoutAsking(orOurs(before)), a.env...)
		err = m.Open(asking)
		m.Ask, m.Env = false, before
	}
	if err := errors.Join(err, a.close()); err != nil {
		return nil, err
	}
	t.master = m
	return t.read(ctx, false)
}

// orOurs is an environment, nil being this process's own.
func orOurs(env []string) []string {
	if env == nil {
		return os.Environ()
	}
	return env
}
