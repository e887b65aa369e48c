package text

import (
	"strings"
	"testing"
)

func TestNotificationsHoldNothingThatEndsThem(t *testing.T) {
	got := Notification("switch: r;1\x1b\\\x07evil")
	body, rings := strings.CutPrefix(got, "\a")
	if n := strings.Count(body, "\x1b"); n != 4 || !rings {
		t.Errorf("%d escapes, want the two commands and their ends, after a bell: %q", n, got)
	}
	if strings.Contains(body, "\a") || strings.Contains(body, "r;1") {
		t.Errorf("the words reach the terminal raw: %q", body)
	}
}
