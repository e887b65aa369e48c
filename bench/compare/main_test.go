package main

import (
	"strings"
	"testing"

	"nixfleet-tui/bench/figures"
)

func TestTable(t *testing.T) {
	theirs, ours := figures.Results{}, figures.Results{}
	for _, ns := range []string{"200", "900", "210"} {
		theirs.Read("goos: linux\nBenchmarkFrame/8panes-2 \t 30\t " + ns + " ns/op\t 16 B/op\nPASS\n")
	}
	for _, ns := range []string{"100", "105", "7000"} {
		ours.Read("BenchmarkFrame/8panes-2 30 " + ns + " ns/op 16 B/op\nBenchmarkKey-2 30 5 ns/op 4.5 µs-p99\n")
	}
	var out strings.Builder
	if err := table(&out, "HEAD^", theirs, ours); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, want := range []string{
		"benchmark unit HEAD^ this tree ratio",
		"Frame/8panes B/op 16 16 1.00",
		"Frame/8panes ns/op 200 100 0.50",
		"Key ns/op - 5 new",
		"Key µs-p99 - 4.5 new",
	} {
		if i >= len(rows) || strings.Join(strings.Fields(rows[i]), " ") != want {
			t.Fatalf("row %d is not %q:\n%s", i, want, out.String())
		}
	}
}
