package cli

import (
	"testing"

	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

// TestRetryKeepsBeingAlone: what was built here without builders is so again.
func TestRetryKeepsBeingAlone(t *testing.T) {
	for name, flags := range map[string][]string{"alone": {"--without-builders"}, "with builders": nil} {
		t.Run(name, func(t *testing.T) {
			b := demoBench(t)
			args := []string{"demo", "boot", "--on", "sifaka", "--build-on", "local", "--yes", "--insist", "--skip-unreachable"}
			if code := b.run(append(args, flags...)...); code != ExitAttention {
				t.Fatalf("exit code %d\n%s", code, &b.err)
			}
			p := b.program()
			p.World = p.Demo
			t.Cleanup(func() {
				if err := p.World.Close(); err != nil {
					t.Error(err)
				}
			})
			was, alone := b.lastDemoRun(), flags != nil
			again, err := (&backend{Program: p, source: &sourceFlags{}}).Plan(t.Context(), ui.Request{Retry: was.Dir, Insist: true})
			if err != nil {
				t.Fatal(err)
			}
			if was.Plan.Alone != alone || again.Plan.Alone != alone || again.Plan.Hosts[0].BuildOn != rollout.BuildOnLocal {
				t.Errorf("alone: %t; it was %t, and again it would be %t, built on %q", alone, was.Plan.Alone, again.Plan.Alone, again.Plan.Hosts[0].BuildOn)
			}
		})
	}
}
