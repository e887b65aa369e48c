package cli

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// discovering is a world in which another builder comes to light after a while.
type discovering struct {
	World
	looked atomic.Int32
}

func (w *discovering) Machines() fleet.Machines {
	const late = 3
	if w.looked.Add(1) < late {
		return fleet.Machines{}
	}
	return fleet.Machines{List: []nixcmd.Machine{{HostName: "latecomer", Systems: []string{"riscv64-linux"}, MaxJobs: 1, SpeedFactor: 1}}}
}

// TestWatchAsksBuildersFoundLater, and does not only list them.
func TestWatchAsksBuildersFoundLater(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "status", "--on", "ayeaye"); code != ExitOK { // it is up
		t.Fatalf("exit code %d\n%s", code, &b.err)
	}
	screen := newScreen(100, 40)
	b.io.Out, b.io.OutTerminal = screen, true
	b.io.Size = func() (int, int) { return 100, 40 }
	listed, told := false, ""
	screen.seen = func(frame []string) {
		for _, line := range frame {
			if !strings.HasPrefix(line, "latecomer") {
				continue
			}
			listed = true
			if told = line; strings.Contains(line, "not checked") {
				continue
			}
			select {
			case b.signals <- os.Interrupt:
			default:
			}
		}
	}
	p := b.program()
	p.World = &discovering{World: p.Demo}
	t.Cleanup(func() {
		if err := p.World.Close(); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // it would be watched for ever
	defer cancel()
	if err := runStatus(ctx, &statusOptions{Program: p, Source: &sourceFlags{}, Watch: true, Wait: defaultWait}); err != nil {
		t.Fatal(err)
	}
	if !listed || !strings.Contains(told, "riscv64-linux") || strings.Contains(told, "not checked") {
		t.Errorf("listed %t; in the end it says %q", listed, told)
	}
}
