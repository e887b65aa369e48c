package rollout

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// TestLastLookAhead lets nixos-rebuild end only when the host has been looked at
// for the last time: it waits for that after its last word.
func TestLastLookAhead(t *testing.T) {
	w := newTestWorld(t)
	w.noteReadings()
	const patience = `i=0; until [ -n "$(sed 1,/rebuilt/d $root/asked)" ] || [ $((i += 1)) -gt 600 ]; do sleep 0.05; done`
	w.host("h1", "m1", "set_profile; activate; echo rebuilt >>$root/asked; finish; "+patience+"; echo ended >>$root/asked")
	f := w.start(w.plan(nixcmd.Switch, "h1"))
	if v := f.end().Tasks[0].Verdict; v.Outcome != OutcomeOK {
		t.Errorf("%s (%s)", v.Outcome, v.Reason)
	}
	_, after, _ := strings.Cut(w.asked("h1"), "rebuilt\n")
	if got := strings.Fields(after); !slices.Equal(got, []string{"links", "ended"}) {
		t.Errorf("after its last word there was %v, want one look, and then its end", got)
	}
}

// A look is worth something only if it began at nixos-rebuild's end: its last
// word may be another program's.
func TestLastLookIsFresh(t *testing.T) {
	done := nixcmd.Findings{Done: true}
	for _, c := range []struct {
		name   string
		action nixcmd.Action
		cancel bool
		found  nixcmd.Findings
		later  time.Duration // that nixos-rebuild ends
		looks  int
	}{
		{"at its last word", nixcmd.Switch, false, done, lastLookFor - 1, 1},
		{"twice", nixcmd.Boot, false, done, lastLookFor, 2},
		{"before its last word", nixcmd.Switch, false, nixcmd.Findings{SwitchStarted: true}, 0, 1},
		{"of a build", nixcmd.Build, false, done, 0, 1},
		{"of one that is being cancelled", nixcmd.Test, true, done, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTestWorld(t)
			w.noteReadings()
			w.host("h1", "m1", "")
			now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
			r := &run{Supervisor: Supervisor{Now: func() time.Time { return now }}, plan: Plan{Action: c.action}, conn: folders(w.hosts)}
			task := &task{run: r, host: PlanHost{Name: "h1"}, cancelled: c.cancel}
			task.lookAhead(t.Context(), c.found)
			task.lookAhead(t.Context(), c.found)
			began := task.last != nil
			r.tasks.Wait()
			now = now.Add(c.later)
			if _, err := task.readLast(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(w.asked("h1"), "links"); got != c.looks {
				t.Errorf("it was looked at %d times, want %d", got, c.looks)
			}
			if want := c.found.Done && !c.cancel && c.action != nixcmd.Build; began != want {
				t.Errorf("a look began: %t, want %t", began, want)
			}
		})
	}
}

// A look that failed is done again, and one that nobody wants any more ends.
func TestLastLookFails(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", "")
	w.write("h1/down", "", 0o644)
	r := &run{Supervisor: Supervisor{Now: time.Now}, plan: Plan{Action: nixcmd.Switch}, conn: folders(w.hosts)}
	failing := &task{run: r, host: PlanHost{Name: "h1"}}
	failing.lookAhead(t.Context(), nixcmd.Findings{Done: true})
	if _, err := failing.readLast(t.Context()); err == nil {
		t.Error("a host that is down was read")
	}
	unwanted := &task{run: &run{Supervisor: r.Supervisor, plan: r.plan, conn: silent{}}, host: PlanHost{Name: "h1"}}
	unwanted.lookAhead(t.Context(), nixcmd.Findings{Done: true})
	unwanted.endLastLook()
	unwanted.run.tasks.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stopped := &task{run: &run{Supervisor: r.Supervisor, plan: r.plan, conn: silent{}}, host: PlanHost{Name: "h1"}}
	stopped.lookAhead(t.Context(), nixcmd.Findings{Done: true})
	defer stopped.endLastLook()
	if _, err := stopped.readLast(ctx); err != context.Canceled {
		t.Errorf("a supervisor that is to end waits for a silent host: %v", err)
	}
}

// silent connects to hosts that never answer.
type silent struct{}

func (silent) Runner(ctx context.Context, _ string) (sshutil.Runner, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
func (silent) Drop(string)  {}
func (silent) Close() error { return nil }
