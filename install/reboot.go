package install

import (
	"context"
	"errors"
	"strings"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/sshutil"
)

// Rebooting is what is remembered of a target that was told to reboot: it is no
// installer any more.
type Rebooting struct {
	System   string     `json:"system"`
	Platform string     `json:"platform,omitempty"`
	Keys     []HostKey  `json:"keys"`
	Arrived  *time.Time `json:"arrived,omitempty"` // when it was up as itself
}

func (i *Installation) rebooted(context.Context) (bool, string, error) {
	r := i.record.Rebooting
	if r == nil || r.Arrived == nil {
		return false, "", nil
	}
	return true, i.Plan.Host + " is up, with its own key, and runs " + r.System, nil
}

// reboot restarts the target if that is wanted, and waits until the new host is
// there. A machine that was told already is only waited for.
func (i *Installation) reboot(ctx context.Context) error {
	if i.record.Rebooting != nil {
		return i.await(ctx)
	}
	yes, err := i.Ask(ctx, Question{Text: "Reboot " + i.Plan.Target + " into " + i.Plan.Host + " now?", Flag: "--reboot"})
	if err != nil {
		return err
	}
	if !yes {
		return left{"`reboot` there, without the installer's medium; or run this again with --reboot"}
	}
	i.record.Rebooting = &Rebooting{System: i.system, Platform: i.facts.System, Keys: i.keys}
	if err := i.Records.write(i.record); err != nil {
		return err
	}
	r, err := i.Target.Run(ctx, sshutil.Command{Line: "systemctl reboot"})
	var ofSSH *sshutil.Error
	switch {
	case errors.As(err, &ofSSH) && isCut(ofSSH.Kind): // it was quicker than its answer
	case err != nil:
		return err
	case r.ExitCode != 0:
		return failure("Reboot it by hand, and run this again to wait for it.", "the target does not reboot: %s", lastWords(r.Stderr, r.ExitCode))
	}
	return i.await(ctx)
}

// Arrival connects to the new host, taking no keys but its own.
type Arrival func(ctx context.Context, keys []HostKey) (sshutil.Runner, error)

// await waits until the new host answers with its own key and runs its system.
func (i *Installation) await(ctx context.Context) error {
	r := i.record.Rebooting
	i.tell(TellNote, "waiting for "+i.Plan.Host+" to come up as itself")
	within, cancel := context.WithTimeout(ctx, bootWait)
	defer cancel()
	tick := time.NewTicker(bootPause)
	defer tick.Stop()
	for {
		runs, err := i.running(within)
		switch {
		case err == nil && runs == r.System:
			now := i.Now()
			r.Arrived = &now
			return i.Records.write(i.record)
		case err == nil:
			return failure("See on its console which entry the boot loader took.", "%s is up with its own key, but runs %s", i.Plan.Host, runs)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-within.Done():
			return failure("Look at its console: does it boot from its own disk, and has it this address? Run this again to wait on.",
				"%s did not come up as itself within %s: %s", i.Plan.Host, bootWait, err)
		}
	}
}

// running is the system that the new host runs.
func (i *Installation) running(ctx context.Context) (string, error) {
	host, err := i.Arrive(ctx, i.record.Rebooting.Keys)
	if err != nil {
		return "", err
	}
	defer host.Close() // it was only asked
	r, err := host.Run(ctx, sshutil.Command{Line: "readlink -f /run/current-system"})
	return text.Line(strings.TrimSpace(string(r.Stdout))), err
}
