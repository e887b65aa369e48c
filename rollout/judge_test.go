package rollout

import (
	"errors"
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

const (
	oldSystem = "/nix/store/00000000000000000000000000000000-nixos-system-h1-25.11.1"
	newSystem = "/nix/store/11111111111111111111111111111111-nixos-system-h1-25.11.2"
)

func stands(profile, current string) *fleet.Reading {
	reboot := false
	return &fleet.Reading{Profile: profile, Current: current, Booted: oldSystem, Reboot: &reboot}
}

// withFailed is a host that runs the new system with failed units.
func withFailed(units ...string) *fleet.Reading {
	r := stands(newSystem, newSystem)
	r.FailedUnits = units
	return r
}

func exit(n int) *int { return &n }

// The verdict table of docs/formats.md, one situation a line.
func TestJudge(t *testing.T) {
	before := &Before{Profile: oldSystem, Running: oldSystem, Booted: oldSystem}
	newBefore := &Before{Profile: newSystem, Running: newSystem, Booted: oldSystem}
	none := nixcmd.Findings{ChildStatus: -1}
	units := nixcmd.Findings{ChildStatus: 4, FailedUnits: []string{"bar.service"}, SwitchStarted: true, SwitchPath: newSystem}
	unitsBash := nixcmd.Findings{ChildStatus: -1, FailedUnits: []string{"bar.service"}, SwitchStarted: true}
	lostLink := nixcmd.Findings{ChildStatus: 255, LostConnection: true, Evaluated: true, Decisive: []string{"Timeout, server h2 not responding."}}
	gone := errors.New("no route to host")

	for _, c := range []struct {
		name    string
		e       evidence
		want    Outcome
		changed bool
		reason  string // must be in the reason
	}{
		{"switch, all well", evidence{action: nixcmd.Switch, exit: exit(0), found: none, out: newSystem, before: before, after: stands(newSystem, newSystem)}, OutcomeOK, true, ""},
		{"switch, nothing to do", evidence{action: nixcmd.Switch, exit: exit(0), found: none, out: newSystem, before: newBefore, after: stands(newSystem, newSystem)}, OutcomeOK, false, ""},
		{"test leaves the profile", evidence{action: nixcmd.Test, exit: exit(0), found: none, out: newSystem, before: before, after: stands(oldSystem, newSystem)}, OutcomeOK, true, ""},
		{"boot leaves what runs", evidence{action: nixcmd.Boot, exit: exit(0), found: none, out: newSystem, before: before, after: stands(newSystem, oldSystem)}, OutcomeOK, true, ""},
		{"bash prints no path, the profile moved", evidence{action: nixcmd.Switch, exit: exit(0), found: none, before: before, after: stands(newSystem, newSystem)}, OutcomeOK, true, ""},
		{"bash prints no path, nothing moved, wanted known", evidence{action: nixcmd.Switch, exit: exit(0), found: none, wanted: newSystem, before: newBefore, after: stands(newSystem, newSystem)}, OutcomeOK, false, ""},
		{"nothing tells what was built", evidence{action: nixcmd.Switch, exit: exit(0), found: none, before: newBefore, after: stands(newSystem, newSystem)}, OutcomeUnknown, false, "did not say which system"},
		{"exit 0, but the host has something else", evidence{action: nixcmd.Switch, exit: exit(0), found: none, out: newSystem, before: before, after: stands(newSystem, oldSystem)}, OutcomeFailed, true, "does not have what was built"},
		{"exit 0, and the host is gone", evidence{action: nixcmd.Switch, exit: exit(0), found: none, out: newSystem, before: before, afterErr: gone}, OutcomeUnknown, false, "no route"},
		{"dry-build needs no host", evidence{action: nixcmd.DryBuild, exit: exit(0), found: none}, OutcomeOK, false, ""},
		{"build, valid", evidence{action: nixcmd.Build, exit: exit(0), found: none, out: newSystem, valid: true}, OutcomeOK, false, ""},
		{"build, collected at once", evidence{action: nixcmd.Build, exit: exit(0), found: none, out: newSystem}, OutcomeFailed, false, "not there"},

		{"units failed", evidence{action: nixcmd.Switch, exit: exit(4), found: units, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, newSystem)}, OutcomeDegraded, true, "bar.service"},
		{"units failed, bash hides the 4", evidence{action: nixcmd.Switch, exit: exit(1), found: unitsBash, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, newSystem)}, OutcomeDegraded, true, "bar.service"},
		{"units failed, exit status lost", evidence{action: nixcmd.Switch, found: unitsBash, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, newSystem)}, OutcomeDegraded, true, "bar.service"},
		{"activate script failed, and units", evidence{action: nixcmd.Switch, exit: exit(4), found: nixcmd.Findings{ChildStatus: 4, ActivateFailed: true, FailedUnits: []string{"x"}, SwitchPath: newSystem}, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, oldSystem)}, OutcomeFailed, true, "installed, but not running"},
		{"units failed, but the old system runs", evidence{action: nixcmd.Switch, exit: exit(4), found: units, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, oldSystem)}, OutcomeFailed, true, "not the running one"},

		{"reboot needed", evidence{action: nixcmd.Switch, exit: exit(100), found: nixcmd.Findings{ChildStatus: 100, SwitchPath: newSystem}, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, oldSystem)}, OutcomeReboot, true, "reboot"},
		{"reboot text, but nothing installed", evidence{action: nixcmd.Switch, exit: exit(100), found: nixcmd.Findings{ChildStatus: 100, SwitchPath: newSystem}, phase: nixcmd.PhaseActivating, before: before, after: stands(oldSystem, oldSystem)}, OutcomeFailed, false, ""},

		{"build failed", evidence{action: nixcmd.Switch, exit: exit(1), found: nixcmd.Findings{ChildStatus: 1, Evaluated: true, Decisive: []string{"error: builder failed"}}, phase: nixcmd.PhaseBuilding, before: before, after: stands(oldSystem, oldSystem)}, OutcomeFailed, false, "while building: error: builder failed"},
		{"build failed, exit status lost", evidence{action: nixcmd.Switch, found: nixcmd.Findings{ChildStatus: 1, Evaluated: true, Decisive: []string{"error: builder failed"}}, phase: nixcmd.PhaseBuilding, idle: true, before: before, after: stands(oldSystem, oldSystem)}, OutcomeFailed, false, "while building"},
		{"cut off while building", evidence{action: nixcmd.Switch, exit: exit(255), found: lostLink, phase: nixcmd.PhaseBuilding, touches: true, before: before, afterErr: gone}, OutcomeFailed, false, "not responding"},
		{"cut off between build and activation", evidence{action: nixcmd.Switch, exit: exit(255), found: lostLink, phase: nixcmd.PhaseBuilding, idle: true, before: before, afterErr: gone}, OutcomeUnknown, false, "connection was lost"},
		{"cut off while activating, host gone", evidence{action: nixcmd.Switch, exit: exit(255), found: lostLink, phase: nixcmd.PhaseActivating, before: before, afterErr: gone}, OutcomeUnknown, false, "cannot be read"},
		{"cut off while activating, finished", evidence{action: nixcmd.Switch, exit: exit(255), found: lostLink, wanted: newSystem, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, newSystem)}, OutcomeOK, true, "has what was built"},
		{"cut off while activating, finished with failed units", evidence{action: nixcmd.Switch, exit: exit(255), found: lostLink, wanted: newSystem, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, newSystem), unitEnded: true, unitStatus: 4}, OutcomeDegraded, true, "units failed"},
		{"cut off while activating, finished, and a unit had failed before", evidence{action: nixcmd.Switch, exit: exit(255), found: lostLink, wanted: newSystem, phase: nixcmd.PhaseActivating, before: before, after: withFailed("old.service"), unitEnded: true}, OutcomeOK, true, "has what was built"},
		{"cut off while activating, finished, units failed, no journal", evidence{action: nixcmd.Switch, exit: exit(255), found: lostLink, wanted: newSystem, phase: nixcmd.PhaseActivating, before: before, after: withFailed("bar.service")}, OutcomeDegraded, true, "bar.service"},
		{"cut off while activating, the script failed late", evidence{action: nixcmd.Switch, exit: exit(255), found: lostLink, wanted: newSystem, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, newSystem), unitEnded: true, unitStatus: 1}, OutcomeFailed, true, "exited with 1"},
		{"cut off while activating, not finished", evidence{action: nixcmd.Switch, exit: exit(255), found: lostLink, wanted: newSystem, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, oldSystem)}, OutcomeFailed, true, "installed but not running"},

		{"killed, but it had printed its path", evidence{action: nixcmd.Switch, found: none, out: newSystem, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, newSystem)}, OutcomeOK, true, ""},
		{"killed by a signal, finished", evidence{action: nixcmd.Switch, exit: exit(137), found: none, wanted: newSystem, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, newSystem)}, OutcomeOK, true, "was killed, but the host has"},
		{"killed by a signal, still activating", evidence{action: nixcmd.Switch, exit: exit(143), found: none, wanted: newSystem, phase: nixcmd.PhaseActivating, before: before, after: &fleet.Reading{Profile: newSystem, Current: oldSystem, Switching: true}}, OutcomeUnknown, true, "was killed, and the activation still runs"},
		{"killed by a signal, host gone", evidence{action: nixcmd.Switch, exit: exit(137), found: none, wanted: newSystem, phase: nixcmd.PhaseActivating, before: before, afterErr: gone}, OutcomeUnknown, false, "was killed, and the host cannot be read"},
		{"killed by a signal while building", evidence{action: nixcmd.Switch, exit: exit(137), found: none, phase: nixcmd.PhaseBuilding, before: before, after: stands(oldSystem, oldSystem)}, OutcomeFailed, false, "while building: nixos-rebuild exited with 137"},
		{"the activation was killed, and told", evidence{action: nixcmd.Switch, exit: exit(137), found: nixcmd.Findings{ChildStatus: 137, SwitchPath: newSystem}, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, newSystem)}, OutcomeFailed, true, "exited with 137"},
		{"killed while activating, finished", evidence{action: nixcmd.Switch, found: none, wanted: newSystem, phase: nixcmd.PhaseActivating, before: before, after: stands(newSystem, newSystem)}, OutcomeOK, true, "exit status was lost"},
		{"killed while building", evidence{action: nixcmd.Switch, found: none, phase: nixcmd.PhaseBuilding, before: before, after: stands(oldSystem, oldSystem)}, OutcomeFailed, false, "killed"},

		{"cancelled, nothing moved", evidence{action: nixcmd.Switch, exit: exit(130), found: none, phase: nixcmd.PhaseBuilding, cancel: true, before: before, after: stands(oldSystem, oldSystem)}, OutcomeCancelled, false, "nothing on the host has changed"},
		{"cancelled too late", evidence{action: nixcmd.Switch, exit: exit(130), found: none, phase: nixcmd.PhaseActivating, cancel: true, before: before, after: stands(newSystem, oldSystem)}, OutcomeFailed, true, "after the profile moved"},
		{"cancelled, but it had ended well", evidence{action: nixcmd.Switch, exit: exit(0), found: none, out: newSystem, cancel: true, before: before, after: stands(newSystem, newSystem)}, OutcomeOK, true, ""},
		{"cancelled while activating, host gone", evidence{action: nixcmd.Switch, exit: exit(130), found: none, phase: nixcmd.PhaseActivating, cancel: true, before: before, afterErr: gone}, OutcomeUnknown, false, "could not be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := judge(c.e)
			if v.Outcome != c.want {
				t.Errorf("outcome = %s, want %s (reason: %s)", v.Outcome, c.want, v.Reason)
			}
			if v.Changed != c.changed {
				t.Errorf("changed = %v, want %v", v.Changed, c.changed)
			}
			if !strings.Contains(v.Reason, c.reason) {
				t.Errorf("reason = %q, want it to hold %q", v.Reason, c.reason)
			}
			if v.Outcome != OutcomeOK && v.Reason == "" {
				t.Error("a verdict that is not ok needs a reason")
			}
			if v.Outcome != OutcomeOK && v.Outcome != OutcomeCancelled && v.Hint == "" && len(v.Decisive) == 0 {
				t.Errorf("nobody is told what to do about %q", v.Reason)
			}
		})
	}
}

func TestExitCodeOf(t *testing.T) {
	for _, c := range []struct {
		outcomes []Outcome
		want     int
	}{
		{[]Outcome{OutcomeOK, OutcomeOK}, 0},
		{[]Outcome{OutcomeOK, OutcomeDegraded}, 3},
		{[]Outcome{OutcomeSkipped, OutcomeOK}, 3},
		{[]Outcome{OutcomeReboot}, 3},
		{[]Outcome{OutcomeDegraded, OutcomeFailed}, 1},
		{[]Outcome{OutcomeUnknown, OutcomeOK}, 1},
		{[]Outcome{OutcomeCancelled, OutcomeOK}, 130},
		{[]Outcome{OutcomeCancelled, OutcomeFailed}, 1},
	} {
		if got := exitCodeOf(c.outcomes); got != c.want {
			t.Errorf("exitCodeOf(%v) = %d, want %d", c.outcomes, got, c.want)
		}
	}
}

func TestOnlyWhatFailedIsDoneAgain(t *testing.T) {
	for o, want := range map[Outcome]bool{
		OutcomeOK: false, OutcomeDegraded: false, OutcomeReboot: false,
		OutcomeFailed: true, OutcomeUnknown: true, OutcomeCancelled: true, OutcomeSkipped: true,
	} {
		if o.Again() != want {
			t.Errorf("%s: again %v", o, o.Again())
		}
	}
}
