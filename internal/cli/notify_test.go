package cli

import (
	"strings"
	"testing"

	"nixfleet-tui/rollout"
)

func TestNotificationsHoldNothingThatEndsThem(t *testing.T) {
	var out strings.Builder
	v := rollout.View{Plan: rollout.Plan{ID: "r;1\x1b\\\x07evil", Action: "switch"}}
	notify(&out, v)
	body := strings.TrimPrefix(out.String(), "\a")
	if n := strings.Count(body, "\x1b"); n != 4 {
		t.Errorf("%d escapes, want the two commands and their ends: %q", n, body)
	}
	if strings.Contains(body, "\a") || strings.Contains(body, "r;1") {
		t.Errorf("the run's name reaches the terminal raw: %q", body)
	}
}
