package cli

import (
	"fmt"
	"testing"

	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// TestLockedOut: whoever is asked for a passphrase is told how many machines wait
// for it, which are those of whose logins that key was left out.
func TestLockedOut(t *testing.T) {
	locked := func(keys ...string) rollout.Look {
		return rollout.Look{Err: fmt.Errorf("looking: %w", &sshutil.Error{Kind: sshutil.KindAuthNoKeys, Askable: true, Locked: keys})}
	}
	s := &scout{}
	s.ground.Looks = map[string]rollout.Look{
		"a": locked("/k/one"), "b": locked("/k/two", "/k/one"), "c": locked("/k/two"), "d": {}, "e": locked(),
	}
	names := []string{"a", "b", "c", "d", "e", "gone"}
	for key, want := range map[string]int{"/k/one": 2, "/k/two": 2, "/k/three": 0} {
		if got := s.lockedOut(names, key); got != want {
			t.Errorf("%d wait for %s, want %d", got, key, want)
		}
	}
	if got := s.lockedOut(names[1:], "/k/one"); got != 1 {
		t.Errorf("after the first %d wait, want 1", got)
	}
}
