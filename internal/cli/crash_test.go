package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCrash: the person reads what happened and where the trace is; the trace
// itself only stands in the file.
func TestCrash(t *testing.T) {
	state := t.TempDir()
	getenv := func(name string) string {
		if name == "XDG_STATE_HOME" {
			return state
		}
		return ""
	}
	var said bytes.Buffer
	func() {
		defer func() { ReportCrash(&said, getenv, recover()) }()
		panic("no such thing\x1b[2J")
	}()
	files, err := filepath.Glob(filepath.Join(state, "nixfleet", "crash-*.txt"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d traces are kept", len(files))
	}
	if out := said.String(); !strings.Contains(out, files[0]) || !strings.Contains(out, "no such thing") ||
		strings.Contains(out, "goroutine") || strings.ContainsRune(out, 0x1b) || strings.Count(out, "\n") != 2 {
		t.Errorf("it says\n%s", out)
	}
	trace, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(trace), "goroutine") || !strings.Contains(string(trace), "TestCrash") {
		t.Errorf("the trace is\n%s", trace)
	}
}
