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
	var (
		e *sshutil.Error
		u *unansweredError
	)
	return !errors.As(err, &u) && errors.As(err, &e) && (e.Askable || e.Kind == sshutil.KindHostKeyUnknown)
}

// Askable says whether the machine could be looked at if somebody answered ssh.
func (l Look) Askable() bool { return mayAnswer(l.Err) }

// LoginAsking logs in on a host with an ssh that may ask a person for a
// passphrase, a password, or about the host's key: once, for all that share the
// login. Its questions are in dir, as those of a run are; a plan without a run
// has its directory for sockets for that (Plan.Sockets). A key that is locked
// asks once for all logins that share keys.
func (p *Plan) LoginAsking(ctx context.Context, dir, ssh, host string, keys *sshutil.Passphrases) (*sshutil.Master, error) {
	a, err := attend(runDir(dir), p, host, "to log in on "+host, keys)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, questionFor+reachFor)
	defer cancel()
	m, _, err := p.masterOf(ctx, ssh, host)
	if err == nil {
		before := m.Env
		m.Ask, m.Env = true, append(withoutAsking(orOurs(before)), a.env...)
		err = a.explained(m.Open(ctx))
		m.Ask, m.Env = false, before
	}
	if err := errors.Join(err, a.close()); err != nil {
		return nil, err
	}
	return m, nil
}

// explained says of a login that failed although ssh could ask what the person
// did not answer.
func (a *attendance) explained(err error) error {
	var e *sshutil.Error
	if !errors.As(err, &e) {
		return err
	}
	asked, why := a.unanswered()
	switch {
	case errors.Is(why, errRefused) && asked == sshutil.WantsHostKey, why == nil && e.Kind == sshutil.KindHostKeyUnknown:
		return &unansweredError{err: err, reason: "its host key is not known, and was not accepted",
			hint: "Compare the fingerprint with the one that `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints on the host, and say yes if they are the same."}
	case errors.Is(why, errRefused):
		return &unansweredError{err: err, reason: "ssh asked " + askedFor(asked) + ", and got no answer", hint: "Run it again and give it, or unlock the key beforehand: ssh-add."}
	case errors.Is(why, errNobody):
		return &unansweredError{err: err, reason: "ssh asked " + askedFor(asked) + ", and " + errNobody.Error(), hint: "Run it again when somebody can answer."}
	case e.Kind == sshutil.KindReset && asked != "":
		return &unansweredError{err: err, reason: "the host hung up while ssh waited for an answer", hint: "Answer sooner: a host waits for two minutes, unless its LoginGraceTime says more."}
	}
	return err
}

// askedFor is what ssh asked, in words.
func askedFor(w sshutil.Wants) string {
	switch w {
	case sshutil.WantsPassphrase:
		return "for the passphrase of a key"
	case sshutil.WantsPassword:
		return "for a password"
	case sshutil.WantsPIN:
		return "for the PIN of a security key"
	case sshutil.WantsHostKey:
		return "whether the host's key is the right one"
	}
	return "a question"
}

// reachByAsking logs in while somebody answers ssh. The questions are those of
// this task, and the supervisor hears them, since there is no task parent
// before the host has been read.
func (t *task) reachByAsking(ctx context.Context) (*fleet.Reading, error) {
	t.note("somebody has to answer ssh before it can be reached")
	plan := t.run.plan
	m, err := plan.LoginAsking(ctx, string(t.run.dir), t.run.SSH, t.host.Name, &t.run.keys)
	if err != nil {
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

// OpenQuestions are what programs ask a person in dir, the oldest first.
func OpenQuestions(dir string) ([]Question, error) {
	open, err := runDir(dir).openQuestions()
	var all []Question
	for _, q := range open {
		all = append(all, q.Question)
	}
	return all, err
}
