package cli

import (
	"slices"
	"testing"

	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

// demoBoard is what the demo's dashboard asks to act.
func (b *bench) demoBoard() *backend {
	p := b.program()
	p.World = p.Demo
	b.t.Cleanup(func() {
		if err := p.World.Close(); err != nil {
			b.t.Error(err)
		}
	})
	return &backend{Program: p, source: &sourceFlags{}}
}

// TestRetryKeepsTheOptions: what is done again is what did not end well, as it
// was asked for.
func TestRetryKeepsTheOptions(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "boot", "--on", "ankarana,sifaka", "--yes", "--skip-unreachable", "--parallel", "3", "--thaw", "--follow-tree",
		"--wait-for-others", "--", "--show-trace"); code != ExitAttention {
		t.Fatalf("exit code %d\n%s", code, &b.err)
	}
	was := b.lastDemoRun()
	proposal, err := b.demoBoard().Plan(t.Context(), ui.Request{Retry: was.Dir, Insist: was.Plan.Insist, Wait: was.Plan.Wait})
	if err != nil {
		t.Fatal(err)
	}
	now := proposal.Plan
	if len(now.Hosts) != 1 || now.Hosts[0].Name != "sifaka" {
		t.Errorf("it would be done again on %+v", now.Hosts)
	}
	type options struct {
		action                             string
		parallel                           int
		follow, skip, thaw, wait, insisted bool
	}
	of := func(p rollout.Plan) options {
		return options{string(p.Action), p.Parallel, p.Follow, p.SkipDown, p.Thaw, p.Wait, p.Insist}
	}
	if of(now) != of(was.Plan) || of(now) != (options{"boot", 3, true, true, true, true, false}) || !slices.Equal(now.Args, []string{"--show-trace"}) {
		t.Errorf("it was %+v with %q, and would be %+v with %q", of(was.Plan), was.Plan.Args, of(now), now.Args)
	}
}
