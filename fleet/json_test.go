package fleet

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

var update = flag.Bool("update", false, "write the golden files anew; read them before committing")

func TestStatusDocument(t *testing.T) {
	at := time.Date(2026, 11, 22, 7, 15, 0, 500, time.UTC)
	no, yes := false, true
	const system = "/nix/store/00000000000000000000000000000000-nixos-system-h1-25.11"
	inv := &Inventory{
		Hosts: []Host{
			{Name: "h1", InFlake: true, Tags: []string{"web"}}, {Name: "h5", InFlake: true, System: "x86_64-linux"}, {Name: "h6", InFlake: true},
		},
		Builders: []Builder{{Name: "h1", Host: "h1", Systems: []string{"x86_64-linux"}, MaxJobs: 4}, {Name: "gone"}},
	}
	facts := map[string]Facts{
		"h1": {State: FactsFresh, HostFacts: nixcmd.HostFacts{Wanted: "/nix/store/w-1"}},
		"h5": {State: FactsStale, HostFacts: nixcmd.HostFacts{System: "aarch64-linux", Wanted: "/nix/store/w-5"}},
		"h6": {State: FactsFailed, EvalError: "The option `services.nginx.enabel' does not exist."},
	}
	statuses := map[string]Status{
		"h1": {State: StateUp, AsOf: at, Via: "direct", Latency: 432 * time.Microsecond, Reading: Reading{
			System: "x86_64-linux", Generation: 2, GenerationAt: at, Label: "25.11.20261101.abcdef0", Revision: "0123",
			Current: system, Profile: system, Booted: system, Reboot: &no, FailedUnits: []string{}, Store: &yes,
		}},
		"h5": StatusOf(Status{}, &sshutil.Error{Kind: sshutil.KindTimeout, Message: "no answer in time", Hint: "Look whether it is up."}, at),
	}
	history := func(revision string) History {
		if revision == "0123" {
			return HistoryDescends
		}
		return HistoryUnknown
	}
	rows := Rows(inv, facts, statuses, history)
	doc := NewStatusDocument(rows, JudgeBuilders(inv, statuses))
	got, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/status.json", append(got, '\n'))
}

// The document of the design's page, key by key.
func TestStatusDocumentHasTheAgreedKeys(t *testing.T) {
	inv := &Inventory{Hosts: []Host{{Name: "h1"}}, Builders: []Builder{{Name: "b"}}}
	raw, err := json.Marshal(NewStatusDocument(Rows(inv, nil, nil, nil), JudgeBuilders(inv, nil)))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"version":1,"hosts":[{"name":"h1","system":null,"state":"unknown","error":"","hint":"","evalError":"","asOf":null,"generation":null,` +
		`"nixosVersion":null,"configurationRevision":null,"running":null,"profile":null,"booted":null,"wanted":null,"drift":"unknown",` +
		`"facts":"pending","rebootNeeded":null,"failedUnits":null,"tags":[],"via":null,"latencyMs":null,"sudo":null}],` +
		`"builders":[{"name":"b","systems":[],"health":"unknown","rung":"","reason":"not checked","hint":"","slots":{"busy":null,"max":null}}]}`
	if string(raw) != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
	if raw, err := json.Marshal(NewStatusDocument(nil, nil)); err != nil || string(raw) != `{"version":1,"hosts":[],"builders":[]}` {
		t.Errorf("an empty fleet is %s (%v)", raw, err)
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestRow(t *testing.T) {
	yes := true
	row := Row{Host: Host{Name: "h", System: "file-linux"}, Facts: Facts{HostFacts: nixcmd.HostFacts{System: "flake-linux", Wanted: "/nix/store/w-1"}}}
	if row.System() != "flake-linux" {
		t.Errorf("the flake knows better than the file: %s", row.System())
	}
	row.Status = Status{State: StateUp, Reading: Reading{System: "own-linux", Reboot: &yes, Current: "/nix/store/w-1", Profile: "/nix/store/w-1"}}
	if row.System() != "flake-linux" {
		t.Errorf("what is deployed is what the flake says: %s", row.System())
	}
	if s := (Row{Host: Host{System: "file-linux"}, Status: row.Status}).System(); s != "own-linux" {
		t.Errorf("without facts the host itself tells: %s", s)
	}
	if s := row.subject(); !s.Reboot || s.Drift != DriftInSync || s.System != "flake-linux" || s.State != StateUp {
		t.Errorf("got %+v", s)
	}
	inv := &Inventory{Hosts: []Host{{Name: "a"}, {Name: "b"}}, Builders: []Builder{{Name: "x", Host: "b"}}}
	builds := func(s Subject) bool { return s.Builds }
	if got := Subjects(Rows(inv, nil, nil, nil)); builds(got[0]) || !builds(got[1]) || slices.ContainsFunc(got, func(s Subject) bool { return s.State != StateUnknown }) {
		t.Errorf("got %+v", got)
	}
}
