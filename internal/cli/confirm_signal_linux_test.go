package cli

import (
	"context"
	"errors"
	"os"
	"testing"

	"nixfleet-tui/install"
	"nixfleet-tui/rollout"
)

// TestQuestionInterrupted is ctrl+c at the last question, with nothing typed: it
// must be a no that we live to see, so that the logins made for the run are ended.
func TestQuestionInterrupted(t *testing.T) {
	b := newBench(t)
	p := b.program()
	p.IO.In = newDesk(t).in
	b.signals <- os.Interrupt
	if (&actionOptions{Program: p}).ask(t.Context(), &rollout.Plan{}) {
		t.Error("a signal was taken for a yes")
	}
	if len(b.signals) != 0 {
		t.Error("nobody listened for the signal")
	}
}

// TestInstallQuestionInterrupted is the same at a question of an installation,
// which listens for signals all the time.
func TestInstallQuestionInterrupted(t *testing.T) {
	b := newBench(t)
	b.io.InTerminal, b.io.ErrTerminal = true, true
	p := b.program()
	p.IO.In = newDesk(t).in
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := (&installOptions{Program: p}).askInstall(ctx, install.Question{Flag: "--yes", Text: "run nixos-install?"})
	if got || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v; wanted to hear that nobody waits any more", got, err)
	}
}

// TestQuestionOnTerminal reads one line of what is typed, and leaves the rest.
func TestQuestionOnTerminal(t *testing.T) {
	b := newBench(t)
	p := b.program()
	d := newDesk(t)
	p.IO.In = d.in
	d.types("y\nn\n")
	o := &actionOptions{Program: p}
	if !o.ask(t.Context(), &rollout.Plan{}) {
		t.Error("a typed yes was none")
	}
	if o.ask(t.Context(), &rollout.Plan{}) {
		t.Error("a typed no was a yes")
	}
}
