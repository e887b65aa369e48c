package cli

import (
	"context"
	"maps"
	"sync"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// counting is a world that counts what Nix is asked, and whose tree can change.
type counting struct {
	World
	mu          sync.Mutex
	fingerprint string
	evaluated   map[string]int // hosts, and "names"
}

func (w *counting) Nix(low bool) (fleet.Evaluator, error) {
	nix, err := w.World.Nix(low)
	return &countingNix{nix, w}, err
}

func (w *counting) count(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.evaluated[what]++
}

// taken is what was counted since it was last taken.
func (w *counting) taken() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.evaluated
	w.evaluated = map[string]int{}
	return all
}

type countingNix struct {
	fleet.Evaluator
	world *counting
}

func (n *countingNix) Metadata(ctx context.Context, ref string) (nixcmd.FlakeMetadata, error) {
	m, err := n.Evaluator.Metadata(ctx, ref)
	m.Fingerprint += n.world.fingerprint
	return m, err
}

func (n *countingNix) HostNames(ctx context.Context, ref string) ([]string, error) {
	n.world.count("names")
	return n.Evaluator.HostNames(ctx, ref)
}

func (n *countingNix) Facts(ctx context.Context, ref, host string) (nixcmd.HostFacts, error) {
	n.world.count(host)
	return n.Evaluator.Facts(ctx, ref, host)
}

// What one command has evaluated, no other one evaluates as long as the tree has
// the same fingerprint: neither status nor diff, nor the plan of a run, of which
// nixos-rebuild alone evaluates anything.
func TestCommandsEvaluateNothingTwice(t *testing.T) {
	b := demoBench(t)
	w := &counting{evaluated: map[string]int{}}
	for _, step := range []struct {
		tree string
		code int
		args []string
		want map[string]int
	}{
		{"", ExitUsage, []string{"switch", "--on", "kelyus,tsingy", "--yes"}, map[string]int{"names": 1}}, // refused: kelyus is ill
		{"", ExitOK, []string{"diff", "boraha"}, map[string]int{"boraha": 1}},
		{"", ExitOK, []string{"diff", "boraha"}, nil},
		{"", ExitOK, []string{"status", "--on", "boraha,tsingy"}, map[string]int{"tsingy": 1}},
		{"", ExitOK, []string{"status", "--on", "boraha,tsingy", "--json"}, nil},
		{"changed", ExitOK, []string{"status", "--on", "boraha,tsingy"}, map[string]int{"names": 1, "boraha": 1, "tsingy": 1}},
		{"changed", ExitOK, []string{"diff", "boraha"}, nil},
	} {
		b.out.Reset()
		b.err.Reset()
		p := b.program()
		w.World, w.fingerprint = p.Demo, step.tree
		p.World, p.Demo = w, p.World
		if code := Main(p, step.args); code != step.code {
			t.Errorf("%v: exit code %d\n%s%s", step.args, code, &b.out, &b.err)
		}
		if got := w.taken(); !maps.Equal(got, step.want) {
			t.Errorf("%v of the tree %q evaluated %v, not %v", step.args, step.tree, got, step.want)
		}
	}
}
