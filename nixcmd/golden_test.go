package nixcmd

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew; read them before you commit")

// noon is the time in tests that do not care.
func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// decode reads a whole log and tells all that there is to tell of it.
func decode(log string, pieces func(string) []string) string {
	d := NewLogDecoder(Switch, noon)
	var readable []byte
	phases := []Phase{d.Phase()}
	for _, piece := range pieces(log) {
		readable = d.Write(readable, []byte(piece))
		if phase := d.Phase(); phase != phases[len(phases)-1] {
			phases = append(phases, phase)
		}
	}
	readable = d.Close(readable)
	return fmt.Sprintf("phases: %v\nprogress: %s\nfindings: %s\n\n%s",
		phases, asJSON(d.Progress()), asJSON(d.Findings()), readable)
}

func asJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

func lineByLine(log string) []string { return strings.SplitAfter(log, "\n") }

func byteByByte(log string) []string { return strings.Split(log, "") }

// TestLogs reads the logs in testdata/log: most are recorded from fleets with
// Nix 2.26, the others are put together from the sources of Nix and of
// switch-to-configuration.
func TestLogs(t *testing.T) {
	logs, err := filepath.Glob("testdata/log/*.log")
	if err != nil || len(logs) == 0 {
		t.Fatalf("no logs: %v", err)
	}
	for _, name := range logs {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".log"), func(t *testing.T) {
			log, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := decode(string(log), lineByLine)
			golden := strings.TrimSuffix(name, ".log") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s reads differently now; got:\n%s", name, got)
			}
			if bytewise := decode(string(log), byteByByte); bytewise != got {
				t.Errorf("%s reads differently byte by byte; got:\n%s", name, bytewise)
			}
		})
	}
}
