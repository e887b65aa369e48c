package demo

import (
	"testing"
	"time"
)

func TestClockIsWrongByWhatWasSet(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Time{
		"": noon, "nonsense": noon, "-26h": noon.Add(-26 * time.Hour), "90s": noon.Add(90 * time.Second),
	} {
		got := clockOf([]string{clockVariable + "=1h", clockVariable + "=" + value}, func() time.Time { return noon })()
		if !got.Equal(want) {
			t.Errorf("with %q it is %s, not %s", value, got, want)
		}
	}
}
