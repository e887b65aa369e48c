package fleet

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
)

func factsOf(system string) nixcmd.HostFacts {
	return nixcmd.HostFacts{System: system, Wanted: "/nix/store/w-" + system, Machines: []nixcmd.Machine{{HostName: "b", SpeedFactor: 1.5}}}
}

// evaluator has h1 and h3, and h2 that fails.
func evaluator(meta nixcmd.FlakeMetadata) *answers {
	return &answers{meta: meta, names: []string{"h1", "h2", "h3"}, file: `{"hosts":{"alone":{}}}`,
		facts:    map[string]nixcmd.HostFacts{"h1": factsOf("one"), "h3": factsOf("three")},
		factsErr: map[string]error{"h2": nixFailure("h2 is broken")}}
}

func evaluate(t *testing.T, ev Evaluator, inv *Inventory, c *Cache, hosts ...string) (order []string, got map[string]Facts) {
	t.Helper()
	got = map[string]Facts{}
	Evaluate(t.Context(), ev, inv, c, hosts, func(host string, f Facts) {
		order = append(order, host)
		got[host] = f
	})
	return order, got
}

func TestEvaluateGoesOnAfterABrokenHost(t *testing.T) {
	ev, c := evaluator(cleanTree), openCache(t)
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	c.Now = func() time.Time { return at }
	inv := load(t, ev, source, c)
	order, got := evaluate(t, ev, inv, c, "h3", "h2", "alone", "nobody", "h1")
	if !reflect.DeepEqual(order, []string{"h3", "h2", "h1"}) {
		t.Errorf("order is %v", order)
	}
	want := map[string]Facts{
		"h1":    {HostFacts: factsOf("one"), State: FactsFresh, Revision: "aa", At: at},
		"h2":    {State: FactsFailed, EvalError: "h2 is broken"},
		"h3":    {HostFacts: factsOf("three"), State: FactsFresh, Revision: "aa", At: at},
		"alone": {State: FactsFresh},
	}
	kept := c.Facts(inv)
	if !reflect.DeepEqual(kept, want) {
		t.Errorf("kept %+v, want %+v", kept, want)
	}
	for host, f := range got {
		if !reflect.DeepEqual(f, want[host]) {
			t.Errorf("%s: got %+v, want %+v", host, f, want[host])
		}
	}
}

func TestFactsOfAnEarlierTreeAreShown(t *testing.T) {
	ev, c := evaluator(cleanTree), openCache(t)
	evaluate(t, ev, load(t, ev, source, c), c, "h1", "h2")

	ev.meta.Fingerprint, ev.meta.Revision = "f2", "bb"
	moved := load(t, ev, source, c)
	f := c.Facts(moved)
	if f["h1"].State != FactsStale || f["h1"].System != "one" || f["h1"].Revision != "aa" {
		t.Errorf("h1 is %+v", f["h1"])
	}
	if f["h2"].State != FactsPending || f["h2"].EvalError != "" {
		t.Errorf("the new tree may well have mended h2: %+v", f["h2"])
	}
	if f["h3"].State != FactsPending {
		t.Errorf("h3 is %+v", f["h3"])
	}

	// What fails now still shows what was good, with its revision.
	ev.factsErr["h1"] = nixFailure("now h1 too")
	_, got := evaluate(t, ev, moved, c, "h1")
	want := Facts{HostFacts: factsOf("one"), State: FactsFailed, EvalError: "now h1 too", Revision: "aa", At: f["h1"].At}
	if !reflect.DeepEqual(got["h1"], want) || !reflect.DeepEqual(c.Facts(moved)["h1"], want) {
		t.Errorf("got %+v, kept %+v, want %+v", got["h1"], c.Facts(moved)["h1"], want)
	}

	// Back on the first tree, its facts are fresh again.
	ev.meta = cleanTree
	if f := c.Facts(load(t, ev, source, c))["h1"]; f.State != FactsFresh || f.EvalError != "" {
		t.Errorf("h1 is %+v", f)
	}
}

func TestATreeThatMovesMeanwhileIsNotKept(t *testing.T) {
	ev, c := evaluator(dirtyTree), openCache(t)
	inv := load(t, ev, source, c)
	evaluate(t, ev, inv, c, "h3")
	if f := c.Facts(inv)["h3"]; f.State != FactsFresh || f.Revision != "aa-dirty" {
		t.Fatalf("a dirty tree that stood still left %+v", f)
	}
	ev.during = func(string) {
		ev.mu.Lock()
		defer ev.mu.Unlock()
		ev.meta.Fingerprint = "d2"
	}
	_, got := evaluate(t, ev, inv, c, "h1", "h2")
	if f := got["h1"]; f.State != FactsStale || f.System != "one" {
		t.Errorf("h1 is %+v", f)
	}
	if f := got["h2"]; f.State != FactsStale || f.EvalError != "" {
		t.Errorf("h2 is %+v", f)
	}
	if f := c.Facts(inv)["h1"]; f.State != FactsPending {
		t.Errorf("kept %+v", f)
	}
}

func TestEvaluateEndsWithItsContext(t *testing.T) {
	ev, c := evaluator(cleanTree), openCache(t)
	inv := load(t, ev, source, c)
	ctx, cancel := context.WithCancel(t.Context())
	ev.during = func(string) { cancel() }
	Evaluate(ctx, ev, inv, c, []string{"h1", "h3"}, func(host string, f Facts) { t.Errorf("%s: %+v", host, f) })
	if f := c.Facts(inv)["h1"]; f.State != FactsPending {
		t.Errorf("a stopped evaluation was kept: %+v", f)
	}
	if ev.count("facts of h3 in "+cleanTree.LockedURL) != 0 {
		t.Error("went on after the end")
	}
}

func TestFailuresOfTheMachineAreNotKept(t *testing.T) {
	killed := exec.Command("/bin/sh", "-c", "kill -9 $$").Run()
	for name, err := range map[string]error{
		"killed":  &nixcmd.Error{Message: "killed", Err: killed},
		"missing": &nixcmd.Error{Message: "missing", Err: exec.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			ev, c := evaluator(cleanTree), openCache(t)
			ev.factsErr["h1"] = err
			inv := load(t, ev, source, c)
			_, got := evaluate(t, ev, inv, c, "h1")
			if got["h1"].State != FactsFailed || got["h1"].EvalError != name {
				t.Errorf("got %+v", got["h1"])
			}
			if f := c.Facts(inv)["h1"]; f.State != FactsPending {
				t.Errorf("kept %+v", f)
			}
		})
	}
}

func TestBrokenCacheIsAsNone(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "cut": `{"version":1,"names":{"fl`, "no object": `[1]`, "another version": `{"version":99,"names":{"hosts":["x"]}}`,
		"wrong type": `{"version":1,"names":7}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := openCache(t)
			if err := os.WriteFile(c.path(source), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			ev := evaluator(cleanTree)
			inv := load(t, ev, source, c)
			if len(inv.Hosts) != 4 || c.Facts(inv)["h1"].State != FactsPending {
				t.Errorf("got %v", inv.Names())
			}
			if _, ok := Known(source, c); !ok {
				t.Error("the broken file was not replaced")
			}
		})
	}
}

func TestCacheToleratesUnknownFields(t *testing.T) {
	c := openCache(t)
	content := `{"version":1,"later":{"x":1},"hosts":{"h1":{"good":{"fingerprint":"f1","later":2,"facts":{"System":"kept","Later":3}}}}}`
	if err := os.WriteFile(c.path(source), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if f := c.Facts(load(t, evaluator(cleanTree), source, c))["h1"]; f.State != FactsFresh || f.System != "kept" {
		t.Errorf("got %+v", f)
	}
}

func TestCacheLeavesNothingBehind(t *testing.T) {
	ev, c := evaluator(cleanTree), openCache(t)
	evaluate(t, ev, load(t, ev, source, c), c, "h1", "h2", "h3")
	files, err := os.ReadDir(c.dir)
	if err != nil || len(files) != 2 { // the file and its log
		t.Fatalf("the cache holds %v (%v)", files, err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode is %v (%v)", info.Mode(), err)
		}
	}
}

func TestUnwritableCacheCostsNoAnswer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	c, err := OpenCache(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil { // also root may not write there then
		t.Fatal(err)
	}
	ev := evaluator(cleanTree)
	inv := load(t, ev, source, c)
	if _, got := evaluate(t, ev, inv, c, "h1"); got["h1"].State != FactsFresh {
		t.Errorf("got %+v", got)
	}
	if c.Err() == nil {
		t.Error("nothing tells that the cache cannot be written")
	}
}

func TestOpenCacheTellsWhy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := OpenCache(filepath.Join(file, "cache"))
	wantMistake(t, err, "cannot make the cache", "XDG_CACHE_HOME")
}
