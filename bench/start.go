package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"nixfleet-tui/bench/figures"
)

const startsPerRound = 20

// program is ours as it is released, built once.
func (b *bench) program(ctx context.Context) (string, error) {
	if b.built != "" {
		return b.built, nil
	}
	path, err := b.build(ctx, "nixfleet-tui", ".", "-ldflags=-s -w")
	if err == nil {
		b.built = path
	}
	return path, err
}

// build builds a package of ours, without what belongs to this machine only.
func (b *bench) build(ctx context.Context, name, pkg string, flags ...string) (string, error) {
	path := filepath.Join(b.dir, name)
	words := append([]string{"build", "-trimpath", "-o", path}, flags...)
	c := exec.CommandContext(ctx, "go", append(words, pkg)...)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", pkg, err, said)
	}
	return path, nil
}

// start measures what a person waits for before the program does anything:
// --help, in turn with a program that does nothing.
func start(ctx context.Context, b *bench) (figures.Table, error) {
	table := goals()
	full, err := b.build(ctx, "with-symbols", ".")
	if err != nil {
		return table, err
	}
	small, err := b.program(ctx)
	if err != nil {
		return table, err
	}
	nothing, err := exec.LookPath("true")
	if err != nil {
		return table, missing{"`true`", "it comes with every system"}
	}
	var ours, theirs []float64
	for range b.rounds * startsPerRound {
		for _, one := range []struct {
			took *[]float64
			cmd  *exec.Cmd
		}{{&theirs, exec.CommandContext(ctx, nothing)}, {&ours, exec.CommandContext(ctx, small, "--help")}} {
			began := time.Now()
			if err := one.cmd.Run(); err != nil {
				return table, fmt.Errorf("%s: %w", strings.Join(one.cmd.Args, " "), err)
			}
			*one.took = append(*one.took, milliseconds(time.Since(began)))
		}
	}
	table.Add("`--help`, from start to end", "20 ms", figures.Of(ours).Format("%.1f", " ms"))
	table.Add("`true`", "", figures.Of(theirs).Format("%.1f", " ms"))
	for _, p := range []struct{ label, path string }{{"size of the program", full}, {"the same without symbols", small}} {
		info, err := os.Stat(p.path)
		if err != nil {
			return table, err
		}
		table.Add(p.label, "", fmt.Sprintf("%.1f MB", float64(info.Size())/1e6))
	}
	return table, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// compare has a command of its own, for more than is compared here; what it
// prints depends on the parent commit and belongs on no page.
func compare(ctx context.Context, b *bench) (figures.Table, error) {
	if err := exec.CommandContext(ctx, "git", "rev-parse", "-q", "--verify", "HEAD^").Run(); err != nil {
		return figures.Table{}, missing{"a parent commit", "this is no clone, or a shallow one"}
	}
	rounds, often := "3", "30x"
	if b.quick {
		rounds, often = "1", "10x"
	}
	c := exec.CommandContext(ctx, "go", "run", "./bench/compare", "-rounds", rounds, "-benchtime", often)
	c.Stdout, c.Stderr = b.out, os.Stderr
	return figures.Table{}, c.Run()
}
