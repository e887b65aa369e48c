package rollout

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"nixfleet-tui/fleet"
)

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

const holderVersion = 1

// Holder stands in a machine's lock file: who has it, for those who wait.
type Holder struct {
	Version int       `json:"version"`
	Run     string    `json:"run"`
	Host    string    `json:"host"`
	User    string    `json:"user,omitempty"` // whose run it is
	Since   time.Time `json:"since"`
}

// sign writes into a lock file who holds it. Readers take it as a hint only.
func (h Holder) sign(f *os.File) error {
	h.Version = holderVersion
	data, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt(append(data, '\n'), 0)
	return err
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
	const unsignedTries = 20 // with a slow disk, until a holder that signs at once has done so
	told := false
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
		if !told && tries > 1 { // the first moment may be the one in which the holder signs it
			if reason, signed := waitReason(path, t.run.plan.ID); signed || tries > unsignedTries {
				t.wait(reason)
				t.stepAside()
				told = true
			}
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

// waitReason says who has the machine, as far as its lock file tells; signed says
// whether it tells anything.
func waitReason(path, run string) (reason string, signed bool) {
	const another = "waits for another run on the same machine"
	var h Holder
	if err := readJSON(path, &h); err != nil {
		return another, false
	}
	if h.Run == "" {
		return another, true
	}
	if h.Run == run {
		return "waits for " + h.Host + ", which is the same machine", true
	}
	return fmt.Sprintf("waits for %s, which has been at this machine (as %s) since %s", h.who(), h.Host, h.Since.Local().Format("15:04:05")), true
}
