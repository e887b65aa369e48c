package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"

	"nixfleet-tui/bench/figures"
	"nixfleet-tui/bench/loopback"
)

// connections has bench/ssh measure the client alone, and puts its ratios into
// a table. A goal that was missed is told and is no failure: it is a clock.
func connections(ctx context.Context, b *bench) (table figures.Table, err error) {
	table = goals()
	size := 200
	if b.quick {
		size = 8
	}
	dir, err := os.MkdirTemp(b.dir, "ssh-")
	if err != nil {
		return table, err
	}
	hosts, err := loopback.Start(ctx, dir, size, 0)
	if errors.Is(err, loopback.ErrMissing) {
		return table, missing{"an sshd", "install openssh-server"}
	}
	if err != nil {
		return table, err
	}
	defer func() { err = errors.Join(err, hosts.Close()) }()
	program, err := b.build(ctx, "ssh-bench", "./bench/ssh")
	if err != nil {
		return table, err
	}
	var said, complaints bytes.Buffer
	c := exec.CommandContext(ctx, program, append([]string{"peers", hosts.Config, hosts.Key, strconv.Itoa(b.rounds)}, hosts.Names...)...)
	c.Stdout, c.Stderr = &said, &complaints
	ran := c.Run()
	line := regexp.MustCompile(`^(.+?) +(\d+\.\d+ \(\d+\.\d+ to \d+\.\d+\))(?:, at most (\d+\.\d+): (kept|MISSED))?$`)
	for lines := bufio.NewScanner(&said); lines.Scan(); {
		if m := line.FindStringSubmatch(lines.Text()); m != nil {
			goal, seen := "", m[2]
			if m[3] != "" {
				goal = "≤ " + m[3]
			}
			if m[4] == "MISSED" {
				seen = "**" + seen + "**"
			}
			table.Add(m[1], goal, seen)
		}
	}
	if len(table.Rows) == 0 {
		return table, fmt.Errorf("nothing was measured: %w: %s", ran, tail(complaints.String()))
	}
	return table, nil
}
