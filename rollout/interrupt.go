package rollout

import (
	"context"
	"syscall"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// interruption is a cancelling under way: SIGINT, then SIGTERM, then SIGKILL
// to nixos-rebuild's process group. Only an interrupt lets it clean up on the
// other side.
type interruption struct {
	next  syscall.Signal
	after time.Time
}

func (s *interruption) begin(ctx context.Context, t *task, d *nixcmd.LogDecoder, req request) {
	if t.cancelled {
		t.answer(true, "is being cancelled already")
		return
	}
	if why := t.mustNotInterrupt(ctx, d); why != "" && !req.Insist {
		t.answer(false, why)
		return
	}
	group, err := t.childGroup()
	if err == nil {
		err = syscall.Kill(-group, syscall.SIGINT)
	}
	if err != nil {
		t.answer(false, "it cannot be interrupted: "+err.Error())
		return
	}
	t.cancelled = true
	s.next, s.after = syscall.SIGTERM, t.run.Now().Add(interruptFor)
	t.answer(true, "interrupted while "+string(t.phase))
}

func (s *interruption) escalate(t *task) {
	if s.next == 0 || t.run.Now().Before(s.after) {
		return
	}
	group, err := t.childGroup()
	if err != nil {
		return // it has ended; the loop will see
	}
	if err := syscall.Kill(-group, s.next); err != nil {
		t.note("it cannot be ended: " + err.Error())
	}
	s.next, s.after = syscall.SIGKILL, t.run.Now().Add(interruptFor)
}

// mustNotInterrupt says why stopping now could leave the host half-changed, or
// "". Setting the profile prints nothing: when nothing is being built or
// copied, it may be happening.
func (t *task) mustNotInterrupt(ctx context.Context, d *nixcmd.LogDecoder) string {
	a := t.run.plan.Action
	if !a.Activates() && !a.MovesProfile() {
		return ""
	}
	const wait = "wait for it, or detach"
	if d.Phase() == nixcmd.PhaseActivating || idle(d) {
		return "it may be activating, and stopping that would leave the host half-changed: " + wait
	}
	if !d.Findings().Evaluated || !t.touches() || t.before == nil {
		return ""
	}
	r, err := t.read(ctx, false)
	if err == nil && (r.Switching || moved(t.before, r)) {
		return "the host is changing already: " + wait
	}
	return ""
}

func moved(b *Before, r *fleet.Reading) bool {
	return b.Profile != r.Profile || b.Running != r.Current
}

// idle says whether the evaluation is over and neither a build nor a copy runs.
func idle(d *nixcmd.LogDecoder) bool {
	p := d.Progress()
	return d.Findings().Evaluated && len(p.Building) == 0 && p.CopiesDone >= p.CopiesExpected
}

func (t *task) answer(accepted bool, reason string) {
	t.run.emit(Event{Event: EventCancel, Host: t.host.Name, Accepted: &accepted, Reason: reason})
}

// answerRequests hands requests to the tasks that they name; those that wait
// are cancelled on the spot.
func (r *run) answerRequests() {
	requests, err := r.dir.takeRequests()
	r.note("reading requests", err)
	for _, req := range requests {
		hosts := req.Cancel
		if len(hosts) == 0 {
			for _, h := range r.plan.Hosts {
				hosts = append(hosts, h.Name)
			}
		}
		for _, name := range hosts {
			r.answerRequest(name, req)
		}
	}
}

func (r *run) answerRequest(name string, req request) {
	if _, ok := r.plan.Host(name); !ok || r.state(name).Verdict != nil {
		return
	}
	r.mu.Lock()
	t := r.working[name]
	r.mu.Unlock()
	if t == nil {
		yes := true
		r.emit(Event{Event: EventCancel, Host: name, Accepted: &yes, Reason: "cancelled before its turn"})
		r.emitVerdict(name, Verdict{Outcome: OutcomeCancelled, Phase: nixcmd.PhaseQueued, Log: LogPath(r.Dir, name),
			Reason: "cancelled before its turn; nothing on the host has changed"})
		return
	}
	select {
	case t.requests <- req:
	default: // enough of them wait already
	}
}
