package cli

import (
	"strings"
	"testing"

	"nixfleet-tui/rollout"
)

// TestNotifyRings the terminal when the run ends, and only a terminal.
func TestNotifyRings(t *testing.T) {
	b := newBench(t)
	v := rollout.View{Dir: t.TempDir(), Plan: rollout.Plan{ID: "20261123T071500Z-switch-3f2a", Action: "switch"}}
	for _, terminal := range []bool{true, false} {
		b.err.Reset()
		o := &actionOptions{Program: b.program(), Notify: true, Plain: true}
		o.IO.ErrTerminal = terminal
		if err := o.display().finish(v); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"\a", "\x1b]9;switch: 20261123T071500Z", "\x1b]777;notify;nixfleet-tui;switch: "} {
			if strings.Contains(b.err.String(), want) != terminal {
				t.Errorf("on a terminal: %v; it printed %q", terminal, &b.err)
			}
		}
	}
}
