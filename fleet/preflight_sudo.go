package fleet

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/sshutil"
)

// Sudo is how sudo answered when it was asked to do nothing, as a run asks it:
// without a terminal and without a password.
type Sudo string

// The answers.
const (
	SudoNotAsked Sudo = ""
	SudoWorks    Sudo = "works"
	SudoPassword Sudo = "password" // it wants a password; so it says too to who is not in sudoers
	SudoRefused  Sudo = "refused"  // this user may not
	SudoMissing  Sudo = "missing"  // there is none
	SudoBroken   Sudo = "broken"   // it cannot work for anybody there
	SudoSilent   Sudo = "silent"   // no answer in time: perhaps it waits for a touch or a server
	SudoUnknown  Sudo = "unknown"
)

// sudoLine makes sudo do nothing. -k asks it to forget that it knows us, so
// that the answer will still be true when the build is done; -n would not do,
// since sudo then asks no PAM module and fails where it would work.
const sudoLine = "env LC_ALL=C sudo -k -p '' -- true </dev/null"

// askSudo asks sudo, with our agent behind it if that is wanted. A host that
// will not have the agent is asked without, as ssh itself goes on without.
func askSudo(ctx context.Context, r sshutil.Runner, agent bool) (Sudo, string) {
	result, err := r.Run(ctx, sshutil.Command{Line: sudoLine, ForwardAgent: agent})
	if agent && refusesAgent(err) {
		result, err = r.Run(ctx, sshutil.Command{Line: sudoLine})
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return SudoSilent, ""
	case err != nil:
		return SudoUnknown, sshError(err).Message
	case result.ExitCode == 0:
		return SudoWorks, ""
	}
	said := string(bytes.TrimSpace(slices.Concat(result.Stdout, result.Stderr)))
	last := said[strings.LastIndexByte(said, '\n')+1:]
	return sudoAnswer(result.ExitCode, said), text.Truncate(text.Line(last), maxSudoSaid)
}

func refusesAgent(err error) bool {
	var e *sshutil.Error
	return errors.As(err, &e) && (e.Kind == sshutil.KindAgentGone || e.Kind == sshutil.KindExecFailed)
}

// sudoAnswer tells the texts of sudo and sudo-rs apart.
func sudoAnswer(code int, said string) Sudo {
	const notFound = 127
	said = strings.ToLower(said)
	for _, t := range []struct {
		text string
		is   Sudo
	}{
		{"not in the sudoers file", SudoRefused},
		{"not allowed to", SudoRefused},
		{"may not run sudo", SudoRefused},
		{"i'm afraid i can't do that", SudoRefused},
		{"a password is required", SudoPassword},
		{"a terminal is required", SudoPassword},
		{"authentication required", SudoPassword},
		{"interactive authentication is required", SudoPassword},
		{"authentication failed", SudoPassword},
		{"no askpass program", SudoPassword},
		{"you must have a tty", SudoPassword},
		{"must be owned by uid 0 and have the setuid bit", SudoBroken},
		{"effective uid is not 0", SudoBroken},
		{"no valid sudoers sources", SudoBroken},
		{"command not found", SudoMissing},
		{"no such file or directory", SudoMissing},
	} {
		if strings.Contains(said, t.text) {
			return t.is
		}
	}
	if code == notFound {
		return SudoMissing
	}
	return SudoUnknown
}
