package fleet

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/sshutil"
)

// sudoPasswordLine makes sudo do nothing for who has the password, which it
// reads from stdin. It is as sudoLine otherwise.
const sudoPasswordLine = "env LC_ALL=C sudo -S -k -p '' -- true"

// CheckSudoPassword asks sudo on a host whether it takes the password: ok says
// that it does, and nothing but the password is wrong when neither ok nor err
// is set. line is the password with its newline; it is not kept. The error is
// an *Error, or that of the connection.
func CheckSudoPassword(ctx context.Context, r sshutil.Runner, line []byte) (ok bool, err error) {
	result, err := r.Run(ctx, sshutil.Command{Line: sudoPasswordLine, Stdin: line})
	if err != nil {
		return false, err
	}
	if result.ExitCode == 0 {
		return true, nil
	}
	said := string(bytes.TrimSpace(slices.Concat(result.Stdout, result.Stderr)))
	lower := strings.ToLower(said)
	for _, wrong := range []string{"try again", "incorrect password attempt", "no password was provided", "incorrect authentication", "authentication failed", "maximum 3 incorrect"} {
		if strings.Contains(lower, wrong) {
			return false, nil
		}
	}
	last := said[strings.LastIndexByte(said, '\n')+1:]
	return false, &Error{Message: "sudo does not work there: " + text.Truncate(text.Line(last), maxSudoSaid), Hint: "See `sudo -v` on the host."}
}

// AskSudo asks sudo on a host, without a terminal and without a password,
// whether it works; said is its own words where it does not. agent says to
// have our agent behind it. It counts as a failed login there where it fails,
// so it is for those who are about to deploy.
func AskSudo(ctx context.Context, r sshutil.Runner, agent bool) (answer Sudo, said string) {
	return askSudo(ctx, r, agent)
}
