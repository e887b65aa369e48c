package rollout

import (
	"errors"
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

func TestJudgeReboots(t *testing.T) {
	const want, other = "/nix/store/22222222222222222222222222222222-nixos-system-h1-2", "/nix/store/11111111111111111111111111111111-nixos-system-h1-1"
	before := &Before{Profile: want, Running: other, Booted: other, BootID: "a"}
	after := func(boot, current string) *fleet.Reading {
		return &fleet.Reading{BootID: boot, Current: current, Profile: want, Booted: current}
	}
	gone := errors.New("no route to host")
	zero, one, notBack := 0, 1, exitNotBack
	for name, c := range map[string]struct {
		e       evidence
		outcome Outcome
		reason  string
	}{
		"came back":            {evidence{exit: &zero, out: want, before: before, after: after("b", want)}, OutcomeOK, ""},
		"its status was lost":  {evidence{before: before, wanted: want, after: after("b", want)}, OutcomeOK, ""},
		"another system":       {evidence{exit: &zero, out: want, before: before, after: after("b", other)}, OutcomeFailed, "another system than its boot default"},
		"never went down":      {evidence{exit: &notBack, wanted: want, before: before, after: after("a", other)}, OutcomeFailed, "it was not restarted"},
		"sudo refused":         {evidence{exit: &one, wanted: want, before: before, after: after("a", other), found: nixcmd.Findings{Decisive: []string{"error: sudo: a password is required"}}}, OutcomeFailed, "it was not restarted: sudo: a password is required"},
		"did not come back":    {evidence{exit: &notBack, wanted: want, before: before, afterErr: gone}, OutcomeUnknown, "it has not come back from its reboot; last it said: no route to host"},
		"nobody knows":         {evidence{wanted: want, before: before, afterErr: gone}, OutcomeUnknown, "cannot be read: no route to host"},
		"cancelled before":     {evidence{exit: &one, wanted: want, before: before, after: after("a", other), cancel: true}, OutcomeCancelled, "it was not restarted"},
		"cancelled too late":   {evidence{exit: &one, wanted: want, before: before, after: after("b", want), cancel: true}, OutcomeOK, ""},
		"nothing known before": {evidence{exit: &zero, out: want, after: after("b", want)}, OutcomeUnknown, "how it stood before is not known"},
		"a host without an id": {evidence{exit: &zero, out: want, before: before, after: after("", want)}, OutcomeFailed, "it was not restarted"},
	} {
		t.Run(name, func(t *testing.T) {
			c.e.action, c.e.touches = nixcmd.Reboot, true
			v := judge(c.e)
			if v.Outcome != c.outcome || !strings.Contains(v.Reason, c.reason) || (v.Outcome != OutcomeOK && v.Outcome != OutcomeCancelled) == (v.Hint == "") {
				t.Errorf("got %s: %s (%s)", v.Outcome, v.Reason, v.Hint)
			}
		})
	}
}

func TestTogether(t *testing.T) {
	p := Plan{Parallel: 4, Hosts: []PlanHost{{Name: "a", Last: true}, {Name: "b"}, {Name: "c", Skip: "frozen"}, {Name: "d"}}}
	show := func() string {
		var waves []string
		for _, w := range p.Together() {
			waves = append(waves, strings.Join(w, ","))
		}
		return strings.Join(waves, " ")
	}
	if got := show(); got != "b,d,a" {
		t.Errorf("without waves: %s", got)
	}
	p.Waves = &Waves{Size: 2}
	if got := show(); got != "b,d a" {
		t.Errorf("waves of two: %s", got)
	}
	p.Parallel = 1
	if got := show(); got != "b d a" {
		t.Errorf("one at a time: %s", got)
	}
}
