package cli

import (
	"errors"
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

// TestRebootsFromTheDashboard are in waves as those of the command are, say so
// before they begin, and take as much care when they are done again.
func TestRebootsFromTheDashboard(t *testing.T) {
	board := demoBench(t).demoBoard()
	hosts := []string{"ankarana", "boraha"}
	p, err := board.Plan(t.Context(), ui.Request{Action: nixcmd.Reboot, Hosts: hosts, Choices: ui.Choices{Parallel: 2}})
	if err != nil {
		t.Fatal(err)
	}
	if w := p.Plan.Waves; w == nil || *w != (rollout.Waves{Size: 2}) || p.Plan.RebootSeconds != rollout.UsualReturn {
		t.Errorf("without options the plan is %+v in %+v", p.Plan, w)
	}
	p, err = board.Plan(t.Context(), ui.Request{Action: nixcmd.Reboot, Hosts: hosts, Return: 90, Choices: ui.Choices{Canary: 1, Wave: 3, MaxFailures: 1}})
	if err != nil {
		t.Fatal(err)
	}
	careful := func(p rollout.Plan) bool {
		return p.Waves != nil && *p.Waves == rollout.Waves{Canary: 1, Size: 3, MaxFailures: 1} && p.RebootSeconds == 90
	}
	if !careful(p.Plan) {
		t.Errorf("the plan is %+v", p.Plan)
	}
	var told string
	for _, f := range p.Findings {
		told += f.Message + "\n"
	}
	if want := "1 host first, then 3 at a time; no more are begun when more than 1 fail"; !strings.Contains(told, want) {
		t.Errorf("nothing tells of %q:\n%s", want, told)
	}
	failed := rollout.View{Plan: p.Plan, Tasks: []rollout.TaskView{{Host: "boraha", Verdict: &rollout.Verdict{Outcome: rollout.OutcomeFailed}}}}
	again, err := board.planAgain(t.Context(), failed, ui.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if !careful(again.Plan) || len(again.Plan.Hosts) != 1 {
		t.Errorf("again: %+v", again.Plan)
	}
}

// TestAllBuildersAtOnceAreRefusedOnTheDashboard, with what to press.
func TestAllBuildersAtOnceAreRefusedOnTheDashboard(t *testing.T) {
	l := &loaded{inv: &fleet.Inventory{Builders: []fleet.Builder{{Name: "a", Host: "a", Systems: []string{"x86_64-linux"}}, {Name: "b", Host: "b", Systems: []string{"x86_64-linux"}}}}}
	plan := &rollout.Plan{Parallel: 2, Waves: &rollout.Waves{Size: 2}, Hosts: []rollout.PlanHost{{Name: "a"}, {Name: "b"}}}
	err := refuseOnBoard(l, plan)
	if f := (*Failure)(nil); !errors.As(err, &f) || strings.Contains(f.Hint, "--") || !strings.Contains(f.Hint, "V and 1") || !strings.Contains(f.Message, "a, b") {
		t.Errorf("it says %+v", err)
	}
	plan.Waves.Size = 1
	if err := refuseOnBoard(l, plan); err != nil {
		t.Errorf("one after the other: %v", err)
	}
}
