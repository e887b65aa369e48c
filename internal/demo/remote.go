package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"nixfleet-tui/sshutil"
)

// remotes are the connections of one nixos-rebuild: one for each host, opened
// when it is first needed.
type remotes struct {
	dialer *sshutil.Dialer
	open   map[string]*sshutil.Client
	stderr io.Writer
}

func (r *remotes) close() error {
	var errs []error
	for _, c := range r.open {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// errTold is a failure that has been told on stderr already.
var errTold = errors.New("told")

// exitSSH is ssh's own exit status, when it never got to run the command.
const exitSSH = 255

// client connects to a host. What fails is told in OpenSSH's words.
func (r *remotes) client(ctx context.Context, host string) (*sshutil.Client, error) {
	if c, ok := r.open[host]; ok {
		return c, nil
	}
	c, err := r.dialer.Dial(ctx, host)
	if err != nil {
		if ctx.Err() == nil {
			fmt.Fprint(r.stderr, inSSHWords(host, err))
		}
		return nil, errTold
	}
	r.open[host] = c
	return c, nil
}

// statusMark begins the line by which a host tells how a command ended:
// sshutil's streams carry no exit status.
const statusMark = "nixfleet-demo-status "

// run runs a command on a host and hands over each line that it prints, as it
// comes. It returns the exit status.
func (r *remotes) run(ctx context.Context, host, line string, got func(string)) (int, error) {
	c, err := r.client(ctx, host)
	if err != nil {
		return exitSSH, err
	}
	s, err := c.Stream(ctx, "exec 2>&1; "+line+"; echo "+statusMark+"$?")
	if err != nil {
		return exitSSH, r.lost(ctx, host, err)
	}
	defer s.Close()
	out := bufio.NewReader(s)
	for {
		said, err := out.ReadString('\n')
		if status, ok := strings.CutPrefix(strings.TrimSuffix(said, "\n"), statusMark); ok && err == nil {
			return strconv.Atoi(status)
		}
		if err != nil {
			return exitSSH, r.lost(ctx, host, err)
		}
		got(strings.TrimSuffix(said, "\n"))
	}
}

// lost tells that a connection broke, unless it was us who ended it.
func (r *remotes) lost(ctx context.Context, host string, err error) error {
	if ctx.Err() == nil {
		fmt.Fprintf(r.stderr, "client_loop: send disconnect: Broken pipe\nConnection to %s closed by remote host.\n", host)
	}
	return errors.Join(errTold, err)
}

// send hands paths over to a host's store.
func (r *remotes) send(ctx context.Context, host string, paths ...string) error {
	c, err := r.client(ctx, host)
	if err != nil {
		return err
	}
	result, err := c.Run(ctx, sshutil.Command{Line: "nix-store --import", Stdin: []byte(strings.Join(paths, "\n") + "\n")})
	if err != nil {
		return r.lost(ctx, host, err)
	}
	if result.ExitCode != 0 {
		fmt.Fprintf(r.stderr, "%s", result.Stderr)
		return errTold
	}
	return nil
}

// inSSHWords is what OpenSSH prints when it cannot connect for that reason.
func inSSHWords(host string, err error) string {
	var e *sshutil.Error
	if !errors.As(err, &e) {
		return "ssh: " + err.Error() + "\n"
	}
	switch e.Kind {
	case sshutil.KindRefused:
		return fmt.Sprintf("ssh: connect to host %s port 22: Connection refused\n", host)
	case sshutil.KindTimeout, sshutil.KindUnreachable:
		return fmt.Sprintf("ssh: connect to host %s port 22: Connection timed out\n", host)
	case sshutil.KindDNS:
		return fmt.Sprintf("ssh: Could not resolve hostname %s: Name or service not known\n", host)
	case sshutil.KindHostKeyChanged:
		return changedKeyWarning(host)
	case sshutil.KindHostKeyUnknown:
		return fmt.Sprintf("No ED25519 host key is known for %s and you have requested strict checking.\nHost key verification failed.\n", host)
	}
	return fmt.Sprintf("ssh: %s: %s\n", host, e.Message)
}

// changedKeyWarning is OpenSSH's, shortened to what a log needs.
func changedKeyWarning(host string) string {
	bar := strings.Repeat("@", 59)
	return strings.Join([]string{
		bar,
		"@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
		bar,
		"IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!",
		"It is also possible that a host key has just been changed.",
		"Host key for " + host + " has changed and you have requested strict checking.",
		"Host key verification failed.",
		"",
	}, "\n")
}
