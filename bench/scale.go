package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"nixfleet-tui/bench/figures"
)

// scale does the same with a thousand hosts and with ten thousand. What each
// host costs is to be the same in both.
func scale(ctx context.Context, b *bench) (figures.Table, error) {
	table := figures.Table{Head: []string{"what", "goal", "1,000 hosts", "10,000 hosts", "of a host, at 1,000 and at 10,000"}}
	for _, s := range []scaled{
		{suite{pkg: "./ui", bench: "^BenchmarkScale$", time: "20x", quick: "1x"}, "Scale/", "ms/key", "50 ms", []string{
			"move", "page", "filter-tag", "filter-state", "sort", "group", "mark", "mark-all", "range", "one-answer", "all-answers"}},
		{suite{pkg: "./ui", bench: "^BenchmarkMemory$", time: "2x", quick: "1x"}, "Memory/", "KiB/host", "", []string{""}},
		{suite{pkg: "./fleet", bench: "^BenchmarkFleet$", time: "5x", quick: "1x"}, "Fleet/", "µs/host", "", []string{
			"builders", "judge", "document", "select", "evaluate", "start", "watch"}},
	} {
		if err := s.rows(ctx, b, &table); err != nil {
			return table, err
		}
	}
	return table, b.fabric(ctx, &table)
}

// scaled is benchmarks that have a variant for each number of hosts.
type scaled struct {
	suite
	prefix, unit, goal string
	names              []string
}

func (s scaled) rows(ctx context.Context, b *bench, table *figures.Table) error {
	r, err := s.results(ctx, b)
	if err != nil {
		return err
	}
	of := func(name string, hosts int, unit string) float64 {
		if name != "" {
			name += "/"
		}
		return figures.Of(r[figures.Metric{Benchmark: fmt.Sprintf("%s%s%dhosts", s.prefix, name, hosts), Unit: unit}]).Median
	}
	for _, name := range s.names {
		small, large := of(name, 1_000, s.unit), of(name, 10_000, s.unit)
		if large == 0 {
			return fmt.Errorf("the benchmarks of %s did not print %s of %s", s.pkg, s.unit, name)
		}
		switch s.unit {
		case "ms/key":
			table.Add("a key, or news: "+name, s.goal, fmt.Sprintf("%.1f ms", small), fmt.Sprintf("%.1f ms", large),
				fmt.Sprintf("%.2f and %.2f µs", of(name, 1_000, "µs/host"), of(name, 10_000, "µs/host")))
		case "µs/host":
			table.Add("the whole fleet: "+name, s.goal, fmt.Sprintf("%.1f ms", small), fmt.Sprintf("%.1f ms", large*10), fmt.Sprintf("%.1f and %.1f µs", small, large))
		case "KiB/host":
			table.Add("memory of the table", s.goal, fmt.Sprintf("%.1f MB", small/1.024), fmt.Sprintf("%.1f MB", large*10/1.024), fmt.Sprintf("%.1f and %.1f KiB", small, large))
		}
	}
	return nil
}

// fabric reads the demo's fleet in both sizes over SSH. Its hosts live in a
// process of their own.
func (b *bench) fabric(ctx context.Context, table *figures.Table) error {
	program, err := b.program(ctx)
	if err != nil {
		return err
	}
	sizes := []int{1_000, 10_000}
	if b.quick {
		sizes = []int{24, 240}
	}
	var took, memory, processor []float64
	for _, hosts := range sizes {
		state, seconds, err := b.demoStatus(ctx, program, hosts)
		if err != nil {
			return err
		}
		used, ok := state.SysUsage().(*syscall.Rusage)
		if !ok {
			return missing{"what a program used", "this system does not tell"}
		}
		took, memory = append(took, seconds), append(memory, float64(used.Maxrss)/1024) // KiB on Linux
		processor = append(processor, (state.UserTime() + state.SystemTime()).Seconds())
	}
	each := func(label string, values []float64, verb, unit string, per float64, perUnit string) {
		table.Add(label, "", fmt.Sprintf(verb, values[0])+unit, fmt.Sprintf(verb, values[1])+unit,
			fmt.Sprintf("%.2f and %.2f %s", values[0]*per/float64(sizes[0]), values[1]*per/float64(sizes[1]), perUnit))
	}
	if b.quick {
		fmt.Fprintf(b.out, "\n== scale: status of %d and %d hosts, not of 1,000 and 10,000\n", sizes[0], sizes[1])
	}
	each("`demo status`, all hosts over SSH", took, "%.1f", " s", 1e3, "ms")
	each("its processor time", processor, "%.1f", " s", 1e3, "ms")
	each("its memory, all connections open", memory, "%.0f", " MiB", 1024, "KiB")
	return nil
}

// demoStatus reads all hosts of a demo of its own once.
func (b *bench) demoStatus(ctx context.Context, program string, hosts int) (*os.ProcessState, float64, error) {
	home := filepath.Join(b.dir, fmt.Sprintf("demo-%d", hosts))
	env := append(os.Environ(), "HOME="+home, "XDG_STATE_HOME="+home, "XDG_CACHE_HOME="+home, "XDG_CONFIG_HOME="+home, fmt.Sprintf("NIXFLEET_DEMO_HOSTS=%d", hosts))
	run := func(words ...string) *exec.Cmd {
		c := exec.CommandContext(ctx, program, append([]string{"demo"}, words...)...)
		c.Env = env
		return c
	}
	if said, err := run("status", "--no-eval", "--on", "kelyus").CombinedOutput(); err != nil { // its hosts come up
		return nil, 0, fmt.Errorf("the demo: %w: %s", err, said)
	}
	const kinds, well = 12, 10 // of the dozen, one is off and one has another key
	c := run("status", "--no-eval", "--json")
	began := time.Now()
	_, err := timed(c, `"state": "up"`, hosts/kinds*well+min(hosts%kinds, 4)) // the first of the dozen are well
	took := time.Since(began).Seconds()
	if reset := run("reset"); err == nil {
		err = reset.Run()
	}
	return c.ProcessState, took, err
}
