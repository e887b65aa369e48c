package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// actionOptions are all that an action needs.
type actionOptions struct {
	*Program
	Source *sourceFlags

	Action          nixcmd.Action
	On              string
	Yes             bool
	Plain           bool
	JSON            bool
	Parallel        int
	BuildOn         string
	Alone           bool
	SkipUnreachable bool
	Thaw            bool
	FollowTree      bool
	Insist          bool
	Wait            bool
	Notify          bool
	PasswordPer     string   // who shares a password of sudo: rollout.PerRun, PerHost or PerTag
	Args            []string // for nixos-rebuild, unchanged

	careOptions

	board *backend      // the dashboard asks, which has the terminal to itself; nil otherwise
	lent  *links        // connections that it has open already, or nil
	again *rollout.Plan // a run that is done again: each host is built where it was then
}

var actionHelp = map[nixcmd.Action][2]string{
	nixcmd.Switch:      {"Build and activate, now and at the next boot", "switch --on 'web*,!web3'"},
	nixcmd.Boot:        {"Build, and activate at the next boot only", "boot --on @desktop"},
	nixcmd.Test:        {"Build and activate until the next boot", "test --on web1"},
	nixcmd.Build:       {"Build only", "build --on '*' --build-on local"},
	nixcmd.DryBuild:    {"Show what would be built", "dry-build --on web1"},
	nixcmd.DryActivate: {"Build, and show what activation would restart", "dry-activate --on web1,db1"},
}

func newActionCmd(p *Program, src *sourceFlags, action nixcmd.Action, run func(context.Context, *actionOptions) error) *cobra.Command {
	o := &actionOptions{Program: p, Source: src, Action: action}
	help := actionHelp[action]
	cmd := &cobra.Command{
		Use:   string(action) + " --on SEL [-- NIXOS-REBUILD ARGS]",
		Short: help[0],
		Long: help[0] + `, on all selected hosts at once,
with one nixos-rebuild for each.
The run goes on by itself if this command ends; it is kept with all its logs.
Everything that can be checked is checked before: what would fail for sure is
refused, and nothing is started then. A host at which another run is, or somebody
else's activation, is refused too; with --wait-for-others it waits for its turn.

` + selHelp + runExitHelp,
		Example: fmt.Sprintf(`  nixfleet-tui %s
  nixfleet-tui %[2]s --on web1 --yes --plain        # no question, plain lines
  nixfleet-tui %[2]s --on @db --build-on local      # build here, copy there
  nixfleet-tui %[2]s --on @web --canary 1 --wave 3  # one, then three at a time
  nixfleet-tui %[2]s --on web1 -- --show-trace      # arguments for nixos-rebuild`, help[1], action) + carefully(action),
		RunE: func(cmd *cobra.Command, args []string) error {
			dash := cmd.ArgsLenAtDash()
			if len(args) > 0 && dash != 0 {
				return usage(fmt.Sprintf("Name hosts with `--on %s`; arguments for nixos-rebuild follow `--`.", args[0]),
					"`%s` takes no arguments before `--`, and was given %q", called(cmd), args[0])
			}
			o.Args = args
			return run(cmd.Context(), o)
		},
	}
	o.registerRun(cmd)
	f := cmd.Flags()
	f.StringVar(&o.BuildOn, "build-on", "", "where to build: target, local, or the `NAME` of a host or builder (default: fleet.nix's buildOn, else target)")
	f.BoolVar(&o.Alone, "without-builders", false, "what is built here is sent to none of the builders that this machine's Nix knows")
	f.BoolVar(&o.Insist, "insist", false, "also do what would fail for sure, or must be confirmed by name")
	o.careOptions.register(f, action)
	if action.Activates() || action.MovesProfile() {
		f.BoolVar(&o.Diff, "diff", false, "build first, show per host which packages change and what will restart, then activate just that")
	}
	f.BoolVar(&o.FollowTree, "follow-tree", false, "go on when the dirty tree changes while the run lasts")
	return cmd
}

// registerRun gives a command the flags of everything that makes a run.
func (o *actionOptions) registerRun(cmd *cobra.Command) {
	f := cmd.Flags()
	o.onFlag(cmd, o.Source, &o.On, "act on the hosts of `SEL`, such as web1,db1 or '@web,!web3' or '*'")
	f.BoolVarP(&o.Yes, "yes", "y", false, "do not ask")
	f.BoolVar(&o.Plain, "plain", false, "print [host] line for every line, nothing in place")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object for each event")
	f.IntVar(&o.Parallel, "parallel", rollout.UsualParallel, "`N` hosts at a time; with 2 and more, those that took longest the last time come first")
	f.BoolVar(&o.SkipUnreachable, "skip-unreachable", false, "leave out hosts that are down, or whose only builders are, instead of failing them; not those that show another host key or do not let us in")
	f.BoolVar(&o.Thaw, "thaw", false, "also act on hosts that fleet.nix calls frozen")
	f.BoolVar(&o.Notify, "notify", false, "ring the terminal and send a notification when the run ends")
	f.BoolVar(&o.Wait, "wait-for-others", false, "where another run is at a host, or somebody activates a system on it, wait for its turn")
	f.StringVar(&o.PasswordPer, "password-per", rollout.PerRun, "where sudo wants a password, ask for one per `WHAT`: run, host or (first) tag")
}

// checkRun refuses, of the flags of everything that makes a run, what can be
// refused before anything is asked of anybody.
func (o *actionOptions) checkRun(name string) (fleet.Selection, error) {
	var none fleet.Selection
	switch {
	case o.On == "":
		return none, usage("Name them, for example `--on web1,db1`, `--on @web`, or `--on '*'` for all.", "`%s` needs to be told which hosts: --on is missing", name)
	case !o.Yes && (o.JSON || !o.IO.CanAsk()):
		return none, usage("Add --yes to go ahead without a question.", "there is no terminal to ask for confirmation on")
	case o.Plain && o.JSON:
		return none, usage("Choose one of them.", "--plain and --json exclude each other")
	case !slices.Contains([]string{rollout.PerRun, rollout.PerHost, rollout.PerTag}, o.PasswordPer):
		return none, usage("Choose run, host or tag.", "--password-per %s makes no sense", o.PasswordPer)
	case o.Parallel < 1:
		return none, usage("Give the number of hosts at a time, such as --parallel 4.", "--parallel %d makes no sense", o.Parallel)
	}
	if err := o.careOptions.check(); err != nil {
		return none, err
	}
	return fleet.ParseSelection(o.On)
}

// runAction plans a run, asks, starts it and follows it to its end.
func runAction(ctx context.Context, o *actionOptions) (err error) {
	sel, err := o.checkRun(string(o.Action))
	if err != nil {
		return err
	}
	preparing, stop := o.interruptible(ctx)
	ready, err := o.prepare(preparing, sel)
	stop()
	if err != nil {
		return err
	}
	started := false
	defer func() {
		if !started {
			err = errors.Join(err, ready.abandon())
		}
	}()
	o.tell(&ready.plan, rollout.LevelWarning, rollout.LevelConfirm, rollout.LevelBlocker)
	if err := o.refusal(&ready.plan); err != nil {
		return err
	}
	var passwords rollout.Passwords
	defer func() { passwords.Wipe() }()
	if o.Diff {
		if passwords, err = o.passwords(ctx, ready); err == nil {
			err = o.preview(ctx, ready, passwords)
		}
		if err != nil {
			return err
		}
	}
	if !o.Yes {
		if err := o.confirm(ctx, ready); err != nil {
			return err
		}
	}
	if !o.Diff {
		if passwords, err = o.passwords(ctx, ready); err != nil {
			return err
		}
	}
	started, err = o.launch(ctx, ready, passwords)
	return err
}

// launch starts a run, which is its own from then on, and follows it to its end.
func (o *actionOptions) launch(ctx context.Context, r *ready, passwords rollout.Passwords) (started bool, err error) {
	interruptions := o.Signals()
	defer interruptions.Stop()
	dir, err := r.store.Start(r.plan, o.World.Launcher(), passwords)
	passwords.Wipe()
	if err != nil {
		return false, err
	}
	return true, o.follow(ctx, r.store, dir, interruptions, o.display())
}

// display is how this command shows a run.
func (o *actionOptions) display() display {
	d := newDisplay(o.Program, o.Plain, o.JSON)
	if o.Notify && o.IO.ErrTerminal {
		return &notifying{display: d, err: o.IO.Err}
	}
	return d
}

// confirm shows what would be done and waits for a yes. Anything else is a no.
func (o *actionOptions) confirm(ctx context.Context, r *ready) error {
	w := o.IO.Err
	names := hostNames(r.plan.Hosts)
	tree := r.plan.Flake.Pinned
	fmt.Fprintf(w, "%s %s: %s\n", o.Action, count(len(names), "host"), text.Line(strings.Join(names, ", ")))
	fmt.Fprintf(w, "  tree      %s\n", text.Line(tree))
	for _, line := range builtWhere(r.plan.Hosts) {
		fmt.Fprintf(w, "  builds    %s\n", text.Line(line))
	}
	for _, h := range r.plan.Hosts {
		if h.Skip != "" {
			fmt.Fprintf(w, "  skipped   %s: %s\n", text.Line(h.Name), text.Line(h.Skip))
		}
	}
	fmt.Fprintf(w, "  command   %s\n", text.Line(commandLine(&r.plan)))
	o.tell(&r.plan, rollout.LevelNote)
	if o.ask(ctx, &r.plan) {
		return nil
	}
	return &Failure{Message: "nothing was started", Code: ExitCancelled}
}

// builtWhere says in a few lines which hosts build where.
func builtWhere(hosts []rollout.PlanHost) []string {
	var order []string
	by := map[string][]string{}
	for _, h := range hosts {
		if by[h.BuildOn] == nil {
			order = append(order, h.BuildOn)
		}
		by[h.BuildOn] = append(by[h.BuildOn], h.Name)
	}
	var lines []string
	for _, where := range order {
		place := "on " + where
		switch where {
		case rollout.BuildOnTarget:
			place = "on the host itself"
		case rollout.BuildOnLocal:
			place = "on this machine"
		}
		if len(order) > 1 {
			place += ": " + strings.Join(by[where], ", ")
		}
		lines = append(lines, place)
	}
	return lines
}

// count is "1 host" or "3 hosts".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
