package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// hay writes lines, each tenth of which has a needle.
func hay(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		what := "hay"
		if i%10 == 0 {
			what = "needle"
		}
		fmt.Fprintf(&b, "line-%d %s\n", i, what)
	}
	return b.String()
}

func TestOnlyMatches(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	d.log("ankarana", hay(1000, 2000))
	s.advance(tickEvery)
	s.keys("2", "z", "x")
	s.sees("Search for something first.")
	s.keys("/", "needle", "enter", "x")
	s.sees("line-1990 needle", "line-1810 needle", "only matches 100 lines, following")
	s.seesNot("hay")
	d.log("ankarana", hay(2000, 2011)+"half a nee")
	s.advance(time.Second)
	s.sees("line-2010 needle", "102 lines")
	d.log("ankarana", "dle\n")
	s.advance(time.Second)
	s.sees("half a needle", "103 lines")
	s.keys("g")
	s.sees("line-1000 needle", "only matches line 1 of 103")
	s.keys("n", "n")
	s.keys("x")
	s.sees("line-1010 needle", "line-1011 hay", "line-1009 hay")
	s.seesNot("only matches")
}

func TestANewSearchIsOfTheWholeLog(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	d.log("ankarana", hay(1000, 1500))
	s.advance(tickEvery)
	s.keys("2", "z", "/", "needle", "enter", "x", "/", "line-1234", "enter")
	s.sees("line-1234 hay", "line-1230 needle")
	s.keys("x")
	s.sees("only matches 1 line, following")
	s.keys("/", "esc")
	s.seesNot("only matches")
	s.keys("/", "nowhere", "enter", "x")
	s.sees("no line matches")
}

func TestMatchesOfALogThatIsWrittenAnew(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	s.keys("2", "z", "/", "unit 29", "enter", "x")
	s.sees("only matches 1 line,")
	d.rewrite("ankarana", "unit 29 anew\nother\n")
	s.advance(time.Second)
	s.sees("unit 29 anew", "only matches 1 line,")
	s.seesNot("compiling")
}
