package fleet

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

func openCache(t *testing.T) *Cache {
	t.Helper()
	c, err := OpenCache(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Err(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func load(t *testing.T, ev Evaluator, src Source, c *Cache) *Inventory {
	t.Helper()
	inv, err := Load(t.Context(), ev, src, c)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func TestLoadMergesFlakeAndFile(t *testing.T) {
	ev := &answers{meta: cleanTree, names: []string{"a.example.org", "h1"},
		file: `{"hosts":{"h1":{"tags":["web"]},"h2":{"buildOn":"box"},"iso":{"hidden":true}},"builders":{"box":{"systems":["x86_64-linux"]}}}`}
	inv := load(t, ev, source, nil)
	if got, want := inv.Names(), []string{"a.example.org", "h1", "h2", "iso"}; !reflect.DeepEqual(got, want) {
		t.Fatalf("hosts are %v, want %v", got, want)
	}
	for name, inFlake := range map[string]bool{"a.example.org": true, "h1": true, "h2": false} {
		if h, _ := inv.Host(name); h.InFlake != inFlake {
			t.Errorf("%s: InFlake is %v", name, h.InFlake)
		}
	}
	if len(inv.Warnings) != 1 || !strings.Contains(inv.Warnings[0], "h2 stands in fleet.nix but not in the flake") || !strings.Contains(inv.Warnings[0], "did you mean h1?") {
		t.Errorf("warnings are %q", inv.Warnings)
	}
	if inv.Revision() != "aa" || ev.count("names of "+cleanTree.LockedURL) != 1 {
		t.Errorf("revision %q, asked %q", inv.Revision(), ev.asked)
	}
}

func TestLoadWithoutFlake(t *testing.T) {
	ev := &answers{file: `{"hosts":{"h1":{}}}`}
	inv := load(t, ev, Source{File: "/x/fleet.nix"}, nil)
	if len(inv.Hosts) != 1 || inv.Hosts[0].InFlake || len(inv.Warnings) != 0 || inv.Deploy != FactsFresh {
		t.Errorf("inventory is %+v", inv)
	}
	if f := (*Cache)(nil).Facts(inv)["h1"]; f.State != FactsFresh {
		t.Errorf("nothing is to be evaluated, but the facts are %s", f.State)
	}
	if !reflect.DeepEqual(ev.asked, []string{"file"}) {
		t.Errorf("asked %q", ev.asked)
	}
}

func TestNamesAreEvaluatedOncePerFingerprint(t *testing.T) {
	ev, c := &answers{meta: cleanTree, names: []string{"h1"}, file: `{}`}, openCache(t)
	load(t, ev, source, c)
	load(t, ev, source, c)
	if n := ev.count("names of " + cleanTree.LockedURL); n != 1 {
		t.Errorf("names were evaluated %d times", n)
	}
	ev.meta, ev.names = dirtyTree, []string{"h1", "h2"}
	if inv := load(t, ev, source, c); len(inv.Hosts) != 2 {
		t.Errorf("a new fingerprint still has %v", inv.Names())
	}
}

func TestKnownNeedsNoNix(t *testing.T) {
	ev, c := &answers{meta: cleanTree, names: []string{"h1", "h2"}, file: `{"hosts":{"h2":{"tags":["db"]}}}`}, openCache(t)
	if _, ok := Known(source, c); ok {
		t.Fatal("something is known before the first load")
	}
	want := load(t, ev, source, c)
	evaluate(t, ev, want, c, "h1")
	want.Flake.Fingerprint = "" // that of the present tree is not known
	got, ok := Known(source, c)
	if !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("known is %+v, want %+v", got, want)
	}
	if f := c.Facts(got)["h1"]; f.State != FactsStale {
		t.Errorf("facts are %s, but the tree may have changed", f.State)
	}
	if _, ok := Known(Source{Flake: "/other"}, c); ok {
		t.Error("another flake is known")
	}
}

func TestLoadTellsMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		ev            *answers
		message, hint string
	}{
		"a flake that fails":     {&answers{metaErr: nixFailure("undefined variable 'x'")}, "the flake /fleet does not evaluate: undefined variable 'x'", "nix eval"},
		"names that fail":        {&answers{meta: cleanTree, namesErr: nixFailure("infinite recursion")}, "the flake /fleet does not evaluate: infinite recursion", "nix eval"},
		"a file that fails":      {&answers{meta: cleanTree, fileErr: nixFailure("x")}, "/fleet/fleet.nix: x", "nix-instantiate"},
		"no nix":                 {&answers{metaErr: &nixcmd.Error{Err: exec.ErrNotFound}, fileErr: &nixcmd.Error{Err: exec.ErrNotFound}}, "no nix program", "Install Nix"},
		"a key":                  {&answers{meta: cleanTree, file: `{"hosst":{}}`}, "/fleet/fleet.nix: unknown key hosst", "Did you mean hosts?"},
		"building nowhere":       {&answers{meta: cleanTree, names: []string{"boraha"}, file: `{"hosts":{"h1":{"buildOn":"borahha"}}}`}, `hosts.h1.buildOn: there is no host or builder called "borahha"`, "Did you mean boraha?"},
		"all building nowhere":   {&answers{meta: cleanTree, file: `{"defaults":{"buildOn":"zzzzzzzz"}}`}, `defaults.buildOn: there is no host or builder called "zzzzzzzz"`, `"target", "local"`},
		"nix's hint is kept":     {&answers{meta: cleanTree, namesErr: &nixcmd.Error{Message: "m", Hint: "do this", Err: errors.New("x")}}, "does not evaluate: m", "do this"},
		"escapes in the message": {&answers{meta: cleanTree, namesErr: nixFailure("\x1b[2Jgone")}, "does not evaluate: ", "nix eval"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.ev.file == "" {
				c.ev.file = `{}`
			}
			_, err := Load(t.Context(), c.ev, source, nil)
			wantMistake(t, err, c.message, c.hint)
			if strings.Contains(err.Error(), "\x1b") {
				t.Errorf("%q moves the cursor", err)
			}
		})
	}
}

func TestLoadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Load(ctx, &answers{metaErr: &nixcmd.Error{Message: "stopped", Err: context.Canceled}, file: `{}`}, source, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// The real Nix's words on a file that does not parse.
func TestSyntaxErrorNamesItsLine(t *testing.T) {
	if _, err := exec.LookPath("nix"); err != nil {
		t.Skip("nix is missing; get it from https://nixos.org/download")
	}
	path := filepath.Join(t.TempDir(), "fleet.nix")
	if err := os.WriteFile(path, []byte("{\n  hosts.h1 = {\n    port = 22\n    tags = [ ];\n  };\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Load(t.Context(), &nixcmd.Nix{}, Source{File: path}, nil)
	wantMistake(t, err, path+", line 4: syntax error, unexpected", "nix-instantiate")
	if strings.Count(err.Error(), path) != 1 {
		t.Errorf("%q names the file twice", err)
	}
}

// What the real Nix says of the sample, it says once.
func TestRealNixReadsTheSample(t *testing.T) {
	if _, err := exec.LookPath("nix"); err != nil {
		t.Skip("nix is missing; get it from https://nixos.org/download")
	}
	path, err := filepath.Abs(sampleFile)
	if err != nil {
		t.Fatal(err)
	}
	src, c := Source{File: path}, openCache(t)
	inv := load(t, &nixcmd.Nix{}, src, c)
	if len(inv.Hosts) != 12 || len(inv.Builders) != 3 {
		t.Errorf("%d hosts, %d builders", len(inv.Hosts), len(inv.Builders))
	}
	if kept := load(t, &nixcmd.Nix{Program: "/nonexistent/nix"}, src, c); !reflect.DeepEqual(kept, inv) {
		t.Errorf("kept is %+v, want %+v", kept, inv)
	}
}

func TestDeployNodesFillWhatIsUnsaid(t *testing.T) {
	ev := &answers{meta: cleanTree, names: []string{"h1", "h2", "h3"},
		file:  `{"defaults":{"port":2222},"hosts":{"h1":{"address":"mine","tags":[]},"h2":{}}}`,
		nodes: map[string]nixcmd.Deploy{"h1": {Host: "theirs", User: "root", Port: 22, Tags: []string{"x"}}, "h2": {Host: "h2.lan", Tags: []string{"y"}}, "other": {Host: "z"}}}
	c := openCache(t)
	inv := load(t, ev, source, c)
	if inv.Deploy != FactsPending || ev.count("nodes") != 0 {
		t.Fatalf("Load read the nodes (%s, %q)", inv.Deploy, ev.asked)
	}
	full, err := Complete(t.Context(), ev, inv, c)
	if err != nil {
		t.Fatal(err)
	}
	check := func(inv *Inventory) {
		t.Helper()
		h1, _ := inv.Host("h1")
		h2, _ := inv.Host("h2")
		if h1.Address != "mine" || h1.User != "root" || h1.Port != 2222 || len(h1.Tags) != 0 {
			t.Errorf("h1 is %+v", h1)
		}
		if h2.Address != "h2.lan" || h2.Port != 2222 || !reflect.DeepEqual(h2.Tags, []string{"y"}) {
			t.Errorf("h2 is %+v", h2)
		}
	}
	check(full)
	if h, _ := inv.Host("h2"); h.Address != "" {
		t.Error("Complete changed the inventory that it was given")
	}
	// The next start has them at once, also when the tree has moved on.
	check(load(t, ev, source, c))
	ev.meta.Fingerprint = "f2"
	again := load(t, ev, source, c)
	check(again)
	if again.Deploy != FactsStale || ev.count("nodes") != 1 {
		t.Errorf("deploy is %s, asked %q", again.Deploy, ev.asked)
	}
	// With what the hosts' own configurations say, the nodes' word still counts first.
	with := full.With(Sources{Facts: map[string]Facts{
		"h2": {HostFacts: nixcmd.HostFacts{Deploy: nixcmd.Deploy{Host: "no", User: "deploy"}}},
		"h3": {HostFacts: nixcmd.HostFacts{Deploy: nixcmd.Deploy{Host: "h3.lan", Port: 1, Tags: []string{"z"}}}},
	}})
	check(with)
	if h, _ := with.Host("h2"); h.User != "deploy" {
		t.Errorf("h2 is %+v", h)
	}
	if h, _ := with.Host("h3"); h.Address != "h3.lan" || h.Port != 2222 || h.Tags[0] != "z" {
		t.Errorf("h3 is %+v", h)
	}
}

func TestBrokenDeployNodesLeaveAWarning(t *testing.T) {
	ev, c := &answers{meta: cleanTree, names: []string{"h1"}, file: `{}`, nodesErr: nixFailure("hive is broken")}, openCache(t)
	full, err := Complete(t.Context(), ev, load(t, ev, source, c), c)
	if err != nil || full.Deploy != FactsFailed || len(full.Warnings) != 1 || !strings.Contains(full.Warnings[0], "hive is broken") {
		t.Fatalf("got %+v, %v", full, err)
	}
	again := load(t, ev, source, c)
	if again.Deploy != FactsFailed || !reflect.DeepEqual(again.Warnings, full.Warnings) {
		t.Errorf("the next start has %s, %q", again.Deploy, again.Warnings)
	}
	if _, err := Complete(t.Context(), ev, again, c); err != nil || ev.count("nodes") != 1 {
		t.Errorf("asked %q, %v", ev.asked, err)
	}
}

func TestHostsThatTheFlakeLacksAreNamedTogether(t *testing.T) {
	for hosts, want := range map[string]string{
		`"db1":{},"www1":{}`:                                          "www1 stands in fleet.nix but not in the flake's nixosConfigurations: it can be looked at, not deployed",
		`"alpha":{},"db2":{},"gamma":{}`:                              "db2 stands in fleet.nix but not in the flake's nixosConfigurations: it can be looked at, not deployed (did you mean db1?); alpha, gamma stand in fleet.nix but not in the flake's nixosConfigurations: they can be looked at, not deployed",
		`"v1":{"hidden":true},"db1":{}`:                               "",
		`"www1":{},"www2":{},"www3":{},"www4":{},"www5":{},"www6":{}`: "www1, www2, www3, www4 and 2 more stand in fleet.nix but not in the flake's nixosConfigurations: they can be looked at, not deployed",
	} {
		ev := &answers{meta: cleanTree, names: []string{"db1"}, file: `{"hosts":{` + hosts + `}}`}
		if got := strings.Join(load(t, ev, source, nil).Warnings, "; "); got != want {
			t.Errorf("of %s is said %q, want %q", hosts, got, want)
		}
	}
}
