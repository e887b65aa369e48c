package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// awaitAnswers prints what the supervisor answers for each host. Exit code 1
// says that not all of them are being cancelled.
func (o *runOptions) awaitAnswers(ctx context.Context, r *rollout.Reader, before rollout.View) error {
	waiting := map[string]bool{}
	for _, t := range before.Tasks {
		if t.Verdict == nil && (len(o.Hosts) == 0 || slices.Contains(o.Hosts, t.Host)) {
			waiting[t.Host] = true
		}
	}
	refused := false
	ctx, cancel := context.WithTimeout(ctx, cancelWait)
	defer cancel()
	tick := time.NewTicker(followPoll)
	defer tick.Stop()
	for len(waiting) > 0 {
		events, err := r.Next()
		if err != nil {
			return err
		}
		for _, e := range events {
			switch {
			case e.Event == rollout.EventCancel && waiting[e.Host]:
				accepted := e.Accepted == nil || *e.Accepted
				refused = refused || !accepted
				fmt.Fprintln(o.IO.Out, cancelWords(e, accepted))
				delete(waiting, e.Host)
			case e.Event == rollout.EventVerdict:
				delete(waiting, e.Host)
			}
		}
		v := r.View()
		if v.Over() {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return &Failure{Message: "the run has not answered yet", Hint: "`" + o.World.Self() + " runs attach " + v.Plan.ID + "` shows what it does", Code: ExitFailed}
		}
	}
	if refused {
		return exit(ExitFailed)
	}
	return nil
}

func cancelWords(e rollout.Event, accepted bool) string {
	words := text.Line(e.Host) + ": "
	if accepted {
		words += "being cancelled"
	} else {
		words += "not cancelled"
	}
	if e.Reason != "" {
		words += ": " + text.Line(e.Reason)
	}
	return words
}
