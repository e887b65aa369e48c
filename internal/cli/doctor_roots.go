package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// removeRoots lets go of what runs keep from garbage collection for some hosts,
// wherever it was built.
func (o *doctorOptions) removeRoots(ctx context.Context) error {
	store, err := openStore(o.World)
	if err != nil {
		return err
	}
	roots, err := store.Roots()
	if err != nil {
		return err
	}
	for _, host := range o.RemoveRoots {
		if !slices.ContainsFunc(roots, func(r rollout.Root) bool { return r.Host == host }) {
			return usage("`"+o.World.Self()+" doctor` lists what is kept.", "nothing is kept for a host called %q", host)
		}
	}
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return err
	}
	pool, done, err := o.pool(ctx, l)
	if err != nil {
		return err
	}
	var failures []error
	for _, r := range roots {
		if !slices.Contains(o.RemoveRoots, r.Host) {
			continue
		}
		if err := store.RemoveRoot(ctx, r, &poolConnector{pool}); err != nil {
			failures = append(failures, err)
			continue
		}
		fmt.Fprintf(o.IO.Out, "%s: %s on %s is no longer kept\n", text.Line(r.Host), text.Line(r.Path), text.Line(r.Where))
	}
	return errors.Join(append(failures, done())...)
}
