package rollout

import (
	"context"
	"errors"
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
	more, done := nixcmd.Findings{SwitchStarted: true}, nixcmd.Findings{SwitchStarted: true, Done: true}
	for _, c := range []struct {
		name   string
		action nixcmd.Action
		cancel bool
		found  []nixcmd.Findings
		later  time.Duration // that nixos-rebuild ends
		ahead  bool          // a look began that is still wanted
		looks  int
	}{
		{"at its last word", nixcmd.Switch, false, []nixcmd.Findings{more, done, done}, lastLookFor - 1, true, 1},
		{"long before the end", nixcmd.Boot, false, []nixcmd.Findings{done}, lastLookFor, true, 2},
		{"before its last word", nixcmd.Switch, false, []nixcmd.Findings{more}, 0, false, 1},
		{"at a word that was not the last", nixcmd.Switch, false, []nixcmd.Findings{done, more}, 0, false, 2},
		{"at both of them", nixcmd.Switch, false, []nixcmd.Findings{done, more, done}, 0, true, 2},
		{"of a build", nixcmd.Build, false, []nixcmd.Findings{done}, 0, false, 1},
		{"of one that is being cancelled", nixcmd.Test, true, []nixcmd.Findings{done}, 0, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTestWorld(t)
			w.noteReadings()
			w.host("h1", "m1", "")
			now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
			r := &run{Supervisor: Supervisor{Now: func() time.Time { return now }}, plan: Plan{Action: c.action}, conn: folders(w.hosts)}
			task := &task{run: r, host: PlanHost{Name: "h1"}, cancelled: c.cancel}
			for _, found := range c.found {
				task.lookAhead(t.Context(), found)
				if task.last != nil { // its answer is there before more is found
					got := <-task.last.got
					task.last.got <- got
				}
			}
			if ahead := task.last != nil; ahead != c.ahead {
				t.Errorf("a look is under way: %t, want %t", ahead, c.ahead)
			}
			now = now.Add(c.later)
			e := evidence{found: c.found[len(c.found)-1]}
			if _, err := task.readLast(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(w.asked("h1"), "links"); got != c.looks {
				t.Errorf("it was looked at %d times, want %d", got, c.looks)
			}
		})
	}
}

// What nixos-rebuild still said after the last that was heard of it counts.
func TestLastLookKnowsTheEnd(t *testing.T) {
	w := newTestWorld(t)
	w.noteReadings()
	w.host("h1", "m1", "")
	r := &run{Supervisor: Supervisor{Now: time.Now}, plan: Plan{Action: nixcmd.Switch}, conn: folders(w.hosts)}
	task := &task{run: r, host: PlanHost{Name: "h1"}}
	task.lookAhead(t.Context(), nixcmd.Findings{Done: true})
	r.tasks.Wait()
	if _, err := task.readLast(t.Context(), evidence{}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(w.asked("h1"), "links"); got != 2 {
		t.Errorf("it was looked at %d times, want once more at the end", got)
	}
}

// A look that failed is not done again over the same connection, and one that
// nobody wants any more ends.
func TestLastLookFails(t *testing.T) {
	done := nixcmd.Findings{Done: true}
	over := func(c Connector) *task {
		r := &run{Supervisor: Supervisor{Now: time.Now}, plan: Plan{Action: nixcmd.Switch}, conn: c}
		return &task{run: r, host: PlanHost{Name: "h1"}}
	}
	calls := &nowhere{}
	failing := over(calls)
	failing.lookAhead(t.Context(), done)
	if _, err := failing.readLast(t.Context(), evidence{found: done}); !errors.Is(err, errDown) || calls.n != 1 {
		t.Errorf("%d calls, %v", calls.n, err)
	}
	unwanted := over(silent{})
	unwanted.lookAhead(t.Context(), done)
	unwanted.endLastLook()
	unwanted.run.tasks.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stopped := over(silent{})
	stopped.lookAhead(t.Context(), done)
	defer stopped.endLastLook()
	if _, err := stopped.readLast(ctx, evidence{found: done}); !errors.Is(err, context.Canceled) {
		t.Errorf("a supervisor that is to end waits for a silent host: %v", err)
	}
}

// nowhere connects to no host, and counts how often it was to.
type nowhere struct {
	silent
	n int
}

var errDown = errors.New("no route to host")

func (d *nowhere) Runner(context.Context, string) (sshutil.Runner, error) {
	d.n++
	return nil, errDown
}

// silent connects to hosts that never answer.
type silent struct{}

func (silent) Runner(ctx context.Context, _ string) (sshutil.Runner, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
func (silent) Drop(string)  {}
func (silent) Close() error { return nil }
