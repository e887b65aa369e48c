package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func rounds(oursCPU ...time.Duration) (all []map[string][]sample) {
	for _, cpu := range oursCPU {
		all = append(all, map[string][]sample{
			"ours": {
				{Phase: "ssh -G", Wall: 900 * time.Millisecond, CPU: 1, Children: 800 * time.Millisecond},
				{Phase: "cold", Wall: 1100 * time.Millisecond, CPU: cpu},
				{Phase: "warm", Wall: 100 * time.Millisecond, CPU: 10 * time.Millisecond},
			},
			"floor":   {{Phase: "cold", Wall: time.Second, CPU: 400 * time.Millisecond}, {Phase: "warm", Wall: 90 * time.Millisecond, CPU: 8 * time.Millisecond}},
			"openssh": {{Phase: "cold", Wall: 4 * time.Second, CPU: 4 * time.Second}},
		})
	}
	return all
}

func TestReport(t *testing.T) {
	var out strings.Builder
	all := rounds(480*time.Millisecond, 440*time.Millisecond, 520*time.Millisecond)
	if err := writeRound(&out, all[0], 200); err != nil {
		t.Fatal(err)
	}
	if err := writeRatios(&out, all); err != nil {
		t.Errorf("%v in\n%s", err, out.String())
	}
	for _, want := range []string{
		"ours ssh -G: 900 ms, 0.00 ms CPU per host and 4.00 in programs; ours cold: 1100 ms, 2.40 ms CPU per host;",
		"cold CPU, ours / floor                   1.200 (1.100 to 1.300), at most 1.500: kept\n",
		"cold CPU, ours / openssh                 0.120 (0.110 to 0.130), at most 0.333: kept\n",
		"cold wall, ours / floor                  1.100 (1.100 to 1.100), at most 1.150: kept\n",
		"warm wall, ours / openssh                0.025 (0.025 to 0.025), at most 0.100: kept\n",
		"warm wall, ours / floor                  1.111 (1.111 to 1.111)\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestReportTellsWhatIsMissed(t *testing.T) {
	var out strings.Builder
	if err := writeRatios(&out, rounds(800*time.Millisecond)); !errors.Is(err, errMissed) || strings.Count(out.String(), "MISSED") != 1 {
		t.Errorf("%v, %s", err, out.String())
	}
	if err := writeRatios(&out, []map[string][]sample{{}}); !errors.Is(err, errMissed) {
		t.Errorf("nothing at all: %v", err)
	}
	called := rounds(480 * time.Millisecond)
	called[0]["ours"][1].Children = 1
	if err := writeRatios(&out, called); !errors.Is(err, errMissed) {
		t.Errorf("ssh -G asked twice: %v", err)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{"", "ours", "peers c k", "peers c k x h", "peers c k 0 h", "peers c k 1", "else c k h"} {
		if err := run(&strings.Builder{}, strings.Fields(args)); err == nil || !strings.HasPrefix(err.Error(), "usage: ") {
			t.Errorf("%q: %v", args, err)
		}
	}
}
