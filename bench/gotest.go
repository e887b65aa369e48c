package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"nixfleet-tui/bench/figures"
)

// suite is benchmarks of one of our packages, and the figures of theirs that
// are worth a row.
type suite struct {
	pkg         string
	bench       string // a regular expression, as go test has it
	time, quick string // -benchtime
	env         []string
	rows        []figure
}

// figure is a row of a table: one unit of one benchmark.
type figure struct {
	label, goal     string
	benchmark, unit string
	per             float64 // of the unit in what is shown
	verb, shown     string
}

// Times as they are shown.
const (
	perMillisecond = 1e6 // ns
	perSecond      = 1e9
)

// run measures the suite and adds its rows to the table.
func (s suite) run(ctx context.Context, b *bench, table *figures.Table) error {
	r, err := s.results(ctx, b)
	if err != nil {
		return err
	}
	for _, f := range s.rows {
		values := r[figures.Metric{Benchmark: f.benchmark, Unit: f.unit}]
		if len(values) == 0 {
			return fmt.Errorf("the benchmarks of %s did not print %s of %s", s.pkg, f.unit, f.benchmark)
		}
		for i := range values {
			values[i] /= f.per
		}
		table.Add(f.label, f.goal, figures.Of(values).Format(f.verb, f.shown))
	}
	return nil
}

// results are what the benchmarks print, each round of them in a process of its own.
func (s suite) results(ctx context.Context, b *bench) (figures.Results, error) {
	program := filepath.Join(b.dir, strings.ReplaceAll(s.pkg, "/", "_")+".test")
	if _, err := os.Stat(program); err != nil {
		if said, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, s.pkg).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building the tests of %s: %w: %s", s.pkg, err, said)
		}
	}
	often := s.time
	if b.quick {
		often = s.quick
	}
	r := figures.Results{}
	for range b.rounds {
		cmd := exec.CommandContext(ctx, program, "-test.run", "^$", "-test.bench", s.bench, "-test.benchtime", often, "-test.benchmem", "-test.timeout", "10m")
		cmd.Dir, cmd.Env = s.pkg, append(os.Environ(), s.env...)
		said, err := cmd.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("the benchmarks of %s: %w: %s", s.pkg, err, said)
		}
		r.Read(string(said))
	}
	return r, nil
}

// goals is a table of figures with what they ought to be.
func goals() figures.Table { return figures.Table{Head: []string{"what", "goal", "seen"}} }

func nixLog(ctx context.Context, b *bench) (figures.Table, error) {
	table := goals()
	return table, suite{pkg: "./nixcmd", bench: "^BenchmarkFlood$", time: "1x", quick: "1x", rows: []figure{
		{"our decoder", "", "Flood", "MB/s", 1, "%.0f", " MB/s"},
		{"as many times as fast as `encoding/json` on every line", "≥ 10", "Flood", "times-json", 1, "%.1f", ""},
		{"largest heap in use", "< 60 MB", "Flood", "MB-heap", 1, "%.1f", " MB"},
	}}.run(ctx, b, &table)
}

func history(ctx context.Context, b *bench) (figures.Table, error) {
	table := goals()
	return table, suite{pkg: "./rollout", bench: "^BenchmarkList$", time: "20x", quick: "1x", rows: []figure{
		{"a list of 1,000 runs", "100 ms", "List", "ns/op", perMillisecond, "%.0f", " ms"},
	}}.run(ctx, b, &table)
}

func dashboard(ctx context.Context, b *bench) (figures.Table, error) {
	table := goals()
	frames := suite{pkg: "./ui", bench: "^Benchmark(Frame|Key)$", time: "1000x", quick: "3x", rows: []figure{
		{"frame of 200×50 with eight panes, logs of 1,000 lines", "1 ms", "Frame/8panes/1000lines", "ns/op", perMillisecond, "%.2f", " ms"},
		{"the same, logs of 1,000,000 lines", "no more", "Frame/8panes/1000000lines", "ns/op", perMillisecond, "%.2f", " ms"},
		{"frame of a table of 1,000 hosts", "", "Frame/fleet/1000hosts", "ns/op", perMillisecond, "%.2f", " ms"},
		{"key to frame, in eight panes that take 10,000 lines a second, half of them", "", "Key/8panes/10000lines", "µs-p50", 1e3, "%.2f", " ms"},
		{"the same, 99 of 100", "2 ms", "Key/8panes/10000lines", "µs-p99", 1e3, "%.2f", " ms"},
		{"key to frame, in a table of 1,000 hosts, 99 of 100", "", "Key/fleet/1000hosts", "µs-p99", 1e3, "%.2f", " ms"},
	}}
	built, err := b.program(ctx)
	if err != nil {
		return table, err
	}
	program := suite{pkg: "./ui", bench: "^Benchmark(Start|Idle|KeyToScreen|Traffic)$", time: "10x", quick: "1x", env: []string{"NIXFLEET_BENCH_PROGRAM=" + built}, rows: []figure{
		{"built program, from its start to the frame with 1,000 cached hosts, half of them", "50 ms", "Start", "µs-p50", 1e3, "%.0f", " ms"},
		{"from the key to the terminal under the same load, half of them", "", "KeyToScreen", "µs-p50", 1e3, "%.0f", " ms"},
		{"the same, 99 of 100", "", "KeyToScreen", "µs-p99", 1e3, "%.0f", " ms"},
		{"idle with 100 hosts", "1 % of a core", "Idle", "%core", 1, "%.2f", " % of a core"},
		{"written to the terminal then", "nothing", "Idle", "B-written", 1, "%.0f", " bytes"},
		{"written to a terminal of 200×50 while every row of eight panes changes with every tick, 10,000 lines a second", "", "Traffic/8panes/10000lines", "B/s", 1e3, "%.0f", " kB/s"},
		{"the same in whole frames, of which the renderer could draw 50", "≤ 10 a second, as there are ticks", "Traffic/8panes/10000lines", "frames/s", 1, "%.1f", " a second"},
		{"written in the first seconds of a run on the demo's dozen hosts", "no more", "Traffic/demo", "B/s", 1e3, "%.0f", " kB/s"},
	}}
	if err := frames.run(ctx, b, &table); err != nil {
		return table, err
	}
	return table, program.run(ctx, b, &table)
}
