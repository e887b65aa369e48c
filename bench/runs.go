package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"

	"nixfleet-tui/bench/figures"
)

// runs has bench/runs.sh deploy to the lab's hosts in turn with xargs. Our
// program leaves there what processor time its own processes take.
func runs(ctx context.Context, b *bench) (figures.Table, error) {
	table := figures.Table{Head: []string{"hosts", "ours", "`xargs -P nixos-rebuild`", "ours / xargs", "xargs / xargs before it", "our processor time", "of the run, goal < 2 %"}}
	controller := filepath.Join(labDir(), "ctl/root/tmp")
	if b.lab == "" {
		return table, missing{"the lab", "say where its scripts are with --lab, and start it with its `up`"}
	}
	if _, err := os.Stat(controller); err != nil {
		return table, missing{"the lab at " + labDir(), "start it with its `up 8`, and set LAB_DIR and LAB_NS as it was started with"}
	}
	program, err := b.build(ctx, "metered", "./bench/metered", "-ldflags=-s -w")
	if err != nil {
		return table, err
	}
	dir, err := os.MkdirTemp(controller, "bench-")
	if err != nil {
		return table, err
	}
	defer os.RemoveAll(dir)
	for _, path := range []string{program, "bench/runs.sh"} {
		if said, err := exec.CommandContext(ctx, "cp", path, dir).CombinedOutput(); err != nil {
			return table, fmt.Errorf("%w: %s", err, said)
		}
	}
	// h3 ends as degraded and h7 floods its log. Of the eight h4 and h5 do not
	// build and h6 does not evaluate, the same for both; h8 takes 20 s to activate.
	sizes := []string{"h1 h2", "h2 h7", "h1 h2 h3 h7", "h1 h2 h3 h4 h5 h6 h7 h8"}
	if b.quick {
		sizes = sizes[:1]
	}
	for _, hosts := range sizes {
		if err := b.deploy(ctx, &table, "/tmp/"+filepath.Base(dir), hosts); err != nil {
			return table, fmt.Errorf("%s: %w", hosts, err)
		}
	}
	return table, nil
}

func labDir() string {
	if dir := os.Getenv("LAB_DIR"); dir != "" {
		return dir
	}
	return "/var/lib/nixfleet-lab"
}

// deploy measures a run on these hosts.
func (b *bench) deploy(ctx context.Context, table *figures.Table, dir, hosts string) error {
	line := fmt.Sprintf("NIXFLEET=%[1]s/metered sh %[1]s/runs.sh %[2]d %[3]s", dir, b.rounds, hosts)
	c := exec.CommandContext(ctx, filepath.Join(b.lab, "sh"), line)
	c.Env = append(os.Environ(), "LAB_SRC=/nonexistent") // what it has mounted stays
	var said, complaints bytes.Buffer
	c.Stdout, c.Stderr = &said, &complaints
	if err := c.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, tail(complaints.String()+said.String()))
	}
	pairs, err := readPairs(said.String())
	if err != nil {
		return fmt.Errorf("%w: %s", err, tail(complaints.String()+said.String()))
	}
	fmt.Fprintf(b.out, "\n== runs: %s\n%s", hosts, &said)
	var share []float64
	for _, r := range figures.Ratios(pairs.processor, pairs.ours) {
		share = append(share, 100*r)
	}
	table.Add(hosts, seconds(pairs.ours), seconds(pairs.theirs), figures.Of(figures.Ratios(pairs.ours, pairs.theirs)).Format("%.3f", ""), figures.Of(figures.Neighbours(pairs.theirs)).Format("%.3f", ""),
		seconds(pairs.processor), figures.Of(share).Format("%.1f", " %"))
	return nil
}

// pairs are seconds of what was deployed in turn.
type pairs struct{ ours, theirs, processor []float64 }

// readPairs reads what bench/runs.sh prints. There must be a pair.
func readPairs(said string) (p pairs, err error) {
	pair := regexp.MustCompile(`(?m)^ours (\d+) ms, xargs (\d+) ms, ratio [\d.]+, processor (\d+) ms, `)
	for _, m := range pair.FindAllStringSubmatch(said, -1) {
		for i, to := range []*[]float64{&p.ours, &p.theirs, &p.processor} {
			ms, err := strconv.ParseFloat(m[i+1], 64)
			if err != nil {
				return p, err
			}
			*to = append(*to, ms/1e3)
		}
	}
	if len(p.ours) == 0 {
		return p, errors.New("no pair was measured")
	}
	return p, nil
}
