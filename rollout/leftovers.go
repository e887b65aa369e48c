package rollout

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// endLeftovers ends what an interrupt has left running on the machine that
// builds. ssh passes no signal on, and only the newer nixos-rebuild cleans up
// by itself; so the build would go on there until it is done.
func (t *task) endLeftovers(ctx context.Context, found nixcmd.Findings) {
	where := t.host.buildHost()
	drv, ok := nixcmd.ParseStorePath(found.SystemDrv)
	if where == "" || !ok || t.run.alsoBuilds(t, where, found.SystemDrv) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leftoversFor)
	defer cancel()
	link, err := t.run.conn.Runner(ctx, where)
	if err == nil {
		var left string
		if left, err = endProcesses(ctx, link, drv); err == nil && left != "" {
			t.note(fmt.Sprintf("what still builds on %s could not be ended: %s", where, left))
		}
	}
	if err != nil {
		reason, _ := reasonOf(err)
		t.note(fmt.Sprintf("what still builds on %s could not be ended: %s", where, reason))
	}
}

// alsoBuilds says whether another task of the run waits for the same
// derivation on the same machine.
func (r *run) alsoBuilds(t *task, where, drv string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, other := range r.working {
		if other != t && other.host.buildHost() == where && other.drv.Load() == drv {
			return true
		}
	}
	return false
}

// endProcesses ends our own user's processes whose command line names the
// derivation: an interrupt, which lets Nix clean up, then termination. It
// returns what is still there.
func endProcesses(ctx context.Context, link sshutil.Runner, drv nixcmd.StorePath) (string, error) {
	// The brackets keep the pattern from matching the shell that runs this.
	hash := drv.Hash()
	pattern := "[" + hash[:1] + "]" + hash[1:] + "-" + regexp.QuoteMeta(drv.Name())
	const line = `p='%s'; u=$(id -u)
for s in INT TERM; do
  pkill -$s -u "$u" -f -- "$p" || exit 0
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do pgrep -u "$u" -f -- "$p" >/dev/null || exit 0; sleep 0.2; done
done
pgrep -u "$u" -a -f -- "$p"; exit 0`
	res, err := link.Run(ctx, sshutil.Command{Line: "/bin/sh -s", Stdin: fmt.Appendf(nil, line, pattern)})
	if err != nil {
		return "", err
	}
	if res.ExitCode != 0 {
		return "", fmt.Errorf("the search for it ended with %d: %s", res.ExitCode, text.Line(lastLine(string(res.Stderr))))
	}
	return text.Line(strings.TrimSpace(string(res.Stdout))), nil
}
