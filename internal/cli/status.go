package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
)

// statusOptions are those of `status`.
type statusOptions struct {
	*Program
	Source *sourceFlags

	On    string
	JSON  bool
	Watch bool
	Check bool
	Wait  time.Duration

	sudo map[string]fleet.SudoForecast // by host, where it was looked at
}

func newStatusCmd(p *Program, src *sourceFlags, run func(context.Context, *statusOptions) error) *cobra.Command {
	o := &statusOptions{Program: p, Source: src}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show every host and builder: reachable, what it runs, what it should run",
		Long: `Asks all hosts at the same time what they run and compares that with what the
flake wants of them. Nothing is changed anywhere, and no question is asked.

DRIFT is what a host runs beside what the flake wants of it (with a *: by an
earlier tree, the present one is not evaluated yet):
  in-sync       it runs that, and boots it
  behind        an older configuration
  ahead         a newer revision than the tree's
  diverged      a revision that is not in the tree's history
  boot-pending  another system was set for the next boot
  older-booted  an older entry was chosen when it booted
  testing       what it runs is gone after a reboot
  unknown       it was not read, or not evaluated

` + selHelp + `Exit code: 0 when it could
report; with --check 1 when a host or builder is ill; 2 wrong usage or
configuration.`,
		Example: `  nixfleet-tui status
  nixfleet-tui status --on 'web*'
  nixfleet-tui status --on drift:behind --json | jq -r '.hosts[].name'
  nixfleet-tui status --check          # exit code 1 when a host or builder is ill
  nixfleet-tui status --watch`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	f := cmd.Flags()
	p.onFlag(cmd, src, &o.On, "show only the hosts of `SEL`, such as web1,db1 or '@web,!web3' or is:reboot")
	f.BoolVar(&o.JSON, "json", false, "print one JSON document")
	f.BoolVar(&o.Watch, "watch", false, "go on, and show what changes")
	f.BoolVar(&o.Check, "check", false, "exit with 1 when a host or builder is ill")
	f.DurationVar(&o.Wait, "wait", defaultWait, "wait `TIME` in all for hosts that have never been evaluated")
	return cmd
}

func runStatus(ctx context.Context, o *statusOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	sel, err := o.selection()
	if err != nil {
		return err
	}
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return err
	}
	if err := l.someHost(); err != nil {
		return err
	}
	if _, err := o.hosts(l, sel); err != nil {
		return err // a host that is not there, before anybody is asked
	}
	if o.Watch {
		return o.watch(ctx, l, sel)
	}
	statuses, err := o.gather(ctx, l, sel)
	if err != nil {
		return err
	}
	report, err := o.report(ctx, l, sel, statuses)
	if err != nil {
		return err
	}
	if err := o.show(report); err != nil {
		return err
	}
	if o.Check && report.ill() {
		return exit(ExitFailed)
	}
	return nil
}

// selection is --on, or all hosts that are not hidden.
func (o *statusOptions) selection() (fleet.Selection, error) {
	if o.On == "" {
		return fleet.ParseFilter(""), nil
	}
	return fleet.ParseSelection(o.On)
}

// hosts are those to ask: the selected ones, or all where only asking them, or
// Nix, can tell.
func (o *statusOptions) hosts(l *loaded, sel fleet.Selection) ([]string, error) {
	pending, _ := o.unevaluated(l, l.inv.Names())
	if sel.NeedsStatus() || sel.NeedsFacts() && len(pending) > 0 {
		return l.inv.Names(), nil
	}
	return sel.Select(fleet.Subjects(fleet.Rows(l.inv, l.facts, nil, nil)))
}

// statusReport is what there is to show.
type statusReport struct {
	rows     []fleet.Row
	builders []fleet.BuilderHealth
	warnings []string
	nobody   string // said in the place of the rows when none is as was asked for
}

func (o *statusOptions) report(ctx context.Context, l *loaded, sel fleet.Selection, statuses map[string]fleet.Status) (statusReport, error) {
	rows := l.rows(ctx, statuses)
	r := statusReport{warnings: l.inv.Warnings}
	names, err := sel.Select(fleet.Subjects(rows))
	if errors.Is(err, fleet.ErrNoMatch) && (sel.NeedsStatus() || sel.NeedsFacts()) {
		r.nobody, err = err.Error(), nil // which is an answer: none is behind, none is down
	}
	if err != nil {
		return statusReport{}, err
	}
	selected := map[string]bool{}
	for _, name := range names {
		selected[name] = true
	}
	for _, b := range fleet.JudgeBuilders(l.inv, statuses) {
		if o.On == "" || !b.AsOf.IsZero() { // of a part of the fleet, those that were asked
			r.builders = append(r.builders, b)
		}
	}
	for _, row := range rows {
		row.Sudo = o.sudo[row.Host.Name]
		if selected[row.Host.Name] {
			r.rows = append(r.rows, row)
		}
	}
	return r, nil
}

// ill says whether a host or a builder needs somebody to look at it.
func (r statusReport) ill() bool {
	for _, row := range r.rows {
		down := row.Status.State != fleet.StateUp && !row.Host.Intermittent
		if down || row.Facts.State == fleet.FactsFailed || len(row.Status.Reading.FailedUnits) > 0 {
			return true
		}
	}
	for _, b := range r.builders {
		if b.Health == fleet.HealthIll || b.Health == fleet.HealthDown {
			return true
		}
	}
	return false
}

func (o *statusOptions) show(r statusReport) error {
	if o.JSON {
		return writeJSON(o.IO.Out, fleet.NewStatusDocument(r.rows, r.builders))
	}
	return o.print(r)
}
