package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestResetAwaitsLastWords: a supervisor that has told the end of its run still
// writes where the demo is kept.
func TestResetAwaitsLastWords(t *testing.T) {
	b := demoBench(t)
	// It is down: nothing is done.
	if code := b.run("demo", "boot", "--on", "sifaka", "--yes", "--insist", "--skip-unreachable"); code != ExitAttention {
		t.Fatalf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
	dir := b.demoRuns()[0]
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil { // when the supervisor itself has ended
		t.Fatal(err)
	}
	p := b.program()
	p.World = p.Demo
	hurried, cancel := context.WithCancel(t.Context())
	cancel()
	reset := newDemoResetCmd(p)
	reset.SetArgs([]string{})
	reset.SilenceErrors, reset.SilenceUsage = true, true
	if err := reset.ExecuteContext(hurried); !errors.Is(err, context.Canceled) {
		t.Errorf("while it works: %v", err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("the run is gone: %v", err)
	}
}
