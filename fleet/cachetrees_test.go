package fleet

import (
	"fmt"
	"os"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
)

// treeAt is the n-th commit of a flake.
func treeAt(n int) nixcmd.FlakeMetadata {
	meta := cleanTree
	meta.Fingerprint, meta.Revision = fmt.Sprint("tree-", n), fmt.Sprint("revision-", n)
	meta.LockedURL += meta.Revision
	return meta
}

// waiting are the hosts that a start of its own would evaluate.
func waiting(c *Cache, inv *Inventory) (hosts []string) {
	known := (&Cache{dir: c.dir}).Facts(inv)
	for _, h := range inv.Hosts {
		if s := known[h.Name].State; s == FactsPending || s == FactsStale {
			hosts = append(hosts, h.Name)
		}
	}
	return hosts
}

// Going back to a tree, as with git switch, evaluates nothing that was evaluated
// of it: no names, no facts, no failures, no nodes.
func TestGoingBackEvaluatesNothing(t *testing.T) {
	ev, c := evaluator(treeAt(1)), openCache(t)
	for _, n := range []int{1, 2, 1, 3, 2, 1} {
		ev.meta = treeAt(n)
		inv := load(t, ev, source, c)
		evaluate(t, ev, inv, c, waiting(c, inv)...)
		if _, err := Complete(t.Context(), ev, inv, c); err != nil {
			t.Fatal(err)
		}
		got := c.Facts(inv)
		if got["h1"].State != FactsFresh || got["h1"].Revision != treeAt(n).Revision || got["h2"].State != FactsFailed {
			t.Errorf("at tree %d: %+v", n, got)
		}
	}
	asked := map[string]int{}
	for _, what := range ev.asked {
		asked[what]++
	}
	for n := range 3 {
		for _, what := range []string{"names of ", "facts of h1 in ", "facts of h2 in ", "facts of h3 in "} {
			if got := asked[what+treeAt(n+1).LockedURL]; got != 1 {
				t.Errorf("%s tree %d: evaluated %d times", what, n+1, got)
			}
		}
	}
	if asked["nodes"] != 3 {
		t.Errorf("nodes of 3 trees: evaluated %d times", asked["nodes"])
	}
	if c.Err() != nil {
		t.Error(c.Err())
	}
}

// A host that fails at the tree that returns keeps the facts of the one before.
func TestAFailureThatReturnsKeepsWhatIsKnown(t *testing.T) {
	ev, c := evaluator(treeAt(1)), openCache(t)
	inv := load(t, ev, source, c)
	c.keepFailure(inv, "h1", "it does not evaluate")
	ev.meta = treeAt(2)
	evaluate(t, ev, load(t, ev, source, c), c, "h1")
	ev.meta = treeAt(1)
	if f := c.Facts(load(t, ev, source, c))["h1"]; f.State != FactsFailed || f.System != "one" || f.Revision != treeAt(2).Revision {
		t.Errorf("got %+v", f)
	}
}

// Of each flake the trees that were left last are kept, and no more.
func TestOldTreesAreDropped(t *testing.T) {
	ev, c := evaluator(treeAt(0)), openCache(t)
	left := time.Now().Add(-time.Hour)
	for n := range keptTrees + 3 {
		ev.meta = treeAt(n)
		evaluate(t, ev, load(t, ev, source, c), c, "h1")
		if n > 0 { // so that it does not hang on how finely a file system tells times
			left = left.Add(time.Minute)
			if err := os.Chtimes(c.treePath(source, treeAt(n-1).Fingerprint), left, left); err != nil {
				t.Fatal(err)
			}
		}
	}
	for n := range keptTrees + 2 { // the last is present
		_, err := os.Stat(c.treePath(source, treeAt(n).Fingerprint))
		if kept := err == nil; kept != (n >= 2) {
			t.Errorf("tree %d is kept: %v (%v)", n, kept, err)
		}
	}
	if got := waiting(c, load(t, ev, source, c)); len(got) != 2 {
		t.Errorf("%v are to be evaluated of the tree that is present", got)
	}
	ev.meta = treeAt(0)
	if got := waiting(c, load(t, ev, source, c)); len(got) != 3 {
		t.Errorf("of the oldest tree, %v are to be evaluated", got)
	}
}

// A file that is torn, or another program's, is as none.
func TestATornTreeIsEvaluatedAgain(t *testing.T) {
	for name, content := range map[string]string{"torn": `{"version":1,"na`, "later": `{"version":7}`, "another tree's": `{"version":1,"names":{"flake":{"Fingerprint":"x"},"hosts":["h9"]}}`} {
		t.Run(name, func(t *testing.T) {
			ev, c := evaluator(treeAt(1)), openCache(t)
			evaluate(t, ev, load(t, ev, source, c), c, "h1")
			ev.meta = treeAt(2)
			load(t, ev, source, c)
			if err := os.WriteFile(c.treePath(source, treeAt(1).Fingerprint), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			ev.meta = treeAt(1)
			inv := load(t, ev, source, c)
			if f := c.Facts(inv)["h1"]; len(inv.Hosts) != 4 || f.State != FactsFresh || c.Err() != nil {
				t.Errorf("got %v, %+v", inv.Names(), f)
			}
		})
	}
}
