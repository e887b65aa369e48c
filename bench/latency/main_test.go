package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Three runs: one of two hosts, a slower one, and one that still goes on.
func TestReport(t *testing.T) {
	state := t.TempDir()
	at := func(seconds string) string { return `"time":"2026-11-22T07:15:` + seconds + `Z"` }
	for id, events := range map[string][]string{
		"20261122T071500Z-switch-0001": {
			`{"version":1,"seq":1,` + at("00.200") + `,"event":"start","invoked":"2026-11-22T07:15:00Z"}`,
			`{"version":1,"seq":2,` + at("00.250") + `,"event":"task","host":"h1","state":"prepared"}`,
			`{"version":1,"seq":3,` + at("00.300") + `,"event":"task","host":"h1","state":"started","pid":1}`,
			`{"version":1,"seq":4,` + at("00.400") + `,"event":"task","host":"h2","state":"started","pid":2}`,
			`{"version":1,"seq":5,` + at("05.000") + `,"event":"task","host":"h1","state":"ended","exitCode":0}`,
			`{"version":1,"seq":6,` + at("09.000") + `,"event":"task","host":"h2","state":"ended","exitCode":0}`,
			`{"version":1,"seq":7,` + at("09.100") + `,"event":"end","exitCode":0}`,
		},
		"20261122T071600Z-switch-0002": {
			`{"version":1,"seq":1,` + at("00.200") + `,"event":"start","invoked":"2026-11-22T07:15:00Z"}`,
			`{"version":1,"seq":2,` + at("00.500") + `,"event":"task","host":"h1","state":"started","pid":1}`,
			`{"version":1,"seq":3,` + at("05.000") + `,"event":"task","host":"h1","state":"ended","exitCode":0}`,
			`{"version":1,"seq":4,` + at("05.300") + `,"event":"end","exitCode":0}`,
		},
		"20261122T071700Z-switch-0003": {
			`{"version":1,"seq":1,` + at("00.200") + `,"event":"start","invoked":"2026-11-22T07:15:00Z"}`,
		},
	} {
		dir := filepath.Join(state, "runs", id)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string]string{
			"run.json":     `{"version":1,"id":"` + id + `","action":"switch","hosts":[{"name":"h1"},{"name":"h2"}]}`,
			"events.jsonl": strings.Join(events, "\n") + "\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out strings.Builder
	if err := report(&out, []string{state, "10"}); err != nil {
		t.Fatal(err)
	}
	want := `20261122T071700Z-switch-0003: started no nixos-rebuild, or is not over
20261122T071600Z-switch-0002: 500 ms before, 300 ms after
20261122T071500Z-switch-0001: 300 ms before, 100 ms after
median of 2 runs: 600 ms
`
	if out.String() != want {
		t.Errorf("it prints\n%s\nand should print\n%s", out.String(), want)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"dir"}, {"dir", "0"}, {"dir", "many"}} {
		if err := report(nil, args); err == nil || !strings.Contains(err.Error(), "usage") {
			t.Errorf("%q: %v", args, err)
		}
	}
	if err := report(&strings.Builder{}, []string{t.TempDir(), "3"}); err == nil {
		t.Error("a store without runs is measured")
	}
}
