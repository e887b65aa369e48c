package main

import (
	"context"
	"fmt"

	"nixfleet-tui/bench/figures"
)

// Sizes of the logs, in MB.
const (
	largeLog = 1024
	smallLog = 4
)

// logSize tells benchmarks how large their logs are to be.
func (b *bench) logSize() (mb int, env []string) {
	mb = largeLog
	if b.quick {
		mb = smallLog
	}
	return mb, []string{fmt.Sprintf("NIXFLEET_BENCH_LOG=%d", mb)}
}

// once is b, for what takes long enough to be measured a single time.
func (b *bench) once() *bench {
	one := *b
	one.rounds = 1
	return &one
}

func logs(ctx context.Context, b *bench) (figures.Table, error) {
	table := goals()
	mb, env := b.logSize()
	through := suite{pkg: "./rollout", bench: "^BenchmarkSupervisor$", time: "1x", quick: "1x", env: env, rows: []figure{
		{fmt.Sprintf("from nixos-rebuild to a file that can be read, %d MB of which every line is shown", mb), "", "Supervisor", "MB/s", 1, "%.0f", " MB/s"},
		{"the same", "", "Supervisor", "lines/s", 1e3, "%.0f", " thousand lines/s"},
		{"memory of the supervisor that did it", "< 100 MB", "Supervisor", "MB-supervisor", 1, "%.0f", " MB"},
		{"a viewer that comes later finds all lines", "", "Supervisor", "lines/s-opened", 1e6, "%.1f", " million lines/s"},
		{"from its end, a word in its middle is found", "", "Supervisor", "ms-found", 1, "%.0f", " ms"},
	}}
	if err := through.run(ctx, b.once(), &table); err != nil {
		return table, err
	}
	return table, suite{pkg: "./ui", bench: "^BenchmarkTick$", time: "100x", quick: "3x", rows: []figure{
		{"eight panes take, fit and draw 1,000 lines", "", "Tick", "ns/op", perMillisecond, "%.2f", " ms"},
	}}.run(ctx, b, &table)
}

// oldLog opens a log in every program that is here, and searches it. The goal is
// a second for the first screen, and less than 100 MB.
func oldLog(ctx context.Context, b *bench) (figures.Table, error) {
	mb, env := b.logSize()
	r, err := suite{pkg: "./ui", bench: "^BenchmarkOldLog$", time: "1x", quick: "1x", env: env}.results(ctx, b.once())
	table := figures.Table{Head: []string{fmt.Sprintf("a log of %d MB", mb), "its end is on the terminal", "a word in its middle is found", "memory"}}
	if err != nil {
		return table, err
	}
	for _, p := range []struct{ name, pkg string }{{"ours", ""}, {"less", "less"}, {"lnav", "lnav"}, {"multitail", "multitail"}, {"grep", "grep"}} {
		cells, measured := []string{p.name}, false
		for _, f := range []struct{ unit, verb, shown string }{{"ms-first", "%.0f", " ms"}, {"ms-found", "%.0f", " ms"}, {"MB", "%.0f", " MB"}} {
			cell := "–"
			if values := r[figures.Metric{Benchmark: "OldLog/" + p.name, Unit: f.unit}]; len(values) > 0 {
				cell, measured = figures.Of(values).Format(f.verb, f.shown), true
			}
			cells = append(cells, cell)
		}
		if !measured {
			if p.pkg == "" {
				return table, fmt.Errorf("ours was not measured")
			}
			fmt.Fprintf(b.out, "\n== old-log: without %s, which is not here: install %s\n", p.name, p.pkg)
			continue
		}
		table.Add(cells...)
	}
	return table, nil
}
