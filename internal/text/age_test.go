package text

import (
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "now", 59 * time.Second: "59s", 90 * time.Second: "1m", 23 * time.Hour: "23h", 40 * Day: "40d", 3 * year: "3y", -time.Hour: "now",
	} {
		if got := Age(d); got != want {
			t.Errorf("Age(%v) = %s, want %s", d, got, want)
		}
	}
}
