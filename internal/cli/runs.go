package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// newRunsCmd is `runs` and what it has below it.
func newRunsCmd(p *Program) *cobra.Command {
	list := &runsOptions{Program: p}
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List what was deployed, and how it went",
		Long: `Lists all runs, newest first. A run that lost its supervisor (a crash, a
reboot) is taken up again first, so that what is listed is true.

ID may be shortened to its beginning or its last four letters; "last" is the newest.`,
		Example: `  nixfleet-tui runs
  nixfleet-tui runs show last          # the summary again
  nixfleet-tui runs show last web1     # the whole log of one host
  nixfleet-tui runs attach 3f2a        # watch a run that goes on`,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRuns(cmd.Context(), list) },
	}
	cmd.Flags().BoolVar(&list.JSON, "json", false, "print one JSON document")
	cmd.AddCommand(newRunsShowCmd(p), newRunsAttachCmd(p), newRunsCancelCmd(p), newRunsPruneCmd(p))
	return cmd
}

type runsOptions struct {
	*Program
	JSON bool
}

// settle opens the store, lets lost runs be adopted, and waits for as long as
// they visibly come to their conclusion.
func (p *Program) settle(ctx context.Context) (*rollout.Store, error) {
	store, err := openStore(p.World)
	if err != nil {
		return nil, err
	}
	adopted, err := store.Adopt(ctx, p.World.Launcher())
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		// One run that cannot be taken up hides no other.
		fmt.Fprintf(p.IO.Err, "warning: %s\n", text.Line(err.Error()))
	}
	var readers []*rollout.Reader
	for _, dir := range adopted {
		r, err := rollout.NewReader(dir)
		if err != nil {
			return nil, err
		}
		readers = append(readers, r)
	}
	return store, p.awaitSettled(ctx, readers)
}

// awaitSettled waits until the runs have ended, and it is known how, or they
// have said nothing for a while.
func (p *Program) awaitSettled(ctx context.Context, readers []*rollout.Reader) error {
	begun := p.Env.Now()
	heard := begun
	tick := time.NewTicker(followPoll)
	defer tick.Stop()
	for {
		open := false
		for _, r := range readers {
			events, err := r.Next()
			if err != nil {
				return err
			}
			if len(events) > 0 {
				heard = p.Env.Now()
			}
			v := r.View()
			open = open || !v.Over() || v.Unknown()
		}
		now := p.Env.Now()
		if !open || now.Sub(heard) > settleQuiet || now.Sub(begun) > settleMost {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func runRuns(ctx context.Context, o *runsOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	store, err := o.settle(ctx)
	if err != nil {
		return err
	}
	views, err := store.List()
	if err != nil {
		return err
	}
	if o.JSON {
		return writeJSON(o.IO.Out, runsDocument(views))
	}
	return writeRuns(o.Program, views)
}

func writeRuns(p *Program, views []rollout.View) error {
	if len(views) == 0 {
		report(p.IO, &Failure{Message: "there are no runs yet", Hint: "`" + p.World.Self() + " switch --on HOST` makes one"})
		return nil
	}
	t := &table{columns: []column{
		{title: "RUN", keep: 9}, {title: "STATE", keep: 8}, {title: "STARTED", keep: 4}, {title: "TIME", keep: 3, right: true},
		{title: "WHO", keep: 2}, {title: "REVISION", keep: 1},
		{title: "HOSTS", keep: 6, flex: true}, {title: "RESULT", keep: 7, flex: true},
	}}
	for _, v := range views {
		t.add(runRow(p.IO, v, p.Env.Now())...)
	}
	return t.write(p.IO.Out, p.IO)
}

func runRow(s *IO, v rollout.View, now time.Time) []cell {
	id := cell{words: v.Plan.ID}
	if v.Unreadable() {
		return []cell{id, mark{"✗", "x", "broken", bad}.cell(s), {}, {}, {}, {}, {}, {words: v.Broken}}
	}
	var hosts []string
	for _, t := range v.Tasks {
		hosts = append(hosts, t.Host)
	}
	end := v.Ended
	if !v.Over() {
		end = now
	}
	_, result, _ := strings.Cut(runWords(v), ": ")
	result, _, _ = strings.Cut(result, " in ")
	if asking := v.Asking(); len(asking) > 0 {
		result += "; waits for an answer about " + strings.Join(asking, ", ") + " (runs attach)"
	}
	if v.Broken != "" {
		result += "; " + v.Broken
	}
	return []cell{id, runMark(v).cell(s), {words: v.Plan.Created.Local().Format("2006-01-02 15:04:05")},
		{words: clock(end.Sub(v.Plan.Invoked))}, {words: whoOf(v.Plan)}, {words: revisionOf(v.Plan.Flake), ink: faint}, {words: strings.Join(hosts, ",")}, {words: result}}
}

// whoOf is whose run it is, and from which machine.
func whoOf(p rollout.Plan) string {
	if p.On == "" {
		return p.User
	}
	return p.User + "@" + p.On
}

// revisionOf is the deployed revision as git shortens it, with a + for what was
// not committed.
func revisionOf(f rollout.Flake) string {
	words := shortRevision(f.Revision)
	if f.Dirty {
		words += "+"
	}
	return words
}

// runMark is the state of a whole run.
func runMark(v rollout.View) mark {
	switch {
	case v.Over():
		return mark{"●", "*", "ended", exitInk(v.ExitCode)}
	case v.Alive:
		return mark{"◐", "*", "running", busy}
	}
	return mark{"?", "?", "lost", warn}
}

func exitInk(code int) ink {
	switch code {
	case ExitOK:
		return good
	case ExitFailed:
		return bad
	}
	return warn
}

// findRun settles what is lost and finds the run that is meant.
func (p *Program) findRun(ctx context.Context, id string) (*rollout.Store, string, error) {
	store, err := p.settle(ctx)
	if err != nil {
		return nil, "", err
	}
	dir, err := store.Find(id)
	if errors.Is(err, rollout.ErrNoRun) {
		return nil, "", &Failure{Message: err.Error(), Hint: "`" + p.World.Self() + " runs` lists them", Err: err}
	}
	return store, dir, err
}

// open finds the run that is meant and takes all events that it has now, which
// show is given. The run must have the hosts that are named.
func (o *runOptions) open(ctx context.Context, show func([]rollout.Event, rollout.View) error) (*rollout.Reader, error) {
	_, dir, err := o.findRun(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	r, err := rollout.NewReader(dir)
	if err == nil {
		err = readToEnd(r, show)
	}
	if err != nil {
		return nil, err
	}
	return r, checkHosts(r.View(), o.Hosts)
}

// readToEnd takes all events that a run has now, which show is given.
func readToEnd(r *rollout.Reader, show func([]rollout.Event, rollout.View) error) error {
	for {
		events, err := r.Next()
		if err != nil || len(events) == 0 {
			return err
		}
		if err := show(events, r.View()); err != nil {
			return err
		}
	}
}

// unseen shows nobody what is read.
func unseen([]rollout.Event, rollout.View) error { return nil }

// readRun is a run as its directory stands now.
func readRun(dir string) (rollout.View, error) {
	r, err := rollout.NewReader(dir)
	if err != nil {
		return rollout.View{}, err
	}
	err = readToEnd(r, unseen)
	return r.View(), err
}

// checkHosts refuses hosts that a run does not have.
func checkHosts(v rollout.View, hosts []string) error {
	var have []string
	for _, t := range v.Tasks {
		have = append(have, t.Host)
	}
	for _, h := range hosts {
		if !slices.Contains(have, h) {
			return usage("It has: "+strings.Join(have, ", ")+".", "the run %s has no host %q", v.Plan.ID, h)
		}
	}
	return nil
}
