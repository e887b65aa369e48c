package fleet

import (
	"context"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"nixfleet-tui/sshutil"
)

// TestWatchAfterSleep: the network is gone when the lid is opened again, eight
// hours later by the clock. No reading is made up for, and when the network
// comes back the hosts are not all asked at the same moment.
func TestWatchAfterSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hosts = 40
		net, last := newWire(), &seen{}
		p := net.prober()
		p.Random = rand.New(rand.NewSource(1)).Float64 // the watch asks for one at a time
		var ahead atomic.Int64
		p.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		var names []string
		for i := range hosts {
			names = append(names, fmt.Sprintf("h%d", i))
		}
		watch := NewWatch(p, names, last.got)
		ctx, cancel := context.WithCancel(t.Context())
		var owner sync.WaitGroup
		owner.Go(func() { watch.Run(ctx) })
		after(time.Second)
		net.take()

		net.set(func() {
			for _, name := range names {
				net.fail[name] = &sshutil.Error{Kind: sshutil.KindUnreachable, Host: name, Message: "no route"}
			}
		})
		ahead.Store(int64(8 * time.Hour))
		after(RestInterval)
		if asked := net.take(); len(asked) != hosts {
			t.Errorf("after the sleep they were asked %d times: %q", len(asked), asked)
		}
		net.set(func() { clear(net.fail) })
		after(2 * RestInterval)
		perSecond, back := map[string]int{}, map[string]bool{}
		for _, asked := range net.take() {
			words := strings.Fields(asked)
			if !back[words[0]] {
				back[words[0]] = true
				perSecond[words[2]]++
			}
		}
		if most := slices.Max(slices.Collect(maps.Values(perSecond))); len(back) != hosts || most > hosts/2 {
			t.Errorf("%d came back, by the second: %v", len(back), perSecond)
		}
		for _, name := range names {
			if last.of(name).State != StateUp {
				t.Errorf("%s is %s", name, last.of(name).State)
			}
		}
		cancel()
		owner.Wait()
	})
}
