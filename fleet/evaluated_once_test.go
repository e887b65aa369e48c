package fleet

import "testing"

// What was evaluated at a fingerprint is known to every later start; another
// fingerprint is another question.
func TestNothingIsEvaluatedTwice(t *testing.T) {
	ev, c := evaluator(cleanTree), openCache(t)
	pending := func(inv *Inventory) (hosts []string) {
		known := (&Cache{dir: c.dir}).Facts(inv) // of a start of its own
		for _, h := range inv.Hosts {
			if s := known[h.Name].State; s == FactsPending || s == FactsStale {
				hosts = append(hosts, h.Name)
			}
		}
		return hosts
	}
	for range 3 {
		inv := load(t, ev, source, c)
		evaluate(t, ev, inv, c, pending(inv)...)
	}
	for _, host := range []string{"h1", "h2", "h3"} { // h2 fails, which is an answer
		if n := ev.count("facts of " + host + " in " + cleanTree.LockedURL); n != 1 {
			t.Errorf("%s was evaluated %d times", host, n)
		}
	}
	ev.meta.Fingerprint = "f2"
	if got := pending(load(t, ev, source, c)); len(got) != 3 {
		t.Errorf("of another tree, %v are to be evaluated", got)
	}
}
