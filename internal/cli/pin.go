package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// pinOptions are those of `pin` and `unpin`.
type pinOptions struct {
	*Program
	Source *sourceFlags

	Host string
	pinning
}

// pinning is what is to become of a generation.
type pinning struct {
	Number int
	Unpin  bool
}

func newPinCmd(p *Program, src *sourceFlags, unpin bool, run func(context.Context, *pinOptions) error) *cobra.Command {
	o := &pinOptions{Program: p, Source: src, pinning: pinning{Unpin: unpin}}
	cmd := &cobra.Command{
		Use:     "pin HOST GENERATION",
		Short:   "Keep a generation of a host, whatever is deleted or collected there",
		Long:    "Makes a garbage collector's root for the system of a generation, below\n" + fleet.PinDir + " on the host; `collect` spares it then.",
		Example: "  nixfleet-tui pin web1 41",
		Args:    needArgs(2, 2, "a host and the number of a generation"),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := strconv.Atoi(args[1])
			if err != nil || number < 1 {
				return usage("`nixfleet-tui generations "+args[0]+"` lists them.", "%q is no number of a generation", args[1])
			}
			o.Host, o.Number = args[0], number
			return run(cmd.Context(), o)
		},
		ValidArgsFunction: p.completeHostName(src, 1),
	}
	if unpin {
		cmd.Use, cmd.Short, cmd.Example = "unpin HOST GENERATION", "Let go of a generation that was pinned", "  nixfleet-tui unpin web1 41"
		cmd.Long = "Removes the root that `pin` has made. The generation stays until it is deleted."
	}
	return cmd
}

func runPin(ctx context.Context, o *pinOptions) (err error) {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	defer o.IO.settle(&err)
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return err
	}
	host, err := l.inv.Named(o.Host)
	if err != nil {
		return err
	}
	store, err := openStore(o.World)
	if err != nil {
		return err
	}
	pool, done, err := o.pool(ctx, l)
	if err != nil {
		return err
	}
	ask := o.terminalPassword
	if !o.IO.CanAsk() {
		ask = func(context.Context, []string, int) (*sshutil.Secret, error) {
			return nil, &fleet.Error{Message: "sudo there wants a password, and there is no terminal to ask for it on", Hint: "Run it on a terminal, or let sudo go without: `nixfleet-tui doctor` says how."}
		}
	}
	client, err := pool.Client(ctx, o.Host)
	if err == nil {
		r := o.rootOn(host, client)
		err = o.pin(ctx, store, r, o.pinning, func(ctx context.Context) error { return r.unlockWith(ctx, ask) })
		r.secret.Wipe()
	}
	if err = errors.Join(err, done()); err != nil {
		return onHost(o.Host, err)
	}
	said := "is pinned"
	if o.Unpin {
		said = "is pinned no longer"
	}
	_, err = fmt.Fprintf(o.IO.Out, "%s: generation %d %s\n", text.Line(o.Host), o.Number, said)
	return err
}

// pin makes or removes the root that keeps a generation. It holds the machine's
// lock meanwhile, so that nothing is collected beside it.
func (p *Program) pin(ctx context.Context, store *rollout.Store, r *root, what pinning, unlock func(context.Context) error) (err error) {
	g, err := fleet.ReadGenerations(ctx, r.runner, p.Env.Now)
	if err != nil {
		return err
	}
	one, err := g.Target(what.Number)
	if err == nil && what.Unpin && !one.Pinned {
		err = &fleet.Error{Message: fmt.Sprintf("generation %d is not pinned", what.Number), Hint: "`nixfleet-tui generations " + r.host + "` shows which are."}
	}
	if err != nil {
		return err
	}
	release, err := store.Hold(g.Reading, rollout.Holder{Host: r.host, User: p.Env.User, Since: p.Env.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := unlock(ctx); err != nil {
		return err
	}
	steps := [][]string{{"mkdir", "-p", fleet.PinDir}, {"ln", "-sfn", one.Path, fleet.PinLink(what.Number)}}
	if what.Unpin {
		steps = [][]string{append([]string{"rm", "-f"}, g.PinLinks(one)...)}
	}
	for _, words := range steps {
		if err := r.run(ctx, words...); err != nil {
			return unsure(what, err)
		}
	}
	return nil
}

// unsure says of a connection that was lost what is not known now.
func unsure(what pinning, err error) error {
	var lost *sshutil.Error
	if !errors.As(err, &lost) || lost.Kind != sshutil.KindExitUnknown {
		return err
	}
	return &fleet.Error{Message: fmt.Sprintf("%s, so whether generation %d is pinned now is not known", lost.Message, what.Number),
		Hint: "Do it again when it answers: that does no harm.", Err: err}
}
