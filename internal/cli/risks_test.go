package cli

import (
	"bytes"
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
)

// TestRisksAreRed: a hole in how a host guards root is red wherever it is told
// on a terminal, and words alone elsewhere.
func TestRisksAreRed(t *testing.T) {
	rows, _ := exampleFleet()
	plan := &rollout.Plan{Findings: []rollout.Finding{
		{Host: "web1", Check: rollout.CheckSecurity, Level: rollout.LevelWarning, Message: "anybody may become root there", Hint: "mend it"},
		{Host: "web1", Check: rollout.CheckSpace, Level: rollout.LevelWarning, Message: "little is free", Hint: "make room"},
	}}
	for _, color := range []bool{true, false} {
		var told bytes.Buffer
		s := &IO{Color: color, Err: &told, ErrTerminal: true, Size: func() (int, int) { return 200, 50 }}
		writeFindings(s, s.Err, plan)
		shown := strings.Join(reportLines(s, statusReport{rows: rows}, exampleTime()), "\n") + told.String()
		const red = "\x1b[31m"
		for _, words := range []string{
			"security: pam_ussh there lets everybody in who is not in the group admins.",
			"security: web1: anybody may become root there.",
		} {
			if !strings.Contains(shown, words) || color != strings.Contains(shown, red+words+"\x1b[0m") {
				t.Errorf("in colours: %t; %q does not stand so in\n%s", color, words, shown)
			}
		}
		if strings.Contains(shown, red+"warning") || !color && strings.Contains(shown, "\x1b") {
			t.Errorf("in colours: %t; too much is painted:\n%s", color, shown)
		}
	}
	if got := (&IO{Color: true}).painter(nil)(bad, "x"); got != "x" {
		t.Errorf("what goes to a file is painted: %q", got)
	}
	if d := fleet.NewStatusDocument(rows, nil).Hosts; len(d[0].Sudo.Risks) != 1 || d[1].Sudo != nil {
		t.Errorf("the document says %+v and %+v", d[0].Sudo, d[1].Sudo)
	}
}

func TestWhatWasFoundAlikeIsToldOnce(t *testing.T) {
	plan := &rollout.Plan{Hosts: []rollout.PlanHost{{Name: "db1"}, {Name: "web1"}, {Name: "web2"}, {Name: "web3"}}}
	for _, h := range plan.Hosts {
		plan.Findings = append(plan.Findings, rollout.Finding{Host: h.Name, Check: rollout.CheckSudo, Level: rollout.LevelWarning, Message: "its certificate lapses", Hint: "make a new one"})
		if h.Name != "db1" {
			plan.Findings = append(plan.Findings, rollout.Finding{Host: h.Name, Check: rollout.CheckSpace, Level: rollout.LevelBlocker, Message: "it is full"})
		}
	}
	var told bytes.Buffer
	writeFindings(&IO{Out: &told}, &told, plan)
	const want = "\npreflight found:\nwarning: all 4 hosts: its certificate lapses.\n  hint: Make a new one.\nrefused: web1, web2, web3: it is full.\n"
	if got := told.String(); got != want {
		t.Errorf("told\n%s, want\n%s", got, want)
	}
}
