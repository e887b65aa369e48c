// Command start measures what a person waits for before the program does
// anything: how long `--help` takes, beside a program that does nothing, in
// turn; and how large the program is. It fails on no clock.
//
//	go run ./bench/start
//	go run ./bench/start -rounds 200
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

const (
	usualRounds = 50
	goal        = 20 * time.Millisecond // for --help, on a machine that does nothing else
)

func main() {
	rounds := flag.Int("rounds", usualRounds, "how often each is started")
	flag.Parse()
	if err := run(context.Background(), max(1, *rounds), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "start:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "nixfleet-start-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	full, err := build(ctx, filepath.Join(dir, "full"))
	if err != nil {
		return err
	}
	small, err := build(ctx, filepath.Join(dir, "small"), "-ldflags=-s -w")
	if err != nil {
		return err
	}
	nothing, err := exec.LookPath("true")
	if err != nil {
		return fmt.Errorf("a program that does nothing: %w", err)
	}
	theirs, ours := make([]time.Duration, rounds), make([]time.Duration, rounds)
	for i := range rounds {
		if theirs[i], err = took(ctx, nothing); err != nil {
			return err
		}
		if ours[i], err = took(ctx, small.path, "--help"); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "size: %.1f MB, %.1f MB without symbols\n", full.megabytes(), small.megabytes())
	fmt.Fprintf(out, "start of --help, %d times: %s (goal %s); `true`: %s\n", rounds, spread(ours), goal, spread(theirs))
	return nil
}

// program is one that was built.
type program struct {
	path string
	size int64
}

func (p program) megabytes() float64 { return float64(p.size) / 1e6 }

// build builds the program as it is released, with more flags.
func build(ctx context.Context, path string, flags ...string) (program, error) {
	words := append([]string{"build", "-trimpath", "-o", path}, flags...)
	c := exec.CommandContext(ctx, "go", append(words, ".")...)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := c.CombinedOutput(); err != nil {
		return program{}, fmt.Errorf("building the program: %w\n%s", err, said)
	}
	info, err := os.Stat(path)
	if err != nil {
		return program{}, err
	}
	return program{path, info.Size()}, nil
}

// took is how long a command takes from its start to its end.
func took(ctx context.Context, path string, args ...string) (time.Duration, error) {
	c := exec.CommandContext(ctx, path, args...)
	begun := time.Now()
	err := c.Run()
	return time.Since(begun), err
}

// spread is the median, and where nine of ten lie below.
func spread(all []time.Duration) string {
	sorted := slices.Sorted(slices.Values(all))
	at := func(share float64) time.Duration {
		return sorted[int(share*float64(len(sorted)-1))].Round(10 * time.Microsecond)
	}
	return fmt.Sprintf("median %s, nine of ten within %s", at(0.5), at(0.9))
}
