package cli

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// pastCommands show what hosts have been and what sets them apart.
func pastCommands(p *Program, src *sourceFlags) []*cobra.Command {
	return []*cobra.Command{newGenerationsCmd(p, src, runGenerations), newDiffCmd(p, src, runDiff), newExecCmd(p, src, runExec), newRollbackCmd(p, src, runOwn), newRebootCmd(p, src, runOwn),
		newCollectCmd(p, src, runOwn), newPinCmd(p, src, false, runPin), newPinCmd(p, src, true, runPin)}
}

// past is what is known of the systems that hosts were, are and should be. Each
// host is asked once.
type past struct {
	*Program
	loaded *loaded
	client func(ctx context.Context, host string) (sshutil.Runner, error)
	noEval bool
	asked  map[string]fleet.Generations
}

// openPast prepares to ask hosts of an inventory; the function ends the connections.
func (o *diffOptions) openPast(ctx context.Context, l *loaded) (*past, func() error, error) {
	pool, done, err := o.pool(ctx, l)
	if err != nil {
		return nil, nil, err
	}
	client := func(ctx context.Context, host string) (sshutil.Runner, error) { return pool.Client(ctx, host) }
	return &past{Program: o.Program, loaded: l, client: client, noEval: o.Source.NoEval, asked: map[string]fleet.Generations{}}, done, nil
}

// generations are a host's, asked once.
func (h *past) generations(ctx context.Context, host string) (fleet.Generations, error) {
	if g, ok := h.asked[host]; ok {
		return g, nil
	}
	client, err := h.client(ctx, host)
	if err != nil {
		return fleet.Generations{}, onHost(host, err)
	}
	g, err := fleet.ReadGenerations(ctx, client, h.Env.Now)
	if err != nil {
		return fleet.Generations{}, onHost(host, err)
	}
	h.asked[host] = g
	return g, nil
}

// wanted is the system that the flake wants of a host, evaluated if need be.
func (h *past) wanted(ctx context.Context, host string) (string, error) {
	f := h.loaded.facts[host]
	if !h.noEval && f.State != fleet.FactsFresh && f.State != fleet.FactsFailed {
		fleet.Evaluate(ctx, h.loaded.low, h.loaded.inv, h.loaded.cache, []string{host}, func(_ string, now fleet.Facts) { f = now })
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
	switch {
	case f.Wanted != "":
		return f.Wanted, nil
	case f.EvalError != "":
		return "", onHost(host, &fleet.Error{Message: "it does not evaluate: " + f.EvalError, Hint: "Mend its configuration; or compare generations, such as `diff " + host + " booted`."})
	}
	return "", onHost(host, &fleet.Error{Message: "it is not known what the flake wants of it", Hint: "Leave out --no-eval; the flake must have a nixosConfigurations entry for it."})
}

// closures finds the closures of two systems: on their own hosts, on each
// other's, or on this machine, where a wanted one may have been built.
func (h *past) closures(ctx context.Context, from, to side) (before, after nixcmd.Closure, err error) {
	var failed error
	for _, host := range slices.Compact([]string{from.host, to.host, ""}) {
		if before != nil && after != nil {
			break
		}
		found, err := h.closuresOn(ctx, host, from.path, to.path)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		if before == nil {
			before = found.Of(from.path)
		}
		if after == nil {
			after = found.Of(to.path)
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case failed != nil && (before == nil || after == nil):
		return nil, nil, failed
	case before == nil:
		return nil, nil, notThere(from)
	case after == nil:
		return nil, nil, notThere(to)
	}
	return before, after, nil
}

// notThere says that a system is in no store that was looked into.
func notThere(s side) error {
	f := &fleet.Error{Message: "its " + s.what + " system is in no store here or there: " + s.path, Hint: "A garbage collection may have taken it."}
	if s.what == pointWanted {
		f = &fleet.Error{Message: "what the flake wants of it was not built yet, so its packages are not known", Hint: "Build it first: `nixfleet-tui build --on " + s.host + "`."}
	}
	return onHost(s.host, f)
}

// closuresOn asks one machine; "" is this one, which may have no store.
func (h *past) closuresOn(ctx context.Context, host string, paths ...string) (*fleet.Closures, error) {
	if host == "" {
		here := h.World.Here()
		if here == nil || h.World.Tools().nixStore == "" {
			return &fleet.Closures{}, nil
		}
		return fleet.ReadClosures(ctx, here, paths)
	}
	client, err := h.client(ctx, host)
	if err == nil {
		var c *fleet.Closures
		if c, err = fleet.ReadClosures(ctx, client, paths); err == nil {
			return c, nil
		}
	}
	return nil, onHost(host, err)
}

// pasts reads the generations of several hosts at the same time, and why those
// of others could not be read. also, if not nil, asks each for more.
func (p *Program) pasts(ctx context.Context, l *loaded, hosts []string, also func(context.Context, string, sshutil.Runner, fleet.Generations) error) (read map[string]fleet.Generations, failed map[string]error, err error) {
	pool, done, err := p.pool(ctx, l)
	if err != nil {
		return nil, nil, err
	}
	var (
		mu      sync.Mutex
		reading sync.WaitGroup
		places  = make(chan struct{}, looksAtOnce)
	)
	read, failed = map[string]fleet.Generations{}, map[string]error{}
	for _, host := range hosts {
		reading.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			client, err := pool.Client(ctx, host)
			var g fleet.Generations
			if err == nil {
				g, err = fleet.ReadGenerations(ctx, client, p.Env.Now)
			}
			if err == nil && also != nil {
				err = also(ctx, host, client, g)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed[host] = err
			} else {
				read[host] = g
			}
		})
	}
	reading.Wait()
	return read, failed, errors.Join(ctx.Err(), done())
}
