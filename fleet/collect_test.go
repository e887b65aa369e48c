package fleet

import (
	"errors"
	"strings"
	"testing"
)

func TestDoomed(t *testing.T) {
	g := readPast(t, local{root: past(t).dir}) // 42 runs, 41 and 40 and 7 were booted and are pinned, 39 is gone
	for numbers, want := range map[[2]int]string{
		{39, 39}: "39", {42, 39}: "generation 42 must stay: it is running", {41, 39}: "generation 41 must stay: it was booted", {999, 39}: "it has no generation 999",
	} {
		doomed, err := g.Doomed(numbers[:])
		got := Numbers(doomed)
		var e *Error
		if errors.As(err, &e) {
			got = e.Message
			if e.Hint == "" {
				t.Errorf("%v: no hint", numbers)
			}
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%v: %s, want %s", numbers, got, want)
		}
	}
	if got := Numbers(g.Beyond(1)); got != "39" {
		t.Errorf("beyond the newest: %s", got)
	}
	if got := Numbers(g.Beyond(9)); got != "" {
		t.Errorf("beyond all: %s", got)
	}
}

func TestFrees(t *testing.T) {
	c, err := parseClosures([]string{sys41, sys42}, []byte("NF1\tpath\t1 "+sys41+"\nNF1\tpath\t2 "+sys42+"\nNF1\tpath\t1,2 /nix/store/33333333333333333333333333333333-both\nNF1\tsize\t5\nNF1\tsize\t7\nNF1\tsize\t100\nNF1\tend\t1\n"))
	if err != nil {
		t.Fatal(err)
	}
	g := Generations{Reading: Reading{Current: sys42, Booted: sys42}, Generations: []Generation{{Number: 3, Path: sys42, Running: true}, {Number: 2, Path: sys41}, {Number: 1, Path: sys41}}}
	for doomed, want := range map[int]int64{1: 0, 2: 5} { // as long as one of the two links stays, so does the system
		if got := g.Frees(c, g.Generations[3-doomed:]); got != want {
			t.Errorf("the oldest %d free %d, not %d", doomed, got, want)
		}
	}
}
