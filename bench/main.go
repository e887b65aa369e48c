// Command bench measures what the program costs beside what else people use, on
// the same work and in turn (A B A B), and writes what it found into the tables
// of docs/performance.md, whose words stay as they are.
//
//	go run ./bench [--quick] [--rounds N] [--lab DIR] [SECTION…]
//	go run ./bench --list
//
// It is run at the root of the repository. A section sets up what it measures
// and takes it down again. One that needs what is not here says so by name and
// gives way to the next; one that fails is a failure of the whole. The quick form
// does all of it in small, judges no clock and writes nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"nixfleet-tui/bench/figures"
)

const page = "docs/performance.md"

// bench is one start of this command.
type bench struct {
	out    io.Writer
	dir    string // for what is made on the way
	quick  bool
	rounds int    // how often what is measured in turn is measured
	lab    string // directory of the lab's scripts, or ""
	built  string // the program, once it was built
}

// missing is the error of a section that needs what is not here.
type missing struct{ what, get string }

func (m missing) Error() string { return m.what + " is not here: " + m.get }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	b := &bench{out: out}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	list := flags.Bool("list", false, "list the sections")
	flags.BoolVar(&b.quick, "quick", false, "all of it in small; nothing is written")
	flags.IntVar(&b.rounds, "rounds", 3, "how often what is measured in turn is measured")
	flags.StringVar(&b.lab, "lab", os.Getenv("NIXFLEET_LAB"), "where the lab's scripts are; its hosts must be up")
	var names []string
	for len(args) > 0 { // flags may stand behind sections, too
		if err := flags.Parse(args); err != nil {
			return err
		}
		if args = flags.Args(); len(args) > 0 {
			names, args = append(names, args[0]), args[1:]
		}
	}
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	if *list {
		for _, s := range chosen {
			fmt.Fprintf(out, "%-11s %s\n", s.name, s.about)
		}
		return nil
	}
	if b.quick || b.rounds < 1 {
		b.rounds = 1
	}
	if b.dir, err = os.MkdirTemp("", "nixfleet-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	return b.all(ctx, chosen)
}

// all measures one section after the other, and goes on after one that failed.
func (b *bench) all(ctx context.Context, sections []section) error {
	var failed []error
	for _, s := range sections {
		if ctx.Err() != nil {
			return errors.Join(append(failed, ctx.Err())...)
		}
		began := time.Now()
		table, err := s.measure(ctx, b)
		var lacks missing
		if errors.As(err, &lacks) {
			fmt.Fprintf(b.out, "\n== %s: left out, since %s\n", s.name, lacks.Error())
			continue
		}
		fmt.Fprintf(b.out, "\n== %s: %s (%.0f s)\n", s.name, s.about, time.Since(began).Seconds())
		if err != nil {
			fmt.Fprintf(b.out, "FAILED: %v\n", err)
			failed = append(failed, fmt.Errorf("%s: %w", s.name, err))
			continue
		}
		fmt.Fprint(b.out, table.Markdown())
		if !b.quick {
			if err := b.write(s, table); err != nil {
				failed = append(failed, err)
			}
		}
	}
	return errors.Join(failed...)
}

// write puts a section's table onto the page, with what it was taken on.
func (b *bench) write(s section, table figures.Table) error {
	if len(table.Rows) == 0 {
		return nil
	}
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	took := fmt.Sprintf("%s\nTaken on %s with %s by `go run ./bench %s`.\n", table.Markdown(), time.Now().Format(time.DateOnly), machine(), s.name)
	now, err := figures.Splice(string(old), s.name, took)
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	return os.WriteFile(page, []byte(now), 0o644)
}

// machine says what we are on, and how busy it is besides.
func machine() string {
	is := fmt.Sprintf("%d processors, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return is // not a Linux
	}
	average, _, _ := strings.Cut(string(load), " ")
	return is + ", at a load of " + average
}
