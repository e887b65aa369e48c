package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// writeRound prints what each peer took, per host where that makes sense.
func writeRound(out io.Writer, r map[string][]sample, hosts int) error {
	var cells []string
	for _, peer := range []string{"ours", "floor", "openssh"} {
		for _, s := range r[peer] {
			cell := fmt.Sprintf("%s %s: %d ms, %.2f ms CPU per host", peer, s.Phase, s.Wall.Milliseconds(), perHost(s.CPU, hosts))
			if s.Children > 0 {
				cell += fmt.Sprintf(" and %.2f in programs", perHost(s.Children, hosts))
			}
			cells = append(cells, cell)
		}
	}
	_, err := fmt.Fprintln(out, strings.Join(cells, "; "))
	return err
}

func perHost(d time.Duration, hosts int) float64 {
	return float64(d.Microseconds()) / 1000 / float64(hosts)
}

// goal is a ratio, most of which must not exceed a limit.
type goal struct {
	name string
	most float64 // +Inf: only to be known
	of   func(round map[string][]sample) float64
}

// goals are what is promised of our connections, beside others on the same
// machine in the same minute.
func goals() []goal {
	wall := func(s sample) float64 { return float64(s.Wall) }
	processor := func(s sample) float64 { return float64(s.CPU + s.Children) }
	ratio := func(peer, phase, other, otherPhase string, what func(sample) float64) func(map[string][]sample) float64 {
		return func(r map[string][]sample) float64 {
			return what(phaseOf(r[peer], phase)) / what(phaseOf(r[other], otherPhase))
		}
	}
	return []goal{
		{"cold CPU, ours / floor", 1.5, ratio("ours", "cold", "floor", "cold", processor)},
		{"cold CPU, ours / openssh", 1.0 / 3, ratio("ours", "cold", "openssh", "cold", processor)},
		{"cold wall, ours / floor", 1.15, ratio("ours", "cold", "floor", "cold", wall)},
		{"warm wall, ours / openssh", 1.0 / 10, ratio("ours", "warm", "openssh", "cold", wall)},
		{"warm wall, ours / floor", math.Inf(1), ratio("ours", "warm", "floor", "warm", wall)},
		{"warm wall, floor / openssh", math.Inf(1), ratio("floor", "warm", "openssh", "cold", wall)},
		{"CPU of programs, once ssh -G was asked", 0, func(r map[string][]sample) float64 {
			return float64(phaseOf(r["ours"], "cold").Children + phaseOf(r["ours"], "warm").Children)
		}},
	}
}

func phaseOf(samples []sample, phase string) sample {
	i := slices.IndexFunc(samples, func(s sample) bool { return s.Phase == phase })
	if i < 0 {
		return sample{}
	}
	return samples[i]
}

// errMissed is the error when a median is worse than its goal.
var errMissed = errors.New("a goal was missed")

// writeRatios prints the median of each ratio, with its spread, beside its goal.
func writeRatios(out io.Writer, rounds []map[string][]sample) error {
	var missed error
	for _, g := range goals() {
		var all []float64
		for _, r := range rounds {
			all = append(all, g.of(r))
		}
		slices.Sort(all)
		median := (all[(len(all)-1)/2] + all[len(all)/2]) / 2
		word := fmt.Sprintf(", at most %.3f: kept", g.most)
		switch {
		case math.IsInf(g.most, 1):
			word = ""
		case !(median <= g.most): // also when it is no number
			word, missed = fmt.Sprintf(", at most %.3f: MISSED", g.most), errMissed
		}
		if _, err := fmt.Fprintf(out, "%-40s %.3f (%.3f to %.3f)%s\n", g.name, median, all[0], all[len(all)-1], word); err != nil {
			return err
		}
	}
	return missed
}
