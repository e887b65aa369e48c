package text

import "testing"

func TestAsCalled(t *testing.T) {
	const hint = "Build it: `nixfleet-tui build`, or see `nixfleet-tui demo status`; nixfleet-tui itself, `nixfleet-tui-x y`"
	for self, want := range map[string]string{
		"nixfleet-tui":      hint,
		"nixfleet-tui demo": "Build it: `nixfleet-tui demo build`, or see `nixfleet-tui demo status`; nixfleet-tui itself, `nixfleet-tui-x y`",
	} {
		if got := AsCalled(self, hint); got != want {
			t.Errorf("called %s: %q", self, got)
		}
	}
}
