package nixcmd

import "testing"

func TestElevated(t *testing.T) {
	for action, want := range map[Action][2]int{
		Switch: {2, 3}, Boot: {2, 3}, Test: {1, 2}, DryActivate: {1, 2}, Build: {0, 0}, DryBuild: {0, 0},
	} {
		for i, kind := range []string{KindNG, KindBash} {
			if got := (Dialect{Kind: kind}).Elevated(action); got != want[i] {
				t.Errorf("%s, %s: %d times, not %d", action, kind, got, want[i])
			}
		}
	}
}
