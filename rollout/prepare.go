package rollout

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// prepare does what precedes nixos-rebuild: it reads the host, takes the
// machine's lock and makes sure that nobody else is at it. A verdict means
// that the task ends here.
func (t *task) prepare(ctx context.Context) (*Verdict, error) {
	stage, stop := context.WithCancelCause(ctx)
	answered := make(chan struct{})
	go func() { // a request to cancel ends whatever the stage waits for
		defer close(answered)
		select {
		case <-t.requests:
			stop(errCancelled)
		case <-stage.Done():
		}
	}()
	v := t.prepareHost(stage)
	stop(nil)
	<-answered
	if errors.Is(context.Cause(stage), errCancelled) {
		t.answer(true, "cancelled before nixos-rebuild was started")
		return t.verdict(OutcomeCancelled, "cancelled before nixos-rebuild was started; nothing on the host has changed", ""), nil
	}
	return v, ctx.Err()
}

func (t *task) prepareHost(ctx context.Context) *Verdict {
	t.enter(nixcmd.PhasePreparing)
	if !t.touches() {
		return t.checkTree(ctx)
	}
	reading, err := t.reach(ctx)
	if err != nil {
		return t.unreachable(err)
	}
	waited, err := t.lockMachine(ctx, machineID(reading, t.host.Name))
	if err != nil {
		return t.verdict(OutcomeFailed, "its machine could not be locked: "+err.Error(), "")
	}
	if waited { // somebody else was at it, and may have ended the login with it
		if reading, err = t.reach(ctx); err != nil {
			return t.unreachable(err)
		}
	}
	if reading, err = t.outlast(ctx, reading); err != nil {
		return t.unreachable(err)
	}
	t.before = &Before{
		Profile: reading.Profile, Running: reading.Current, Booted: reading.Booted,
		Generation: reading.Generation, BootID: reading.BootID, Machine: t.machine.id,
		FailedUnits: t.failedBefore(ctx), HostTime: reading.HostTime,
	}
	t.run.emit(Event{Event: EventTask, Host: t.host.Name, State: TaskPrepared, Before: t.before})
	t.compare(reading)
	if t.inTheWay(reading) {
		return t.otherIsActivating()
	}
	return t.checkTree(ctx)
}

// compare notes what has become of the host since the person saw how it stood.
func (t *task) compare(now *fleet.Reading) {
	if seen := t.host.Generation; seen != 0 && now.Generation != seen {
		t.note(fmt.Sprintf("generation %d has appeared since preflight, which saw %d", now.Generation, seen))
	}
}

// unreachable judges a host that could not be read at the start.
func (t *task) unreachable(err error) *Verdict {
	reason, hint := reasonOf(err)
	if t.run.plan.SkipDown && isDown(err) {
		return t.verdict(OutcomeSkipped, "unreachable: "+reason, hint)
	}
	return t.verdict(OutcomeFailed, "it cannot be reached: "+reason, hint)
}

// isDown says whether the host is not there, as opposed to not letting us in.
func isDown(err error) bool {
	return fleet.StatusOf(fleet.Status{}, err, time.Time{}).State == fleet.StateDown
}

// checkTree makes sure that a dirty tree is still the one that was planned. A
// clean one is pinned and cannot move.
func (t *task) checkTree(ctx context.Context) *Verdict {
	f := t.run.plan.Flake
	if t.host.Activate != nil || !f.Dirty || t.run.plan.Follow || f.Fingerprint == "" {
		return nil
	}
	now, err := t.run.Fingerprint(ctx, f.URL)
	switch {
	case err != nil:
		return t.verdict(OutcomeFailed, "the flake cannot be read any more: "+err.Error(), "")
	case now != f.Fingerprint:
		return t.verdict(OutcomeSkipped, "the tree changed since the run began",
			"Run it again, or give --follow-tree to deploy whatever the tree holds when a host's turn comes.")
	}
	return nil
}

// machineLock is the lock that keeps two runs, or two names, from one machine.
type machineLock struct {
	id   string
	file *os.File
}

func (m *machineLock) release() { m.file.Close() }

// machineID names a machine's lock: by its machine-id and host key, so that two
// names of one machine share it and two clones of one image, which have the
// same machine-id, do not; or else by the name.
func machineID(r *fleet.Reading, name string) string {
	id := "name:" + name
	if r.MachineID != "" {
		id = "machine-id:" + r.MachineID + ":" + r.HostKey
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:12])
}

// Holder stands in a machine's lock file: who has it, for those who wait.
type Holder struct {
	Version int       `json:"version"`
	Run     string    `json:"run"`
	Host    string    `json:"host"`
	User    string    `json:"user,omitempty"` // whose run it is
	Since   time.Time `json:"since"`
}

// who names the run that has a machine, and whose it is.
func (h Holder) who() string {
	if h.User == "" {
		return "the run " + h.Run
	}
	return "the run " + h.Run + " of " + h.User
}

// HolderOf tells which run has the machine that was read; false when none has.
// name is how the machine was reached.
func (s *Store) HolderOf(r fleet.Reading, name string) (Holder, bool, error) {
	path := s.machineLock(machineID(&r, name))
	held, err := isHeld(path)
	if err != nil || !held {
		return Holder{}, false, err
	}
	var h Holder
	if err := readJSON(path, &h); err != nil {
		return Holder{}, true, nil // it is being signed just now
	}
	return h, true, nil
}

// lockMachine waits for the machine's lock, and says whether it had to wait.
// A task that waits takes no place in the run's queue.
func (t *task) lockMachine(ctx context.Context, id string) (waited bool, err error) {
	path := t.run.Store.machineLock(id)
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for tries := 1; ; tries++ {
		f, err := tryLock(path)
		if err == nil {
			t.machine = &machineLock{id: id, file: f}
			err = t.signLock(f)
			if err == nil && waited {
				err = t.comeBack(ctx)
			}
			return waited, err
		}
		if !errors.Is(err, errHeld) {
			return waited, err
		}
		waited = true
		if tries == 2 { // by now the holder has signed it
			t.wait(waitReason(path, t.run.plan.ID))
			t.stepAside()
		}
		select {
		case <-ctx.Done():
			return waited, ctx.Err()
		case <-tick.C:
		}
	}
}

// signLock says in the lock file that this task holds it.
func (t *task) signLock(f *os.File) error {
	return Holder{Run: t.run.plan.ID, Host: t.host.Name, User: t.run.plan.User, Since: t.run.Now().UTC().Truncate(time.Second)}.sign(f)
}

func waitReason(path, run string) string {
	var h Holder
	if err := readJSON(path, &h); err != nil || h.Run == "" {
		return "waits for another run on the same machine"
	}
	if h.Run == run {
		return "waits for " + h.Host + ", which is the same machine"
	}
	return fmt.Sprintf("waits for %s, which has been at this machine (as %s) since %s", h.who(), h.Host, h.Since.Local().Format("15:04:05"))
}
