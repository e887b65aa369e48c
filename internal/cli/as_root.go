package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// root runs commands on a host as root, over a connection of ours.
type root struct {
	host    string
	runner  sshutil.Runner
	sudo    bool
	forward bool
	secret  *sshutil.Secret // sudo's password; nil when it wants none
}

// rootOn is root on a host of the fleet. Our agent goes along where there is
// one and the host is to have it, since sudo there may ask it.
func (p *Program) rootOn(h fleet.Host, runner sshutil.Runner) *root {
	return &root{host: h.Name, runner: runner, sudo: h.Sudo, forward: h.ForwardAgent && p.Env.hasAgent()}
}

// errWantsPassword says that sudo on a host wants a password, or another than it was given.
type errWantsPassword struct{ host string }

func (e errWantsPassword) Error() string { return "sudo on " + e.host + " wants a password" }

// unlock finds out whether sudo works, and with the password, if there is one.
// The error is an errWantsPassword when another would help.
func (r *root) unlock(ctx context.Context, secret *sshutil.Secret) error {
	if !r.sudo {
		return nil
	}
	if secret != nil {
		ok, err := fleet.CheckSudoPassword(ctx, r.runner, secret.Line())
		switch {
		case err != nil:
			return err
		case !ok:
			return errWantsPassword{r.host}
		}
		r.secret = secret
		return nil
	}
	switch is, said := fleet.AskSudo(ctx, r.runner, r.forward); is {
	case fleet.SudoWorks:
		return nil
	case fleet.SudoPassword:
		return errWantsPassword{r.host}
	default:
		return &fleet.Error{Message: "sudo does not work there: " + said, Hint: "`nixfleet-tui doctor` says what sudo wants on each host."}
	}
}

// unlockWith is unlock with passwords that a person is asked for.
func (r *root) unlockWith(ctx context.Context, ask askPassword) error {
	err := r.unlock(ctx, nil)
	for wrong := 0; isWantsPassword(err); wrong++ {
		if wrong == rollout.PasswordTries {
			return &fleet.Error{Message: "sudo there did not take the password; nothing was done", Hint: "Find out which password it is: log in there and try `sudo -k; sudo true`."}
		}
		secret, askErr := ask(ctx, []string{r.host}, wrong)
		if askErr != nil {
			return askErr
		}
		if err = r.unlock(ctx, secret); err != nil {
			secret.Wipe()
		}
	}
	return err
}

func isWantsPassword(err error) bool {
	var wants errWantsPassword
	return errors.As(err, &wants)
}

// run runs words; a command that fails is an error with what it said.
func (r root) run(ctx context.Context, words ...string) error {
	a := nixcmd.Activation{Sudo: r.sudo, Password: r.secret != nil}
	result, err := r.runner.Run(ctx, sshutil.Command{Line: nixcmd.ShellLine(a.RootWords(words...)), Stdin: r.secret.Line(), ForwardAgent: r.forward})
	if err != nil {
		return err
	}
	if result.ExitCode != 0 {
		return &fleet.Error{Message: fmt.Sprintf("%s exited with %d: %s", words[0], result.ExitCode, lastOf(result.Stderr, result.Stdout)), Hint: "See what it says when you run it there yourself."}
	}
	return nil
}

// lastOf is the last line of the first output that has one.
func lastOf(outputs ...[]byte) string {
	for _, out := range outputs {
		if lines := strings.Split(strings.TrimSpace(string(out)), "\n"); lines[len(lines)-1] != "" {
			return text.Line(lines[len(lines)-1])
		}
	}
	return ""
}
