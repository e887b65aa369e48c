package ui

import (
	"runtime"
	"testing"
	"time"
)

// grownMost is what a day may add to the heap.
const grownMost = 10 << 20

// heap is what is in use when all that is not has been given back.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what finalizers let go of
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Twenty-four hours of a hundred hosts that are read every half minute, with
// trouble and messages now and then, and a person who looks in every hour.
func TestADayOfRefreshesKeepsTheHeap(t *testing.T) {
	s := newStage(t, 120, 40)
	all := largeFleet(100)
	s.news(InventoryRead{inventoryOf(all)})
	refresh := func(round int) {
		var news []News
		for i, host := range all {
			host.status.AsOf = s.clock
			host.status.Latency = time.Duration(1+(i*7+round)%90) * time.Millisecond
			if (i+round)%97 == 0 {
				down(&host)
				host.status.AsOf = s.clock
			}
			news = append(news, StatusRead{host.host.Name, host.status, host.drift})
		}
		s.news(append(news, BuildersRead{threeBuilders()})...)
	}
	const every, rounds = 30 * time.Second, 24 * 60 * 2
	var before uint64
	for round := range rounds {
		if round == readingsKept+1 { // histories are as long as they get
			before = heap()
		}
		s.clock = s.clock.Add(every)
		refresh(round)
		if round%120 == 0 {
			s.news(Said{Message: "round " + s.clock.Format(time.TimeOnly)})
			s.keys("j", " ", "S", "enter", "esc", "?", "esc")
			s.news(RunsListed{threeRuns()}, InventoryRead{inventoryOf(all)})
		}
	}
	grown := int64(heap()) - int64(before)
	t.Logf("the heap grew by %d KiB in a day of %d refreshes", grown>>10, rounds)
	if grown > grownMost {
		t.Errorf("the heap grew by %d bytes in a day", grown)
	}
}
