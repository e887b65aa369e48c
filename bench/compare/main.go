// Command compare measures the dashboard's benchmarks of this tree beside those
// of another commit, in turn (A B A B) and in the same minutes, and prints how
// they stand to each other. It judges nothing and fails on no clock: machines
// and their load differ by more than most changes do. What does not compile or
// does not pass here is a failure.
//
//	go run ./bench/compare [-base HEAD^] [-package ./ui] [-bench REGEXP] [-rounds 3]
//
// The other commit is taken from git, without touching this tree.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"nixfleet-tui/bench/figures"
)

// These make a comparison of the dashboard last about half a minute.
const (
	usualRounds    = 3
	usualTime      = "30x"
	usualBenchmark = "^Benchmark(Frame|Key|Tick)$"
)

type options struct {
	base, pkg, bench, time string
	rounds                 int
}

func main() {
	var o options
	flag.StringVar(&o.base, "base", "HEAD^", "the commit to compare with")
	flag.StringVar(&o.pkg, "package", "./ui", "whose benchmarks")
	flag.StringVar(&o.bench, "bench", usualBenchmark, "which benchmarks")
	flag.StringVar(&o.time, "benchtime", usualTime, "how long each, as go test has it")
	flag.IntVar(&o.rounds, "rounds", usualRounds, "how often both are measured")
	flag.Parse()
	if err := run(context.Background(), o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// run builds both test programs, measures them in turn and prints the table.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "nixfleet-compare-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	other := filepath.Join(dir, "base")
	if err := checkout(ctx, o.base, other); err != nil {
		return err
	}
	theirs := &side{tree: other, program: filepath.Join(dir, "base.test")}
	ours := &side{tree: ".", program: filepath.Join(dir, "head.test")}
	if err := ours.build(ctx, o.pkg); err != nil {
		return err
	}
	if err := theirs.build(ctx, o.pkg); err != nil {
		return incomparable(out, o.base, err)
	}
	for range o.rounds {
		if err := theirs.measure(ctx, o); err != nil {
			return errors.Join(incomparable(out, o.base, err), ours.measure(ctx, o))
		}
		if err := ours.measure(ctx, o); err != nil {
			return err
		}
	}
	return table(out, o.base, theirs.results, ours.results)
}

// incomparable tells why the other commit cannot be measured. What somebody
// else committed is no fault of this tree.
func incomparable(out io.Writer, base string, why error) error {
	_, err := fmt.Fprintf(out, "%s cannot be compared with: %v\n", base, why)
	return err
}

// checkout puts the files of a commit into dir.
func checkout(ctx context.Context, commit, dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	archive := dir + ".tar"
	for _, words := range [][]string{{"git", "archive", "-o", archive, commit}, {"tar", "-xf", archive, "-C", dir}} {
		if said, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("taking %s from git: %w: %s", commit, err, said)
		}
	}
	return nil
}

// side is one of the two that are compared.
type side struct {
	tree, program string
	dir           string // of the package
	results       figures.Results
}

func (s *side) build(ctx context.Context, pkg string) error {
	s.dir, s.results = filepath.Join(s.tree, pkg), figures.Results{}
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", s.program, pkg)
	build.Dir = s.tree
	if said, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the tests of %s: %w: %s", s.tree, err, said)
	}
	return nil
}

func (s *side) measure(ctx context.Context, o options) error {
	bench := exec.CommandContext(ctx, s.program, "-test.run", "^$", "-test.bench", o.bench, "-test.benchtime", o.time, "-test.benchmem")
	bench.Dir = s.dir
	said, err := bench.CombinedOutput()
	if err != nil {
		return fmt.Errorf("the benchmarks of %s: %w: %s", s.tree, err, said)
	}
	s.results.Read(string(said))
	return nil
}

// table prints the least of what both took, and how ours stands to theirs: what
// else goes on in the machine only adds.
func table(out io.Writer, base string, theirs, ours figures.Results) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "benchmark\tunit\t%s\tthis tree\tratio\t\n", base)
	order := make([]figures.Metric, 0, len(ours))
	for m := range ours {
		order = append(order, m)
	}
	slices.SortFunc(order, func(a, b figures.Metric) int {
		return strings.Compare(a.Benchmark+" "+a.Unit, b.Benchmark+" "+b.Unit)
	})
	for _, m := range order {
		now := slices.Min(ours[m])
		before, ratio := "-", "new"
		if was := theirs[m]; len(was) > 0 {
			before = short(slices.Min(was))
			if b := slices.Min(was); b > 0 {
				ratio = fmt.Sprintf("%.2f", now/b)
			} else {
				ratio = ""
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t\n", m.Benchmark, m.Unit, before, short(now), ratio)
	}
	return w.Flush()
}

func short(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
