package cli

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// TestSecondInterruptDetaches from a run that goes on, whatever becomes of the
// first one.
func TestSecondInterruptDetaches(t *testing.T) {
	b := newBench(t)
	store, err := rollout.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	plan := rollout.Plan{Version: rollout.PlanVersion, ID: "20261123T071500Z-switch-3f2a", Action: nixcmd.Switch, Hosts: []rollout.PlanHost{{Name: "h1"}}}
	content, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(store.Dir, "runs", plan.ID)
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "run.json"), content, 0o600)); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Create(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil { // as its supervisor does
		t.Fatal(err)
	}
	b.signals <- os.Interrupt
	b.signals <- os.Interrupt
	p := b.program()
	f := explain(p.follow(t.Context(), store, dir, p.Signals(), newDisplay(p, true, false)))
	if f.Code != ExitCancelled || f.Message != "detached; the run goes on" || !strings.Contains(f.Hint, "runs attach "+plan.ID) {
		t.Errorf("it ends with %d: %s: %s", f.Code, f.Message, f.Hint)
	}
	if asked, err := filepath.Glob(filepath.Join(dir, "requests", "*.json")); err != nil || len(asked) != 1 {
		t.Errorf("asked to cancel by %q, %v", asked, err)
	}
	if said := b.out.String() + b.err.String(); !strings.Contains(said, "Asked to cancel") {
		t.Errorf("it says %q", said)
	}
}
