package cli

import (
	"context"
	"slices"
	"testing"

	"nixfleet-tui/install"
	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

// demoBoard is what a dashboard of the demo asks, and where it is told.
func demoBoard(t *testing.T) (board *backend, news *ui.Mailbox) {
	t.Helper()
	b := demoBench(t)
	p := b.program()
	p.World = p.Demo
	t.Cleanup(func() {
		if err := p.World.Close(); err != nil {
			t.Error(err)
		}
	})
	news = ui.NewMailbox()
	return newBackend(p, &sourceFlags{}, "", &rollout.Store{Dir: p.World.StateDir()}, news), news
}

// TestBackendInstalls goes through the demo's installation as the dashboard
// does, and is asked what the command's flags would answer.
func TestBackendInstalls(t *testing.T) {
	board, news := demoBoard(t)
	host := board.RecallInstall("kelyus", false).Host
	r := board.RecallInstall(host, true)
	if r.Host != "fosa" || r.Begun || r.Target == "" {
		t.Fatalf("it suggests %+v", r)
	}
	const over = "the flow is over"
	ended := make(chan ui.InstallEnd, 1)
	go func() {
		ended <- board.Install(t.Context(), r)
		news.Post(ui.Said{Message: over})
	}()
	var asked []string
	var last install.Course
	for going := true; going; {
		for _, n := range news.Take(t.Context()) {
			switch n := n.(type) {
			case ui.Said:
				going = n.Message != over
			case ui.InstallTold:
				last = n.Course
				if q := n.Question; q != nil && !slices.Contains(asked, q.Flag) {
					asked = append(asked, q.Flag)
					board.AnswerInstall(q.Number+100, false) // which nobody waits for
					board.AnswerInstall(q.Number, true)
				}
			}
		}
	}
	if end := <-ended; end.Err != nil {
		t.Errorf("it ends with %v", end.Err)
	}
	if want := []string{"--rekeyed", "--yes", "--reboot"}; !slices.Equal(asked, want) {
		t.Errorf("it asked %q, not %q", asked, want)
	}
	for _, s := range last.Steps[:9] {
		if s.State != install.TellDone {
			t.Errorf("%s is %q at the end", s.Name, s.State)
		}
	}
	if again := board.RecallInstall("fosa", true); !again.Begun || !again.Arrives || again.Target != r.Target {
		t.Errorf("afterwards it recalls %+v", again)
	}
	if next := board.RecallInstall("", false).Host; next != "fosa" {
		t.Errorf("it suggests %q next", next)
	}
}

// TestBackendInstallIsStopped: a flow that waits for an answer ends with its context.
func TestBackendInstallIsStopped(t *testing.T) {
	board, news := demoBoard(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan ui.InstallEnd, 1)
	go func() { ended <- board.Install(ctx, board.RecallInstall("fosa", true)) }()
	for waits := false; !waits; {
		for _, n := range news.Take(t.Context()) {
			told, ok := n.(ui.InstallTold)
			waits = waits || ok && told.Question != nil
		}
	}
	stop()
	if end := <-ended; end.Err == nil {
		t.Error("it did not end with its context")
	}
	end := board.Install(t.Context(), ui.InstallRequest{Host: "fosa", Undo: true})
	if end.Err != nil {
		t.Errorf("it cannot be undone: %v", end.Err)
	}
}
