package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"nixfleet-tui/bench/figures"
	"nixfleet-tui/bench/loopback"
)

// fleetSize is how many hosts are read, and how many of a hundred are broken.
type fleetSize struct{ hosts, broken int }

func (f fleetSize) String() string { return fmt.Sprintf("%d hosts, %d %% broken", f.hosts, f.broken) }

// status reads hosts in every way, in turn, and tells how long each takes and
// how ours stands to the others. Ours cold is the command as a person types it;
// warm is the same connections asked again, as the dashboard does.
func status(ctx context.Context, b *bench) (figures.Table, error) {
	sizes := []fleetSize{{200, 0}, {200, 10}, {200, 30}, {1000, 0}, {1000, 10}, {1000, 30}}
	if b.quick {
		sizes = []fleetSize{{12, 25}}
	}
	present, err := b.present()
	if err != nil {
		return figures.Table{}, err
	}
	table := figures.Table{Head: []string{"", "ours, cold", "ours, warm"}}
	for _, p := range present {
		table.Head = append(table.Head, p.name, "cold / "+p.name)
	}
	table.Head = append(table.Head, "warm / OpenSSH")
	for _, size := range sizes {
		cells, err := b.readAll(ctx, size, present)
		if err != nil {
			return table, fmt.Errorf("%s: %w", size, err)
		}
		table.Add(append([]string{size.String()}, cells...)...)
	}
	return table, nil
}

// present are the readers that are here; who is not is named.
func (b *bench) present() (here []reader, err error) {
	for _, p := range readers() {
		program := strings.ToLower(p.name)
		if p.name == "OpenSSH" {
			program = "ssh"
		}
		if _, err := exec.LookPath(program); err != nil {
			fmt.Fprintf(b.out, "\n== status: without %s, which is not here: install %s\n", p.name, p.pkg)
			continue
		}
		here = append(here, p)
	}
	if len(here) == 0 || here[0].name != "OpenSSH" {
		return nil, missing{"ssh", "install openssh-client"}
	}
	return here, nil
}

// readAll measures one size, everybody in turn, and returns the cells of its row.
func (b *bench) readAll(ctx context.Context, size fleetSize, present []reader) (cells []string, err error) {
	const large = 500 // hosts, of which one round is enough to wait for
	rounds := b.rounds
	if size.hosts > large {
		rounds = 1
	}
	dir, err := os.MkdirTemp(b.dir, "status-")
	if err != nil {
		return nil, err
	}
	hosts, err := loopback.Start(ctx, dir, size.hosts, size.hosts*size.broken/100)
	if errors.Is(err, loopback.ErrMissing) {
		return nil, missing{"an sshd", "install openssh-server"}
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, hosts.Close()) }()
	r, err := newReading(dir, hosts)
	if err != nil {
		return nil, err
	}
	us, err := b.ourselves(ctx, r)
	if err != nil {
		return nil, err
	}
	var cold, warm []float64
	theirs := make([][]float64, len(present))
	for round := range rounds {
		fmt.Fprintf(b.out, "== status: %s:", size)
		c, err := again(us.cold(ctx))
		if err != nil {
			return nil, err
		}
		w, err := us.warm(ctx)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(b.out, " ours %.2f s and %.2f s", c, w)
		cold, warm = append(cold, c), append(warm, w)
		for i, p := range present {
			// All of them start ssh for each host: with very many, OpenSSH stands for the others.
			if p.slow && round > 0 || i > 0 && size.hosts > large {
				continue
			}
			took, err := again(func() (float64, error) { return p.time(ctx, r) })
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(b.out, ", %s %.2f s", p.name, took)
			theirs[i] = append(theirs[i], took)
		}
		fmt.Fprintln(b.out)
	}
	cells = []string{seconds(cold), seconds(warm)}
	for i := range present {
		cells = append(cells, seconds(theirs[i]), ratio(cold, theirs[i]))
	}
	return append(cells, ratio(warm, theirs[0])), nil
}

func seconds(values []float64) string {
	if len(values) == 0 {
		return "–"
	}
	return figures.Of(values).Format("%.2f", " s")
}

func ratio(ours, theirs []float64) string {
	if len(theirs) == 0 {
		return "–"
	}
	return figures.Of(figures.Ratios(ours, theirs)).Format("%.2f", "")
}

// ourselves is our program, and the same connections without it.
type ourselves struct {
	*reading
	program, pool string
	env           []string
}

// ourselves makes ready, and reads once: what `ssh -G` says of a host is asked
// for once only as long as the configuration stays, so it lies on disk.
func (b *bench) ourselves(ctx context.Context, r *reading) (*ourselves, error) {
	program, err := b.program(ctx)
	if err != nil {
		return nil, err
	}
	pool, err := b.build(ctx, "ssh-bench", "./bench/ssh")
	if err != nil {
		return nil, err
	}
	var nix strings.Builder
	nix.WriteString("{ hosts = {\n")
	for _, name := range r.hosts.Names {
		fmt.Fprintf(&nix, "  %q = { };\n", name)
	}
	nix.WriteString("}; }\n")
	us := &ourselves{reading: r, program: program, pool: pool}
	// Not HOME: where that is not the user's own, what `ssh -G` says is not kept.
	for _, home := range []string{"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"} {
		us.env = append(us.env, home+"="+r.dir)
	}
	us.env = append(append(os.Environ(), us.env...), "NIX_SSHOPTS=-F "+r.hosts.Config)
	if err := os.WriteFile(us.inventory(), []byte(nix.String()), 0o600); err != nil {
		return nil, err
	}
	if _, err := exec.LookPath("nix-instantiate"); err != nil {
		return nil, missing{"nix", "install nix-bin"}
	}
	_, err = again(us.cold(ctx))
	return us, err
}

func (us *ourselves) inventory() string { return filepath.Join(us.dir, "fleet.nix") }

// cold runs the command, as a person types it.
func (us *ourselves) cold(ctx context.Context) func() (float64, error) {
	return func() (float64, error) {
		c := exec.CommandContext(ctx, us.program, "status", "--json")
		c.Dir, c.Env = us.dir, us.env // where no flake is
		return timed(c, `"state": "up"`, len(us.hosts.Names)-us.hosts.Broken)
	}
}

// warm reads twice over connections that stay, and returns how long the second time took.
func (us *ourselves) warm(ctx context.Context) (seconds float64, err error) {
	c := exec.CommandContext(ctx, us.pool, append([]string{"some", us.hosts.Config, us.hosts.Key}, us.hosts.Names...)...)
	c.Stderr = os.Stderr
	said, err := c.Output()
	if err != nil {
		return 0, fmt.Errorf("reading twice: %w", err)
	}
	var phases []struct {
		Phase string
		Wall  time.Duration
	}
	if err := json.Unmarshal(said, &phases); err != nil {
		return 0, err
	}
	for _, p := range phases {
		if p.Phase == "warm" {
			seconds = p.Wall.Seconds()
		}
	}
	return seconds, nil
}
