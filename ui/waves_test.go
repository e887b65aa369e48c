package ui

import (
	"testing"
	"time"

	"nixfleet-tui/rollout"
)

func TestHeadlineTellsOfTheWaveThatGoesOn(t *testing.T) {
	ended := time.Date(2026, 11, 23, 7, 15, 0, 0, time.UTC)
	for want, v := range map[string]rollout.View{
		"":              {},
		"wave 2 of 3":   {Wave: &rollout.Wave{Number: 2, Of: 3}},
		"waves stopped": {Wave: &rollout.Wave{Number: 1, Of: 3, Stopped: "h1 failed"}, Ended: ended},
	} {
		if got := waveOf(v); got != want {
			t.Errorf("%+v: %q, want %q", v.Wave, got, want)
		}
	}
	for _, v := range []rollout.View{{Wave: &rollout.Wave{Number: 1, Of: 1}}, {Wave: &rollout.Wave{Number: 3, Of: 3}, Ended: ended}} {
		if got := waveOf(v); got != "" {
			t.Errorf("%+v: %q tells nothing that one wants to know", v.Wave, got)
		}
	}
}

// A host that waits to be confirmed says so once its activation is over.
func TestAHostThatIsToBeConfirmedSaysSo(t *testing.T) {
	armed := rollout.TaskView{Armed: true, Phase: "verifying"}
	if got := taskSign(armed).word; got != "confirming" {
		t.Errorf("it is %q", got)
	}
	armed.Phase = "activating"
	if got := taskSign(armed).word; got != "activating" {
		t.Errorf("it is %q", got)
	}
}
