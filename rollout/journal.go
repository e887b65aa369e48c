package rollout

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"nixfleet-tui/sshutil"
)

// activationUnit is the transient unit in which switch-to-configuration runs.
const activationUnit = "nixos-rebuild-switch-to-configuration.service"

// journal asks the host how the activation that began after since has ended:
// systemd knows, also when nobody was left to hear what it printed. Reading
// the journal may need privileges that we do not have: then nothing is learned.
func (t *task) journal(ctx context.Context, since time.Time) (ended bool, status int) {
	link, err := t.link(ctx)
	if err != nil {
		return false, 0
	}
	line := fmt.Sprintf("journalctl -u %s --since @%d -o cat --no-pager -n 50", activationUnit, since.Unix())
	for _, sudo := range []string{"", "sudo -n "} {
		if sudo != "" && !t.host.Sudo {
			continue
		}
		res, err := link.Run(ctx, sshutil.Command{Line: sudo + line})
		if err != nil {
			return false, 0
		}
		if ended, status := unitOutcome(string(res.Stdout)); ended {
			return true, status
		}
	}
	return false, 0
}

var mainProcessEnded = regexp.MustCompile(`Main process exited, code=(exited|killed|dumped), status=(\d+)`)

// unitOutcome reads systemd's last word on the activation's unit: its exit
// status, or 128+n when signal n ended it.
func unitOutcome(journal string) (ended bool, status int) {
	const signalled, sigterm = 128, 15
	stopped := false
	for line := range strings.Lines(journal) {
		switch m := mainProcessEnded.FindStringSubmatch(line); {
		case m != nil:
			status, _ = strconv.Atoi(m[2]) // digits, by the pattern
			if m[1] != "exited" {
				status += signalled
			}
			ended = true
		case strings.HasPrefix(line, "Starting "+activationUnit):
			ended, stopped = false, false
		case strings.HasPrefix(line, "Stopping "+activationUnit):
			stopped = true
		case strings.Contains(line, ": Deactivated successfully."):
			ended, status = true, 0
			if stopped { // systemd takes the end that it asked for as a good one
				status = signalled + sigterm
			}
		}
	}
	return ended, status
}
