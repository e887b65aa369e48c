package sshutil

import (
	"strings"
	"testing"
	"time"
)

// TestProxyCommandSaysWhyLate: one that hangs up may need a while to say why,
// on a busy machine, and is not ended before.
func TestProxyCommandSaysWhyLate(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	f.add("h", 1, nil)
	g := newGate(t)
	f.change("h", func(t *Target) {
		t.ProxyCommand = "sh -c 'exec <&- >&-; read -r _ <" + g.path + "; echo the way is closed >&2; exit 1'"
	})
	go func() {
		open := g.reached(t)
		<-time.After(2 * proxyFarewell)
		open()
	}()
	_, err := f.dialer().Dial(t.Context(), "h")
	if e := wantKind(t, err, KindProxy); !strings.Contains(e.Message, "the way is closed") {
		t.Errorf("it says %q", e.Message)
	}
}
