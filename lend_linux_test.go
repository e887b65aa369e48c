package main

import (
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"nixfleet-tui/rollout"
)

// TestViewerLendsItsAgent: a run whose agent was dead from its beginning gets
// to its end when somebody looks at it who has one, also without a terminal.
func TestViewerLendsItsAgent(t *testing.T) {
	t.Parallel()
	h := &soaked{house: newHouse(t), agents: newAgents(t), known: map[string]bool{}, sum: &tally{}}
	h.env = append(h.env, "NIXFLEET_DEMO_SUDO=agent", "SSH_AUTH_SOCK="+filepath.Join(h.dir, "nobody"))
	run := h.command("demo", "switch", "--on", "ankarana", "--yes", "--plain")
	ended := make(chan error, 1)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- run.Wait() }()
	asks := h.eventually("the run asks for an agent", func() bool {
		h.run.Dir = h.newRun("run.json")
		open, err := rollout.OpenQuestions(h.run.Dir)
		return err == nil && slices.ContainsFunc(open, func(q rollout.Question) bool { return q.Wants == rollout.WantsAgent })
	})
	if !asks {
		h.signal(syscall.SIGKILL, "")
	}
	h.useAgent()
	if out, err := h.command("demo", "runs", "attach", filepath.Base(h.run.Dir), "--plain").CombinedOutput(); err != nil {
		t.Errorf("attached: %v\n%s", err, out)
	}
	if err := <-ended; err != nil {
		t.Errorf("the run: %v", err)
	}
}
