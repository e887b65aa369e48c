package figures

import (
	"slices"
	"testing"
)

func TestSpread(t *testing.T) {
	values := []float64{4, 1, 3, 2}
	if got := Of(values); got != (Spread{1, 2.5, 4}) {
		t.Errorf("got %+v", got)
	}
	if values[0] != 4 {
		t.Error("what was given is not left as it was")
	}
	for want, s := range map[string]Spread{"2.5 s (1.0 to 4.0)": Of(values), "7.0 s": Of([]float64{7}), "0.0 s": Of(nil)} {
		if got := s.Format("%.1f", " s"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := Ratios([]float64{1, 6, 9}, []float64{2, 3}); !slices.Equal(got, []float64{0.5, 2}) {
		t.Errorf("ratios %v", got)
	}
	if got := Neighbours([]float64{2, 1, 4}); !slices.Equal(got, []float64{0.5, 4}) || Neighbours(nil) != nil {
		t.Errorf("neighbours %v", got)
	}
}

func TestReadsWhatGoPrints(t *testing.T) {
	r := Results{}
	r.Read("goos: linux\nBenchmarkFrame/8panes-2 \t 30\t 200 ns/op\t 16 B/op\nPASS\n")
	r.Read("BenchmarkFrame/8panes 30 300 ns/op\nBenchmarkKey-16 30 5 ns/op 4.5 µs-p99\nBenchmarkBroken\n")
	if got := r[Metric{"Frame/8panes", "ns/op"}]; !slices.Equal(got, []float64{200, 300}) {
		t.Errorf("frame: %v", got)
	}
	if got := r[Metric{"Key", "µs-p99"}]; !slices.Equal(got, []float64{4.5}) || len(r) != 4 {
		t.Errorf("key: %v in %v", got, r)
	}
}

func TestSplice(t *testing.T) {
	const page = "words\n<!-- bench a -->\nold\n<!-- end of bench a -->\n\nmore\n<!-- bench b -->\n<!-- end of bench b -->\n"
	table := Table{Head: []string{"what", "seen"}}
	table.Add("start", "5 ms")
	got, err := Splice(page, "a", table.Markdown())
	want := "words\n<!-- bench a -->\n| what | seen |\n|---|---|\n| start | 5 ms |\n<!-- end of bench a -->\n\nmore\n<!-- bench b -->\n<!-- end of bench b -->\n"
	if err != nil || got != want {
		t.Errorf("%v:\n%s", err, got)
	}
	again, err := Splice(got, "a", table.Markdown())
	if err != nil || again != got {
		t.Errorf("the second time differs: %v:\n%s", err, again)
	}
	for _, section := range []string{"c", ""} {
		if got, err := Splice(page, section, "x"); err == nil || got != page {
			t.Errorf("%q: %v:\n%s", section, err, got)
		}
	}
	if _, err := Splice("<!-- bench a -->\nold", "a", "x"); err == nil {
		t.Error("a place without an end is written to")
	}
}
