// Command latency tells what runs took besides nixos-rebuild itself: from the
// moment when the person asked to the first nixos-rebuild, and from the end of
// the last one to the end of the run. It reads events.jsonl of runs that are
// over, and runs nothing.
//
//	go run ./bench/latency ~/.local/state/nixfleet 10
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"nixfleet-tui/rollout"
)

func main() {
	if err := report(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "latency:", err)
		os.Exit(1)
	}
}

// overhead is what one run took besides nixos-rebuild.
type overhead struct{ before, after time.Duration }

func (o overhead) sum() time.Duration { return o.before + o.after }

// report prints the overheads of the newest runs, and their median.
func report(out io.Writer, args []string) error {
	const usage = "usage: latency STATEDIR RUNS"
	if len(args) != 2 {
		return errors.New(usage)
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 1 {
		return errors.New(usage)
	}
	store := rollout.Store{Dir: args[0]}
	views, err := store.List()
	if err != nil {
		return err
	}
	var all []overhead
	for _, v := range views[:min(n, len(views))] {
		events, err := eventsOf(v.Dir)
		if err != nil {
			return err
		}
		o, ok := measure(events)
		if !ok {
			fmt.Fprintf(out, "%s: started no nixos-rebuild, or is not over\n", v.Plan.ID)
			continue
		}
		fmt.Fprintf(out, "%s: %d ms before, %d ms after\n", v.Plan.ID, o.before.Milliseconds(), o.after.Milliseconds())
		all = append(all, o)
	}
	if len(all) == 0 {
		return fmt.Errorf("%s has no run to measure", args[0])
	}
	_, err = fmt.Fprintf(out, "median of %d runs: %d ms\n", len(all), median(all).Milliseconds())
	return err
}

func eventsOf(dir string) ([]rollout.Event, error) {
	r, err := rollout.NewReader(dir)
	if err != nil {
		return nil, err
	}
	var all []rollout.Event
	for {
		events, err := r.Next()
		if err != nil || len(events) == 0 {
			return all, err
		}
		all = append(all, events...)
	}
}

// measure finds the four moments in a run's events; false when one is missing.
func measure(events []rollout.Event) (overhead, bool) {
	var invoked, started, ended, over time.Time
	for _, e := range events {
		switch {
		case e.Event == rollout.EventStart && e.Invoked != nil:
			invoked = *e.Invoked
		case e.Event == rollout.EventTask && e.State == rollout.TaskStarted && started.IsZero():
			started = e.Time
		case e.Event == rollout.EventTask && e.State == rollout.TaskEnded:
			ended = e.Time
		case e.Event == rollout.EventEnd && over.IsZero(): // another one follows when an unknown end became known
			over = e.Time
		}
	}
	ok := !invoked.IsZero() && !started.IsZero() && !ended.IsZero() && !over.IsZero()
	return overhead{started.Sub(invoked), over.Sub(ended)}, ok
}

// median is that of the sums.
func median(all []overhead) time.Duration {
	sums := make([]time.Duration, len(all))
	for i, o := range all {
		sums[i] = o.sum()
	}
	slices.Sort(sums)
	return (sums[(len(sums)-1)/2] + sums[len(sums)/2]) / 2
}
