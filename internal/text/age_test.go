package text

import (
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "now", 59 * time.Second: "59s", 90 * time.Second: "1m", 23 * time.Hour: "23h", 40 * Day: "40d", 3 * year: "3y", -time.Hour: "now",
		time.Second: "1s", time.Minute: "1m", time.Hour: "1h", Day: "1d", 2*year - 1: "729d", 2 * year: "2y",
	} {
		if got := Age(d); got != want {
			t.Errorf("Age(%v) = %s, want %s", d, got, want)
		}
	}
}
