package fleet

import (
	"os"
	"strings"
	"testing"
)

// What was evaluated is appended, read by others at once, and taken into the
// file when that is written.
func TestEvaluationsAreAppended(t *testing.T) {
	ev, c := evaluator(cleanTree), openCache(t)
	inv := load(t, ev, source, c)
	other := &Cache{dir: c.dir}
	if f := other.Facts(inv)["h1"]; f.State != FactsPending {
		t.Fatalf("h1 is %s already", f.State)
	}
	file, err := os.Stat(c.path(source))
	if err != nil {
		t.Fatal(err)
	}
	evaluate(t, ev, inv, c, "h1")
	evaluate(t, ev, inv, other, "h3")
	if now, err := os.Stat(c.path(source)); err != nil || !os.SameFile(file, now) {
		t.Errorf("the file was written for one host (%v)", err)
	}
	for name, who := range map[string]*Cache{"who wrote": c, "who had read before": other, "a new start": {dir: c.dir}} {
		for host, system := range map[string]string{"h1": "one", "h3": "three"} {
			if f := who.Facts(inv)[host]; f.State != FactsFresh || f.System != system {
				t.Errorf("for %s, %s is %+v", name, host, f)
			}
		}
	}
	c.keepNames(source, inv.Flake, inv.Names())
	if _, err := os.Stat(c.logPath(source)); !os.IsNotExist(err) {
		t.Errorf("the log stays though the file has it: %v", err)
	}
	if f := other.Facts(inv)["h3"]; f.State != FactsFresh || c.Err() != nil {
		t.Errorf("h3 is %s, %v", f.State, c.Err())
	}
	evaluate(t, ev, inv, other, "h2") // which fails, into a log that is another one
	if f := c.Facts(inv); f["h2"].State != FactsFailed || f["h1"].State != FactsFresh {
		t.Errorf("got %+v", f)
	}
}

// Who was killed in the middle of a line, or wrote nonsense, costs one
// evaluation; the lines after it count.
func TestATornLogLosesOneLine(t *testing.T) {
	ev, c := evaluator(cleanTree), openCache(t)
	inv := load(t, ev, source, c)
	evaluate(t, ev, inv, c, "h1", "h3")
	raw, err := os.ReadFile(c.logPath(source))
	if err != nil {
		t.Fatal(err)
	}
	torn := "7\n" + string(raw[:len(raw)-20])
	if err := os.WriteFile(c.logPath(source), []byte(torn), 0o600); err != nil {
		t.Fatal(err)
	}
	if f := c.Facts(inv); f["h1"].State != FactsFresh || f["h3"].State != FactsPending {
		t.Errorf("got %s and %s of\n%s", f["h1"].State, f["h3"].State, torn)
	}
	evaluate(t, ev, inv, c, "h2") // which fails
	if f := c.Facts(inv); f["h1"].State != FactsFresh || f["h3"].State != FactsPending || f["h2"].State != FactsFailed {
		t.Errorf("got %s, %s and %s", f["h1"].State, f["h3"].State, f["h2"].State)
	}
}

// A failure stands beside the facts of an earlier tree, also in the log.
func TestAFailureKeepsWhatWasKnown(t *testing.T) {
	ev, c := evaluator(cleanTree), openCache(t)
	inv := load(t, ev, source, c)
	c.keepFacts(inv, "h1", factsOf("one"))
	later := *inv
	later.Flake.Fingerprint = "f2"
	c.keepFailure(&later, "h1", "it does not evaluate")
	f := c.Facts(&later)["h1"]
	if f.State != FactsFailed || f.System != "one" || !strings.Contains(f.EvalError, "does not evaluate") {
		t.Errorf("got %+v", f)
	}
	if f := c.Facts(inv)["h1"]; f.State != FactsFresh {
		t.Errorf("the earlier tree's facts are %s", f.State)
	}
}
