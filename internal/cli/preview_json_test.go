package cli

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// exampleChanges are two hosts: of one everything is known, of the other nothing.
func exampleChanges(t *testing.T) string {
	t.Helper()
	found := difference{from: side{path: exampleSystem("before")}, to: side{path: exampleSystem("web1")}, sizeFrom: 1 << 30, size: 1<<30 + 12902,
		changes: []nixcmd.PackageChange{{Name: "openssl", Removed: []string{"3.0.7"}, Added: []string{"3.0.8"}, Delta: 12902}}}
	lost := difference{from: found.from, to: side{path: exampleSystem("web2")}}
	all := []hostChanges{
		{host: "web1", found: found, compared: true, told: true, units: []string{"would restart the following units: nginx.service"}},
		{host: "web2", found: lost, sum: "its packages could not be compared: no answer in time", units: []string{"what would restart is not known: its log is gone"}},
	}
	var b bytes.Buffer
	if err := writeChangeEvents(&b, "20261122T071400Z-dry-activate-91c7", exampleTime(), all); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// streamLine is as much of a line of a stream as these tests look at.
type streamLine struct {
	Event, Run, Host, To, System string
	Packages, Activation         []any
	ExitCode                     *int
	Verdict                      rollout.Outcome
}

func streamLines(t *testing.T, out string) (lines []streamLine) {
	t.Helper()
	for line := range strings.Lines(out) {
		var l streamLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		lines = append(lines, l)
	}
	return lines
}

// TestDiffJSON: what --diff shows comes between the events of two runs, and only
// the last line is an end. The second run skips whose preview has failed, which
// is a failure of the command all the same.
func TestDiffJSON(t *testing.T) {
	b := demoBench(t)
	t.Setenv("NIXFLEET_DEMO_SPEED", "200")
	if code := b.run("demo", "test", "--on", "ankarana,sifaka", "--yes", "--insist", "--diff", "--json"); code != ExitFailed {
		t.Fatalf("exit code %d\n%s", code, &b.err)
	}
	lines := streamLines(t, b.out.String())
	at := slices.IndexFunc(lines, func(l streamLine) bool { return l.Event == "diff" })
	if at < 1 || at+1 >= len(lines) {
		t.Fatalf("there is no such line among others:\n%s", &b.out)
	}
	diff, preview, run := lines[at], lines[:at], lines[at+1:]
	if diff.Host != "ankarana" || len(diff.Packages) == 0 || len(diff.Activation) == 0 {
		t.Errorf("it tells %+v", diff)
	}
	if preview[0].Event != rollout.EventStart || slices.ContainsFunc(preview, func(l streamLine) bool { return l.Run != diff.Run || l.Event == rollout.EventEnd }) {
		t.Errorf("before it: %+v", preview)
	}
	last := run[len(run)-1]
	if run[0].Event != rollout.EventStart || run[0].Run == diff.Run || last.Event != rollout.EventEnd || *last.ExitCode != ExitFailed {
		t.Errorf("after it: %+v", run)
	}
	verdicts := map[string]streamLine{}
	for _, l := range run {
		if l.Event == rollout.EventVerdict {
			verdicts[l.Host] = l
		}
	}
	if is := verdicts["ankarana"]; is.Verdict != rollout.OutcomeOK || is.System != diff.To {
		t.Errorf("%s was shown, and not activated: %+v", diff.To, run)
	}
	if is := verdicts["sifaka"]; is.Verdict != rollout.OutcomeSkipped {
		t.Errorf("what could not be previewed ended %+v", is)
	}
}

// TestNothingToActivateJSON: a preview that nothing follows tells its end, which
// has the exit code of the command.
func TestNothingToActivateJSON(t *testing.T) {
	b := demoBench(t)
	t.Setenv("NIXFLEET_DEMO_SPEED", "200")
	code := b.run("demo", "switch", "--on", "sifaka", "--yes", "--diff", "--json", "--insist")
	lines := streamLines(t, b.out.String())
	if len(lines) == 0 || code != ExitFailed {
		t.Fatalf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
	if last := lines[len(lines)-1]; last.Event != rollout.EventEnd || *last.ExitCode != code || !strings.Contains(b.err.String(), "there is nothing to activate") {
		t.Errorf("at last %+v\n%s", last, &b.err)
	}
}
