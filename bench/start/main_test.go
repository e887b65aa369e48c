package main

import (
	"testing"
	"time"
)

func TestSpread(t *testing.T) {
	var all []time.Duration
	for i := range 11 {
		all = append(all, time.Duration(10-i)*time.Millisecond)
	}
	if got := spread(all); got != "median 5ms, nine of ten within 9ms" {
		t.Errorf("got %q", got)
	}
	if all[0] != 10*time.Millisecond {
		t.Error("what was given is not left as it was")
	}
}
