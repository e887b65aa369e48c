package rollout

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

// TestKilledWhileWaiting: whoever adopts the run waits on.
func TestKilledWhileWaiting(t *testing.T) {
	w, _, open := occupied(t)
	f := w.start(w.plan(nixcmd.Switch, "h1"))
	f.waits("h1")
	kill(t, processOf(t, wordSupervisor, f.dir))
	waitUntil(t, "the run to be lost", func() bool {
		held, err := isHeld(runDir(f.dir).lock())
		return err == nil && !held
	})
	if adopted, err := w.store.Adopt(t.Context(), testLauncher()); err != nil || len(adopted) != 1 {
		t.Fatalf("Adopt = %v, %v", adopted, err)
	}
	f.waits("h1")
	open()
	if got := outcomes(f.end()); got != "h1:ok" {
		t.Errorf("outcomes = %s", got)
	}
}

// processOf is the process that was started with these as its last words.
func processOf(t *testing.T, words ...string) int {
	t.Helper()
	want := []byte("\x00" + strings.Join(words, "\x00") + "\x00")
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		line, err := os.ReadFile(path)
		if err != nil || !bytes.HasSuffix(line, want) {
			continue // it is another, or has ended meanwhile
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	t.Fatalf("there is no process of %q", words)
	return 0
}
