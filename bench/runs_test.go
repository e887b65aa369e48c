package main

import (
	"slices"
	"strings"
	"testing"
)

func TestPairsOfRuns(t *testing.T) {
	p, err := readPairs("ours 21323 ms, xargs 17403 ms, ratio 1.225, processor 271 ms, 1.27 % of the run (run-task:14 run-supervisor:146 switch:110)\n" +
		"ours 4000 ms, xargs 8000 ms, ratio 0.500, processor 80 ms, 2.00 % of the run (switch:80)\nmedian ratio 0.863 of 2 pairs\n")
	if err != nil || !slices.Equal(p.ours, []float64{21.323, 4}) || !slices.Equal(p.theirs, []float64{17.403, 8}) || !slices.Equal(p.processor, []float64{0.271, 0.08}) {
		t.Errorf("%+v, %v", p, err)
	}
	// Without the program that counts, there is no share to be told.
	if _, err := readPairs("ours 5 ms, xargs 5 ms, ratio 1.000\nmedian ratio 1.000 of 1 pairs\n"); err == nil || !strings.Contains(err.Error(), "no pair") {
		t.Errorf("got %v", err)
	}
}
