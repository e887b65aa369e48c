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
	System string    `json:"system"`
	Keys   []HostKey `json:"keys"`
}

// Reboot restarts the target once its system is installed, and waits until the
// new host is there.
func (i *Installation) Reboot(ctx context.Context, arrive Arrival) error {
	i.record.Rebooting = &Rebooting{i.system, i.keys}
	if err := i.Records.Write(i.record); err != nil {
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
	return i.Await(ctx, *i.record.Rebooting, arrive)
}

// Arrival connects to the new host, taking no keys but its own.
type Arrival func(ctx context.Context) (sshutil.Runner, error)

// Await waits until the new host answers with its own key and runs its system.
func (i *Installation) Await(ctx context.Context, r Rebooting, arrive Arrival) error {
	i.Say(Telling{TellBegin, "wait for " + i.Plan.Host + " to come up as itself"})
	within, cancel := context.WithTimeout(ctx, bootWait)
	defer cancel()
	tick := time.NewTicker(bootPause)
	defer tick.Stop()
	for {
		runs, err := running(within, arrive)
		switch {
		case err == nil && runs == r.System:
			i.Say(Telling{TellDone, i.Plan.Host + " is up, with its own key, and runs " + runs})
			return i.arrived()
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
func running(ctx context.Context, arrive Arrival) (string, error) {
	host, err := arrive(ctx)
	if err != nil {
		return "", err
	}
	defer host.Close() // it was only asked
	r, err := host.Run(ctx, sshutil.Command{Line: "readlink -f /run/current-system"})
	return text.Line(strings.TrimSpace(string(r.Stdout))), err
}

// arrived forgets that the host is waited for. There may be no record any more.
func (i *Installation) arrived() error {
	rec, err := i.Records.Read(i.Plan.Host)
	if err != nil || rec == nil {
		return err
	}
	rec.Rebooting = nil
	return i.Records.Write(*rec)
}
