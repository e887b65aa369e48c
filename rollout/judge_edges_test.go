package rollout

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// TestJudgeAtTheEdges: situations that differ from one of TestJudge in a single
// respect, and in the verdict.
func TestJudgeAtTheEdges(t *testing.T) {
	before := &Before{Profile: oldSystem, Running: oldSystem, Booted: oldSystem}
	newBefore := &Before{Profile: newSystem, Running: newSystem, Booted: oldSystem}
	none := nixcmd.Findings{ChildStatus: -1}
	gone := errors.New("no route to host")
	switching := stands(oldSystem, oldSystem)
	switching.Switching = true

	for _, c := range []struct {
		name   string
		e      evidence
		want   Outcome
		reason string
	}{
		// Which system was built.
		{"the log names the system", evidence{action: nixcmd.Switch, exit: exit(0), found: nixcmd.Findings{System: newSystem}, before: newBefore, after: stands(newSystem, newSystem)}, OutcomeOK, ""},
		{"what was activated is not what was wanted", evidence{action: nixcmd.Switch, exit: exit(4), found: nixcmd.Findings{SwitchPath: newSystem}, wanted: oldSystem, before: before, after: stands(newSystem, newSystem)}, OutcomeDegraded, "does not name them"},
		{"a path was printed, but it failed", evidence{action: nixcmd.Switch, exit: exit(1), found: none, out: newSystem, before: before, after: stands(newSystem, newSystem)}, OutcomeFailed, "exited with 1"},

		// Exit 0, and the host does not stand as the action wants it to.
		{"switch, but the profile stayed", evidence{action: nixcmd.Switch, exit: exit(0), found: none, out: newSystem, before: before, after: stands(oldSystem, newSystem)}, OutcomeFailed, "would boot"},
		{"test, but the old one runs", evidence{action: nixcmd.Test, exit: exit(0), found: none, out: newSystem, before: before, after: stands(oldSystem, oldSystem)}, OutcomeFailed, "it runs 00000000…-nixos-system-h1-25.11.1"},
		{"boot, but the profile stayed", evidence{action: nixcmd.Boot, exit: exit(0), found: none, out: newSystem, before: before, after: stands(oldSystem, oldSystem)}, OutcomeFailed, "does not have what was built"},
		{"build, and nobody can be asked", evidence{action: nixcmd.Build, exit: exit(0), found: none, out: newSystem, validErr: gone}, OutcomeUnknown, "no route"},

		// Units and reboots.
		{"boot starts no units", evidence{action: nixcmd.Boot, exit: exit(4), found: none, out: newSystem, before: before, after: stands(newSystem, oldSystem)}, OutcomeFailed, "exited with 4"},
		{"units failed, and the host is gone", evidence{action: nixcmd.Switch, exit: exit(4), found: none, wanted: newSystem, before: before, afterErr: gone}, OutcomeUnknown, "no route"},
		{"units failed, of an unknown system", evidence{action: nixcmd.Switch, exit: exit(4), found: none, before: newBefore, after: stands(newSystem, newSystem)}, OutcomeFailed, "not the running one"},
		{"only the text asks for a reboot", evidence{action: nixcmd.Switch, exit: exit(1), found: nixcmd.Findings{NeedsReboot: true, SwitchPath: newSystem}, before: before, after: stands(newSystem, oldSystem)}, OutcomeReboot, "reboot"},
		{"a reboot is asked for, and the host is gone", evidence{action: nixcmd.Switch, exit: exit(100), found: none, wanted: newSystem, before: before, afterErr: gone}, OutcomeFailed, "exited with 100"},

		// How an end is lost: each sign alone.
		{"ssh said so", evidence{action: nixcmd.Switch, exit: exit(1), found: nixcmd.Findings{ChildStatus: -1, LostConnection: true}, phase: nixcmd.PhaseActivating, wanted: newSystem, before: before, after: stands(newSystem, newSystem)}, OutcomeOK, "connection was lost"},
		{"Python tells ssh's status", evidence{action: nixcmd.Switch, exit: exit(1), found: nixcmd.Findings{ChildStatus: 255}, phase: nixcmd.PhaseActivating, wanted: newSystem, before: before, after: stands(newSystem, newSystem)}, OutcomeOK, "connection was lost"},
		{"Bash ends with ssh's status", evidence{action: nixcmd.Switch, exit: exit(255), found: none, phase: nixcmd.PhaseActivating, wanted: newSystem, before: before, after: stands(newSystem, newSystem)}, OutcomeOK, "connection was lost"},
		{"the activation died of its pipe", evidence{action: nixcmd.Switch, exit: exit(101), found: none, phase: nixcmd.PhaseActivating, wanted: newSystem, before: before, after: stands(newSystem, newSystem)}, OutcomeOK, "connection was lost"},
		{"killed after a command that went well", evidence{action: nixcmd.Switch, found: nixcmd.Findings{}, phase: nixcmd.PhaseActivating, wanted: newSystem, before: before, after: stands(newSystem, newSystem)}, OutcomeOK, "exit status was lost"},
		{"killed after one that failed", evidence{action: nixcmd.Switch, found: nixcmd.Findings{ChildStatus: 1}, phase: nixcmd.PhaseActivating, before: before, afterErr: gone}, OutcomeFailed, "killed"},
		{"told, and not lost", evidence{action: nixcmd.Switch, exit: exit(1), found: none, phase: nixcmd.PhaseActivating, before: before, afterErr: gone}, OutcomeFailed, "exited with 1"},

		// Whether it may have changed the host: each sign alone.
		{"the switch had begun", evidence{action: nixcmd.Switch, found: nixcmd.Findings{SwitchStarted: true}, phase: nixcmd.PhaseBuilding, before: before, afterErr: gone}, OutcomeUnknown, "cannot be read"},
		{"the profile was about to be set", evidence{action: nixcmd.Boot, found: nixcmd.Findings{ProfileCommand: true}, phase: nixcmd.PhaseBuilding, before: before, afterErr: gone}, OutcomeUnknown, "cannot be read"},
		{"the profile has moved", evidence{action: nixcmd.Switch, found: none, phase: nixcmd.PhaseBuilding, before: before, after: stands(newSystem, newSystem)}, OutcomeOK, "exit status was lost"},
		{"what changes no host cannot be lost", evidence{action: nixcmd.DryActivate, found: none, phase: nixcmd.PhaseActivating, idle: true, before: before, afterErr: gone}, OutcomeFailed, "killed"},

		// What a host says after an end that was lost.
		{"it is still at it", evidence{action: nixcmd.Switch, found: none, phase: nixcmd.PhaseActivating, wanted: newSystem, before: before, after: switching}, OutcomeUnknown, "still runs"},
		{"the journal tells of units, the host of none", evidence{action: nixcmd.Switch, found: none, phase: nixcmd.PhaseActivating, wanted: newSystem, before: before, after: stands(newSystem, newSystem), unitEnded: true, unitStatus: exitUnits}, OutcomeDegraded, "units failed"},
		{"a status without its journal", evidence{action: nixcmd.Switch, found: none, phase: nixcmd.PhaseActivating, wanted: newSystem, before: before, after: stands(newSystem, newSystem), unitStatus: 1}, OutcomeOK, "has what was built"},
		{"nothing came of it", evidence{action: nixcmd.Switch, found: none, phase: nixcmd.PhaseActivating, wanted: newSystem, before: before, after: stands(oldSystem, oldSystem), unitEnded: true}, OutcomeFailed, "it runs 00000000…"},

		// Cancelled.
		{"cancelled early, and the host is gone", evidence{action: nixcmd.Switch, exit: exit(130), found: none, phase: nixcmd.PhaseBuilding, cancel: true, before: before, afterErr: gone}, OutcomeCancelled, "before anything on the host could change"},
		{"cancelled, and only what runs changed", evidence{action: nixcmd.Test, exit: exit(130), found: none, cancel: true, before: before, after: stands(oldSystem, newSystem)}, OutcomeFailed, "after the running system changed"},
		{"cancelled, and an activation still runs", evidence{action: nixcmd.Switch, exit: exit(130), found: none, cancel: true, before: before, after: switching}, OutcomeUnknown, "still runs"},

		// What is said of a failure.
		{"cut off while building, with no other word", evidence{action: nixcmd.Switch, exit: exit(255), found: none, phase: nixcmd.PhaseBuilding, before: before, after: stands(oldSystem, oldSystem)}, OutcomeFailed, "the connection was lost while building"},
		{"failed, and the host is gone", evidence{action: nixcmd.Switch, exit: exit(1), found: none, phase: nixcmd.PhaseBuilding, touches: true, before: before, afterErr: gone}, OutcomeFailed, "cannot be read now: no route"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := judge(c.e)
			if v.Outcome != c.want || !strings.Contains(v.Reason, c.reason) {
				t.Errorf("%s (%s), want %s and %q in it", v.Outcome, v.Reason, c.want, c.reason)
			}
			if v.Outcome != OutcomeOK && v.Outcome != OutcomeCancelled && v.Hint == "" {
				t.Errorf("nobody is told what to do about %q", v.Reason)
			}
		})
	}
}

// TestJudgeSaysNothingOfHostsThatItDoesNotTouch: that such a host cannot be
// read explains nothing, and one that runs what it would boot lacks nothing.
func TestJudgeSaysNothingOfHostsThatItDoesNotTouch(t *testing.T) {
	failed := evidence{action: nixcmd.Build, exit: exit(1), phase: nixcmd.PhaseBuilding, afterErr: errors.New("no route to host")}
	if v := judge(failed); strings.Contains(v.Reason, "no route") {
		t.Errorf("reason: %s", v.Reason)
	}
	failed = evidence{action: nixcmd.Switch, exit: exit(1), touches: true, before: &Before{Profile: oldSystem, Running: oldSystem}, after: stands(newSystem, newSystem)}
	if v := judge(failed); strings.Contains(v.Reason, "not running") {
		t.Errorf("reason: %s", v.Reason)
	}
}

// TestVerdictTellsWhatTheHostSaid: of a reboot only if the host says so.
func TestVerdictTellsWhatTheHostSaid(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		reboot *bool
		want   bool
	}{{nil, false}, {&no, false}, {&yes, true}} {
		after := &fleet.Reading{Profile: newSystem, Current: oldSystem, Reboot: c.reboot}
		v := judge(evidence{action: nixcmd.Boot, exit: exit(0), out: newSystem, before: &Before{Profile: oldSystem, Running: oldSystem}, after: after})
		if v.RebootNeeded != c.want || v.Profile != newSystem || v.Running != oldSystem || !v.ProfileMoved || v.System != newSystem {
			t.Errorf("%+v, want a reboot: %v", v, c.want)
		}
	}
	units := []string{"a.service", "b.service"}
	v := judge(evidence{action: nixcmd.Switch, exit: exit(4), out: newSystem, found: nixcmd.Findings{FailedUnits: units}, after: stands(newSystem, newSystem)})
	if want := "See why on the host: systemctl status a.service b.service"; v.Hint != want || !slices.Equal(v.Units, units) {
		t.Errorf("units %q, hint %q, want %q", v.Units, v.Hint, want)
	}
	v = judge(evidence{action: nixcmd.Switch, exit: exit(4), out: newSystem, after: stands(newSystem, newSystem)})
	if want := "See which on the host: systemctl --failed"; v.Hint != want {
		t.Errorf("hint %q, want %q", v.Hint, want)
	}
}
