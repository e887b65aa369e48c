//go:build lab

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestCollect deletes generations of a host and collects its garbage. What must
// stay does: what runs, was booted, is the boot default or pinned.
func TestCollect(t *testing.T) {
	need(t, "h7")
	w := place(t)
	w.shape("h7", "settle = 0;")
	for range 3 {
		w.wants(0, "switch --on h7 --yes")
		w.newRevision()
	}
	all := w.generations("h7").Generations
	newest, pinned, going := all[0], all[2], all[1]
	w.wants(0, "pin h7 %d", pinned.Number)
	w.wants(0, "test --on h7 --yes") // what runs is no generation
	running, booted := w.system("h7"), w.must("ssh h7 readlink -f /run/booted-system")

	if r := w.wants(0, "collect h7 --keep 1 --dry-run"); !strings.Contains(r.stdout, "frees about") || len(w.generations("h7").Generations) != len(all) {
		t.Errorf("--dry-run: %s", r.stdout)
	}
	if r := w.wants(2, "collect h7 --delete %d --yes", pinned.Number); !strings.Contains(r.stderr, "it is pinned") {
		t.Errorf("a pinned generation: %s", r.stderr)
	}
	r := w.wants(0, "collect h7 --delete %d --yes", going.Number)
	if !strings.Contains(r.stdout, "freed") {
		t.Errorf("it does not say what it has freed: %s", r.stdout)
	}
	for _, path := range []string{newest.Path, pinned.Path, running, booted} {
		if got := w.sh("ssh h7 test -e %s/nixos-version", path); got.code != 0 {
			t.Errorf("%s is gone", path)
		}
	}
	if got := w.sh("ssh h7 test -e %s", going.Path); got.code == 0 {
		t.Errorf("generation %d is deleted, and its system is still there", going.Number)
	}
	left := fmt.Sprint(w.generations("h7").Generations)
	if strings.Contains(left, going.Path) || !strings.Contains(left, pinned.Path) || w.profile("h7") != newest.Path {
		t.Errorf("left are %s", left)
	}
	w.wants(0, "unpin h7 %d", pinned.Number)
}
