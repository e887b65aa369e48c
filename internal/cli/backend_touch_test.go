package cli

import (
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

func TestOnlyWhatATouchHelpsIsTouched(t *testing.T) {
	b := &backend{toTouch: make(chan string, 1), statuses: map[string]fleet.Status{
		"key": {Kind: sshutil.KindNeedsTouch}, "other": {Kind: sshutil.KindNeedsTouch}, "refused": {Kind: sshutil.KindAuthRejected}, "up": {},
	}}
	for _, host := range []string{"refused", "up", "unheard-of"} {
		if b.askTouch(host) {
			t.Errorf("%s is asked for with a touch", host)
		}
	}
	if !b.askTouch("key") || !b.askTouch("other") {
		t.Error("a host that waits for a touch is asked for without")
	}
	if got := <-b.toTouch; got != "key" || len(b.toTouch) != 0 {
		t.Errorf("%s is asked for, and %d more: nobody touches for two at a time", got, len(b.toTouch))
	}
}
