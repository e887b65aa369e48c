package rollout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// parent is a task parent at work.
type parent struct {
	dir    runDir
	plan   Plan
	host   PlanHost
	env    []string // of nixos-rebuild
	attend *attendance
	keys   sshutil.Passphrases
	typist *typist         // answers sudo on a pseudo-terminal; nil where that is not wanted
	secret *sshutil.Secret // what it types
}

// unansweredError says that a task ends before its build, for want of an answer.
type unansweredError struct {
	reason, hint string
	err          error
}

func (e *unansweredError) Error() string { return e.reason }

func (e *unansweredError) Unwrap() error { return e.err }

// whyNot is the line that tells the supervisor why nixos-rebuild was not started.
func whyNot(err error) string {
	var u *unansweredError
	if errors.As(err, &u) {
		return "unanswered " + u.reason + "\t" + u.hint
	}
	return "failed " + err.Error()
}

// newParent reads what is to be done for a host, and is there for questions
// from now on.
func newParent(d runDir, host string, environ []string) (*parent, error) {
	plan, err := d.readPlan()
	if err != nil {
		return nil, err
	}
	p := &parent{dir: d, plan: plan}
	var ok bool
	if p.host, ok = plan.Host(host); !ok {
		return nil, fmt.Errorf("the run has no host %q", host)
	}
	p.keys.Program = pathIn(environ, "ssh")
	if p.attend, err = attend(d, &plan, host, "for nixos-rebuild on "+host, &p.keys); err != nil {
		return nil, err
	}
	if err := p.attend.relayAgent(d, &plan, p.host, environ); err != nil {
		return nil, errors.Join(err, p.close())
	}
	p.env = append(plan.environ(environ), p.attend.env...)
	return p, nil
}

func (p *parent) close() error {
	if p.attend == nil {
		return nil
	}
	err := errors.Join(p.typist.close(), p.attend.close())
	p.keys.Wipe()
	p.secret.Wipe()
	p.attend = nil
	return err
}

// start starts nixos-rebuild. Where sudo wants a password, that is there and
// known to be right before.
func (p *parent) start(given *os.File) (*exec.Cmd, error) {
	secret, err := p.password(given)
	if err != nil {
		return nil, err
	}
	if secret == nil {
		return p.rebuild(nil)
	}
	if p.plan.Dialect.Kind == nixcmd.KindBash && !p.plan.ownEngine(p.host) {
		return p.rebuildOnTerminal(secret)
	}
	defer secret.Wipe()
	return p.rebuildByPipe(secret)
}

// rebuildByPipe gives the password as nixos-rebuild-ng takes it where there is
// no terminal: as the first line of stdin.
func (p *parent) rebuildByPipe(secret *sshutil.Secret) (*exec.Cmd, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	// A pipe takes a line before anybody reads it.
	_, err = write.Write(secret.Line())
	if err := errors.Join(err, write.Close()); err != nil {
		return nil, fmt.Errorf("passing the password on: %w", err)
	}
	return p.rebuild(read)
}

// password is what sudo wants to hear on the host, tried out; nil if it wants
// nothing. It is taken from whoever started us, or else from a person.
func (p *parent) password(given *os.File) (*sshutil.Secret, error) {
	if given != nil {
		defer given.Close()
	}
	if !p.host.Password && !p.mustAskSudo() {
		return nil, nil
	}
	p.host.Password = true
	if err := sshutil.GuardMemory(); err != nil {
		return nil, err
	}
	secret, err := p.handed(given)
	for tries := 1; err == nil; tries++ {
		if secret == nil {
			if secret, err = p.askPassword(tries); err != nil {
				break
			}
		}
		var right bool
		if right, err = p.tryPassword(secret); right && err == nil {
			return secret, nil
		}
		secret.Wipe()
		secret = nil
		if err == nil && tries >= PasswordTries {
			err = &unansweredError{reason: wrongWords(p.host.Name, tries), hint: "Find out which password it is: ssh to it and try `sudo -k; sudo true`."}
		}
	}
	return nil, err
}

// mustAskSudo says whether sudo turns out to want a password on a host that
// preflight could not look at. Who may be asked is asked before the build.
func (p *parent) mustAskSudo() bool {
	looked := p.host.Generation != 0
	if looked || !p.plan.asks() || !p.plan.Masters || !p.host.Sudo || !p.plan.disturbs() {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), reachFor)
	defer cancel()
	answer, _ := fleet.AskSudo(ctx, p.login(), p.host.ForwardAgent)
	return answer == fleet.SudoPassword
}

// login is the host's shared login.
func (p *parent) login() *sshutil.Master {
	return &sshutil.Master{Program: pathIn(p.env, "ssh"), Options: p.plan.masterOptions(), Host: p.host.Name, Env: p.env}
}

// handed is the password that the supervisor passed on, if it has one.
func (p *parent) handed(given *os.File) (*sshutil.Secret, error) {
	if given == nil {
		return nil, nil
	}
	all, err := readPasswords(given)
	if err != nil {
		return nil, err
	}
	return all[p.host.Name], nil
}

// askPassword asks a person, who may have been wrong before.
func (p *parent) askPassword(tries int) (*sshutil.Secret, error) {
	secret, err := p.attend.ask(context.Background(), Question{
		Program: "sudo", Purpose: "on " + p.host.Name, Wants: WantsSudo, Attempt: tries,
		Words: "sudo on " + p.host.Name + " wants your password there",
	})
	if err == nil && secret == nil {
		err = errRefused
	}
	if err != nil {
		return nil, &unansweredError{reason: "sudo there wants a password, and " + err.Error(), hint: "Run it again when somebody can answer.", err: err}
	}
	return secret, nil
}

// tryPassword lets sudo there decide whether the password is right.
func (p *parent) tryPassword(secret *sshutil.Secret) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), reachFor)
	defer cancel()
	right, err := fleet.CheckSudoPassword(ctx, p.login(), secret.Line())
	if err != nil {
		reason, hint := reasonOf(err)
		return false, &unansweredError{reason: "the password of sudo could not be tried out: " + reason, hint: hint, err: err}
	}
	return right, nil
}

// pathIn is where the environment's PATH has a program, or its bare name.
func pathIn(env []string, program string) string {
	i := slices.IndexFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "PATH=") })
	if i < 0 {
		return program
	}
	for dir := range strings.SplitSeq(strings.TrimPrefix(env[i], "PATH="), ":") {
		if path, err := exec.LookPath(dir + "/" + program); err == nil && dir != "" {
			return path
		}
	}
	return program
}
