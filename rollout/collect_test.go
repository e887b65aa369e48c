package rollout

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

const olderSystem = "/nix/store/00000000000000000000000000000000-nixos-system-h1-1"

// hostOf answers what the second engine asks of a host that stands as the plan
// says, and cuts the connection at the command with that number.
func hostOf(what Activation, cutAt int, ran *[]string) Remote {
	return func(_ context.Context, c RemoteCommand) (int, error) {
		if cutAt >= 0 && len(*ran) >= cutAt {
			*ran = append(*ran, c.Line)
			return exitSSH, nil
		}
		*ran = append(*ran, c.Line)
		if c.Stdout != nil {
			answer := what.Path
			if strings.Contains(c.Line, "/run/current-system") {
				answer = what.Keep[0]
			}
			if _, err := c.Stdout.Write([]byte(answer + "\n")); err != nil {
				return 0, err
			}
		}
		return 0, nil
	}
}

// engineEnds runs the second engine against a host, and judges how it ended
// where the host stands as before.
func engineEnds(t *testing.T, action nixcmd.Action, what Activation, cutAt int) (ran []string, log string, v Verdict) {
	t.Helper()
	dir := t.TempDir()
	p := Plan{Version: PlanVersion, Action: action, Hosts: []PlanHost{{Name: "h1", BuildOn: BuildOnTarget, Sudo: true, Activate: &what}}}
	if err := writeJSON(runDir(dir).plan(), p); err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	code := RunActivation(t.Context(), dir, "h1", hostOf(what, cutAt, &ran), Streams{strings.NewReader(""), &out, &said})
	decoder := nixcmd.NewLogDecoder(action, time.Now)
	decoder.Activating()
	decoder.Write(nil, said.Bytes())
	decoder.Close(nil)
	stands := &fleet.Reading{Profile: olderSystem, Current: olderSystem, Booted: olderSystem}
	return ran, said.String(), judge(evidence{
		action: action, exit: &code, phase: decoder.Phase(), found: decoder.Findings(), out: lastSystem(out.String()), wanted: what.Path, touches: true,
		before: &Before{Profile: olderSystem, Running: olderSystem}, after: stands,
	})
}

// TestCutOffInEveryStep cuts the connection in each command of the second
// engine: nothing more is tried, and the verdict has a reason and a hint.
func TestCutOffInEveryStep(t *testing.T) {
	for name, c := range map[string]struct {
		action nixcmd.Action
		what   Activation
	}{
		"rollback now":         {nixcmd.Switch, Activation{Path: newSystem, Generation: 7}},
		"rollback at the boot": {nixcmd.Boot, Activation{Path: newSystem, Generation: 7}},
		"collect":              {nixcmd.Collect, Activation{Path: olderSystem, Generation: 8, Delete: []int{5, 6}, Keep: []string{olderSystem, newSystem}}},
	} {
		t.Run(name, func(t *testing.T) {
			whole, log, v := engineEnds(t, c.action, c.what, -1)
			if c.action == nixcmd.Collect && v.Outcome != OutcomeOK {
				t.Fatalf("uncut: %+v\n%s", v, log)
			}
			for at := range whole {
				ran, log, v := engineEnds(t, c.action, c.what, at)
				if len(ran) != at+1 {
					t.Errorf("cut in %q it went on with %q", whole[at], ran[at+1:])
				}
				if v.Outcome != OutcomeFailed || v.Reason == "" || v.Hint == "" {
					t.Errorf("cut in %q: %s: %s (%s)\n%s", whole[at], v.Outcome, v.Reason, v.Hint, log)
				}
			}
		})
	}
}

// TestCollectSaysHowFarItCame names what was done before it was cut off.
func TestCollectSaysHowFarItCame(t *testing.T) {
	what := Activation{Path: olderSystem, Generation: 8, Delete: []int{5, 6}, Keep: []string{olderSystem, newSystem}}
	for in, want := range map[string]string{
		"--delete-generations":    "while deleting generations 5, 6; before that nothing was deleted",
		"--gc":                    "while collecting the garbage; before that generations 5, 6 were deleted",
		"switch-to-configuration": "while writing the boot menu; before that generations 5, 6 were deleted, the garbage was collected",
		"rm -f":                   "while letting go of what was kept; before that generations 5, 6 were deleted, the garbage was collected, the boot menu was written",
	} {
		whole, _, _ := engineEnds(t, nixcmd.Collect, what, -1)
		at := slices.IndexFunc(whole, func(line string) bool { return strings.Contains(line, in) })
		if _, log, v := engineEnds(t, nixcmd.Collect, what, at); v.Reason != "the connection was lost "+want || !strings.Contains(v.Hint, "Do it again") {
			t.Errorf("cut in %s: %s (%s)\n%s", in, v.Reason, v.Hint, log)
		}
	}
}

// TestCollectSparesWhatHasMoved deletes nothing on a host that is not as it was seen.
func TestCollectSparesWhatHasMoved(t *testing.T) {
	what := Activation{Path: olderSystem, Generation: 8, Delete: []int{5}, Keep: []string{olderSystem}}
	for name, host := range map[string]Activation{
		"another boot default": {Path: newSystem, Keep: []string{olderSystem}},
		"another running":      {Path: olderSystem, Keep: []string{newSystem}},
	} {
		dir := t.TempDir()
		p := Plan{Version: PlanVersion, Action: nixcmd.Collect, Hosts: []PlanHost{{Name: "h1", Activate: &what}}}
		if err := writeJSON(runDir(dir).plan(), p); err != nil {
			t.Fatal(err)
		}
		var ran []string
		var out, log bytes.Buffer
		code := RunActivation(t.Context(), dir, "h1", hostOf(host, -1, &ran), Streams{strings.NewReader(""), &out, &log})
		if code == 0 || slices.ContainsFunc(ran, func(line string) bool { return strings.Contains(line, "nix-env") || strings.Contains(line, "--gc") }) {
			t.Errorf("%s: exit %d after\n%s\n%s", name, code, strings.Join(ran, "\n"), log.String())
		}
	}
}

func TestJudgeCollections(t *testing.T) {
	one, zero := 1, 0
	after := &fleet.Reading{Profile: olderSystem, Current: olderSystem}
	for name, c := range map[string]struct {
		e       evidence
		outcome Outcome
		reason  string
	}{
		"well":            {evidence{exit: &zero, after: after}, OutcomeOK, ""},
		"status was lost": {evidence{out: olderSystem, after: after}, OutcomeOK, ""},
		"no answer":       {evidence{exit: &one}, OutcomeFailed, "the connection was lost"},
		"killed":          {evidence{after: after}, OutcomeFailed, "it failed"},
		"nix said no": {evidence{exit: &one, after: after, found: nixcmd.Findings{Decisive: []string{"error: opening lock file: Permission denied", "error: " + stoppedWords + "collecting the garbage; before that nothing was deleted"}}},
			OutcomeFailed, "it failed while collecting the garbage"},
		"cancelled": {evidence{exit: &one, after: after, cancel: true}, OutcomeCancelled, "cancelled before its end"},
	} {
		c.e.action, c.e.touches = nixcmd.Collect, true
		v := judge(c.e)
		if v.Outcome != c.outcome || !strings.HasPrefix(v.Reason, c.reason) || (v.Outcome != OutcomeOK) == (v.Hint == "") {
			t.Errorf("%s: %s: %s (%s)", name, v.Outcome, v.Reason, v.Hint)
		}
	}
}

// TestHold: who holds a machine keeps runs and others from it, by whatever name.
func TestHold(t *testing.T) {
	s, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := fleet.Reading{MachineID: "m1", HostKey: "k1"}
	release, err := s.Hold(r, Holder{Host: "h1", User: "me"})
	if err != nil {
		t.Fatal(err)
	}
	if h, held, err := s.HolderOf(r, "other-name"); err != nil || !held || h.Host != "h1" {
		t.Errorf("held by %+v: %v, %v", h, held, err)
	}
	var told *fleet.Error
	if _, err := s.Hold(r, Holder{Host: "h2"}); !errors.As(err, &told) || told.Hint == "" {
		t.Errorf("a second one: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	r.Switching = true
	if _, err := s.Hold(r, Holder{Host: "h1"}); !errors.As(err, &told) || !strings.Contains(told.Message, "being activated") {
		t.Errorf("while something is activated: %v", err)
	}
	if _, held, err := s.HolderOf(r, "h1"); held || err != nil {
		t.Errorf("it is held still: %v", err)
	}
}

func TestCalled(t *testing.T) {
	back := []PlanHost{{Name: "h1", Activate: &Activation{Path: olderSystem, Generation: 3}}}
	for want, p := range map[string]Plan{
		"rollback": {Action: nixcmd.Boot, Hosts: back},
		"switch":   {ID: "20261123T085128Z-switch-3f2a", Action: nixcmd.Switch, Hosts: []PlanHost{{Name: "h1", Activate: &Activation{Path: olderSystem}}}},
		"reboot":   {Action: nixcmd.Reboot, Hosts: back},
		"collect":  {Action: nixcmd.Collect, Hosts: back},
	} {
		if got := p.Called(); got != want {
			t.Errorf("%+v is called %s", p, got)
		}
	}
	listed := Plan{ID: "20261123T085128Z-rollback-3f2a", Action: nixcmd.Switch, Hosts: []PlanHost{{Name: "h1"}}}
	if got := listed.Called(); got != "rollback" {
		t.Errorf("of the list: %s", got)
	}
}
