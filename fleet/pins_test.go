package fleet

import (
	"slices"
	"testing"
	"time"
)

// TestPinsOfASystem: two generations can have one system, which is pinned for
// both by the root of either; a collection's own roots pin nothing.
func TestPinsOfASystem(t *testing.T) {
	const path = "/nix/store/00000000000000000000000000000000-nixos-system-h1-1"
	out := ""
	for _, line := range []string{"gen 3 path\t" + path, "gen 9 path\t" + path, "pin system-3-link\t" + path, "pin collecting-running\t" + path, "pin other\t" + path, "end\t1"} {
		out += marker + line + "\n"
	}
	g, err := parseGenerations([]byte(out), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	nine, _ := g.Find(9)
	if links := g.PinLinks(nine); !nine.Pinned || !slices.Equal(links, []string{PinLink(3)}) || len(g.Pins) != 1 {
		t.Errorf("generation 9 is pinned (%v) by %q", nine.Pinned, links)
	}
	if !g.Collecting {
		t.Error("it does not tell of the collection")
	}
	if len(g.PinLinks(Generation{Path: "/nix/store/x"})) > 0 {
		t.Error("another system is pinned")
	}
}

// TestDoomedAfterACut passes over what a collection that was cut off has deleted.
func TestDoomedAfterACut(t *testing.T) {
	g := Generations{Reading: Reading{Generation: 9}, Generations: []Generation{{Number: 9, BootDefault: true}, {Number: 7}}}
	if _, err := g.Doomed([]int{5, 7}); err == nil {
		t.Error("a number that is not there is taken")
	}
	g.Collecting = true
	if doomed, err := g.Doomed([]int{5, 7}); err != nil || Numbers(doomed) != "7" {
		t.Errorf("%v %v", doomed, err)
	}
	if _, err := g.Doomed([]int{9}); err == nil {
		t.Error("the boot default goes")
	}
}
