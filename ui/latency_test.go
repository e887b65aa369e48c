package ui

import (
	"testing"
	"time"

	"nixfleet-tui/fleet"
)

func TestTheHistoryOfAnswers(t *testing.T) {
	s := newStage(t, 200, 50).showFleet()
	h := s.m.known.hosts["ayeaye"]
	tell := func(ms int, state fleet.State) {
		status := h.status
		status.AsOf = status.AsOf.Add(30 * time.Second)
		status.Latency, status.State = time.Duration(ms)*time.Millisecond, state
		s.news(StatusRead{"ayeaye", status, h.drift}, StatusRead{"ayeaye", status, h.drift}) // told again when facts come
	}
	for _, ms := range []int{22, 44, 88} {
		tell(ms, fleet.StateUp)
	}
	tell(0, fleet.StateDown)
	tell(88, fleet.StateUp)
	if len(h.latencies) != 6 {
		t.Fatalf("%d answers are kept: %v", len(h.latencies), h.latencies)
	}
	s.keys("/", "a", "y", "e", "a", "enter")
	s.sees("answers  ▁▂▄█ █  11ms to 88ms, 1 without answer")
	for range 1000 {
		tell(5, fleet.StateUp)
	}
	if len(h.latencies) != readingsKept || cap(h.latencies) > 2*readingsKept {
		t.Errorf("%d answers are kept", len(h.latencies))
	}
	s.sees("5.0ms to 5.0ms")
}

// TestNoHistoryWithoutAnswers: of a host that never answered nothing is drawn.
func TestNoHistoryWithoutAnswers(t *testing.T) {
	s := newStage(t, 200, 50).showFleet()
	h := s.m.known.hosts["ayeaye"]
	h.latencies = nil
	for range 3 {
		status := h.status
		status.AsOf = status.AsOf.Add(30 * time.Second)
		status.Latency, status.State = 0, fleet.StateDown
		s.news(StatusRead{"ayeaye", status, h.drift})
	}
	s.keys("/", "a", "y", "e", "a", "enter")
	s.sees("ayeaye", "address")
	s.seesNot("answers")
}
