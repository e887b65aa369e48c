package demo

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"nixfleet-tui/nixcmd"
)

func newTestEvaluator(t *testing.T) *Evaluator {
	t.Helper()
	e, err := NewEvaluator("")
	if err != nil {
		t.Fatal(err)
	}
	e.pause = 0
	return e
}

func TestEvaluator(t *testing.T) {
	e := newTestEvaluator(t)
	meta, err := e.Metadata(t.Context(), "demo")
	if err != nil || meta.Dirty() || meta.Fingerprint == "" || meta.Revision == "" || meta.URL == "" {
		t.Errorf("metadata %+v, %v", meta, err)
	}
	names, err := e.HostNames(t.Context(), meta.LockedURL)
	if err != nil || len(names) != 12 || !slices.IsSorted(names) {
		t.Errorf("names %q, %v", names, err)
	}
	systems := map[string]int{}
	for _, name := range names {
		f, err := e.Facts(t.Context(), meta.LockedURL, name)
		if err != nil || f.Wanted != wanted(t, name) || f.HostName != name || f.StateVersion == "" {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
		systems[f.System]++
		for _, m := range f.Machines {
			if m.HostName == f.FQDN || m.MaxJobs == 0 || len(m.Systems) == 0 {
				t.Errorf("%s builds on %+v", name, m)
			}
		}
		if others := 3 - btoi(hostNamed(t, name).Builder != nil); len(f.Machines) != others {
			t.Errorf("%s has %d builders, want %d", name, len(f.Machines), others)
		}
	}
	if len(systems) < 2 {
		t.Errorf("only %v", systems)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestEvaluatorSaysNo(t *testing.T) {
	e := newTestEvaluator(t)
	var said *nixcmd.Error
	if _, err := e.Facts(t.Context(), "demo", "nosuch"); !errors.As(err, &said) {
		t.Errorf("a host that is not there: %v", err)
	}
	e.pause = evaluateFacts
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Facts(ctx, "demo", "tenrec"); !errors.Is(err, context.Canceled) {
		t.Errorf("evaluated after the end: %v", err)
	}
}

// TestFileIsJSON: what stands for fleet.nix can be read, and lists the hosts.
func TestFileIsJSON(t *testing.T) {
	raw, err := newTestEvaluator(t).File(t.Context(), "fleet.nix")
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Hosts map[string]json.RawMessage }
	if err := json.Unmarshal(raw, &f); err != nil || len(f.Hosts) != 12 {
		t.Errorf("%d hosts, %v", len(f.Hosts), err)
	}
}
