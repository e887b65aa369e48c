package ui

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/rollout"
)

// came writes beside a log when its lines came: from line n on after some seconds.
func (d *runDir) came(host string, after map[int]int) {
	d.t.Helper()
	var b strings.Builder
	for line := range 100 {
		if s, has := after[line]; has {
			fmt.Fprintf(&b, "%d %d\n", line, begin().Add(time.Duration(s)*time.Second).UnixMilli())
		}
	}
	d.must(os.WriteFile(strings.TrimSuffix(rollout.TextPath(d.dir, host), ".txt")+".times", []byte(b.String()), 0o600))
}

func TestLinesTellWhenTheyCame(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	d.rewrite("ankarana", "one\ntwo "+strings.Repeat("long ", 30)+"\nthree\nfour\n")
	d.came("ankarana", map[int]int{1: 5, 3: 65})
	s.keys("2", "z", "t")
	s.advance(tickEvery)
	s.sees("│         one ", "│07:15:05 two long", "│07:15:05 three", "│07:16:05 four")
	s.fits("times", 80, 24)
	s.keys("w")
	s.advance(tickEvery)
	s.sees("│07:15:05 two long", "│         long")
	s.fits("times, wrapped", 80, 24)
	s.keys("/", "o", "enter", "x")
	s.advance(tickEvery)
	s.sees("│         one ", "│07:16:05 four")
	s.seesNot("three")
	if got := s.backend.habits[len(s.backend.habits)-1]; !got.Times {
		t.Errorf("kept %+v", got)
	}
	s.keys("x", "t")
	s.advance(tickEvery)
	s.seesNot("07:15:05")
	s.resizedTo(200, 50)
	s.keys("esc", "t", "+", "-")
	s.advance(tickEvery)
	s.fits("times in panes", 200, 50)
}
