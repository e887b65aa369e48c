package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"nixfleet-tui/bench/figures"
)

// runs has bench/runs.sh deploy to the lab's hosts in turn with xargs.
func runs(ctx context.Context, b *bench) (figures.Table, error) {
	table := figures.Table{Head: []string{"hosts", "ours", "`xargs -P nixos-rebuild`", "ours / xargs"}}
	controller := filepath.Join(labDir(), "ctl/root/tmp")
	if b.lab == "" {
		return table, missing{"the lab", "say where its scripts are with --lab, and start it with its `up`"}
	}
	if _, err := os.Stat(controller); err != nil {
		return table, missing{"the lab", "start it with its `up`"}
	}
	program, err := b.program(ctx)
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
	// h3 ends as degraded and h7 floods its log; the others of the lab fail, which
	// is no work to compare.
	sizes := [][]string{{"h1", "h2"}, {"h1", "h2", "h3", "h7"}}
	if b.quick {
		sizes = sizes[:1]
	}
	for _, hosts := range sizes {
		if err := b.deploy(ctx, &table, "/tmp/"+filepath.Base(dir), hosts); err != nil {
			return table, fmt.Errorf("%s: %w", strings.Join(hosts, " "), err)
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
func (b *bench) deploy(ctx context.Context, table *figures.Table, dir string, hosts []string) error {
	line := fmt.Sprintf("NIXFLEET=%[1]s/nixfleet-tui sh %[1]s/runs.sh %[2]d %[3]s", dir, b.rounds, strings.Join(hosts, " "))
	c := exec.CommandContext(ctx, filepath.Join(b.lab, "sh"), line)
	c.Env = append(os.Environ(), "LAB_SRC=/nonexistent") // what it has mounted stays
	var said, complaints bytes.Buffer
	c.Stdout, c.Stderr = &said, &complaints
	if err := c.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, tail(complaints.String()+said.String()))
	}
	pair := regexp.MustCompile(`^ours (\d+) ms, xargs (\d+) ms, `)
	var ours, theirs []float64
	for lines := bufio.NewScanner(&said); lines.Scan(); {
		if m := pair.FindStringSubmatch(lines.Text()); m != nil {
			a, errA := strconv.ParseFloat(m[1], 64)
			b, errB := strconv.ParseFloat(m[2], 64)
			if err := errors.Join(errA, errB); err != nil {
				return err
			}
			ours, theirs = append(ours, a/1e3), append(theirs, b/1e3)
		}
	}
	if len(ours) == 0 {
		return fmt.Errorf("no pair was measured: %s", tail(complaints.String()))
	}
	table.Add(strings.Join(hosts, " "), seconds(ours), seconds(theirs), ratio(ours, theirs))
	return nil
}
