package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kballard/go-shellquote"
	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// collectOptions are those of `collect`, `pin` and `unpin`.
type collectOptions struct {
	*Program
	Source *sourceFlags

	Host   string
	Delete []int
	Keep   int // 0: those of Delete
	Yes    bool
	DryRun bool
}

func newCollectCmd(p *Program, src *sourceFlags, run func(context.Context, *collectOptions) error) *cobra.Command {
	o := &collectOptions{Program: p, Source: src}
	cmd := &cobra.Command{
		Use:   "collect HOST --delete N,N | --keep N",
		Short: "Delete old generations of a host, and collect its garbage",
		Long: `Deletes generations of a host's system profile, collects the garbage of its store
and writes its boot menu anew, so that no entry of it leads nowhere. Which
generations go, and an estimate of what that frees, is shown before. Never deleted
are the running one, the booted one, the boot default and pinned ones.`,
		Example: "  nixfleet-tui collect web1 --keep 5 --dry-run\n  nixfleet-tui collect web1 --delete 30,31\n  nixfleet-tui collect web1 --keep 10 --yes",
		Args:    needArgs(1, 1, "the name of a host"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Host = args[0]
			switch kept := cmd.Flags().Changed("keep"); {
			case kept == (len(o.Delete) > 0):
				return usage("Give --delete with numbers, or --keep with how many of the newest stay.", "`collect` needs to be told which generations go")
			case kept && o.Keep < 1:
				return usage("Give how many of the newest generations stay, such as --keep 5.", "--keep %d makes no sense", o.Keep)
			case !o.Yes && !o.DryRun && !o.IO.CanAsk():
				return usage("Add --yes to go ahead without a question, or --dry-run to see only.", "there is no terminal to ask for confirmation on")
			}
			return run(cmd.Context(), o)
		},
		ValidArgsFunction: p.completeHostName(src, 1),
	}
	f := cmd.Flags()
	f.IntSliceVar(&o.Delete, "delete", nil, "the generations to delete, by number")
	f.IntVar(&o.Keep, "keep", 0, "how many of the newest generations stay")
	f.BoolVarP(&o.Yes, "yes", "y", false, "do not ask")
	f.BoolVar(&o.DryRun, "dry-run", false, "only show what would go")
	return cmd
}

func runCollect(ctx context.Context, o *collectOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	return o.onHost(ctx, func(ctx context.Context, r root, g fleet.Generations) error {
		doomed := g.Beyond(o.Keep)
		if len(o.Delete) > 0 {
			var err error
			if doomed, err = g.Doomed(o.Delete); err != nil {
				return err
			}
		}
		if len(doomed) == 0 {
			fmt.Fprintf(o.IO.Err, "%s has nothing to delete: all that is left of it must stay, or is to.\n", o.Host)
			return nil
		}
		closures, err := fleet.ReadClosures(ctx, r.runner, g.Roots())
		if err != nil {
			return err
		}
		fmt.Fprintf(o.IO.Out, "%s loses %s: %s\nthat frees about %s, and whatever else is garbage there\n", text.Line(o.Host), count(len(doomed), "generation"), fleet.Numbers(doomed),
			nixcmd.FormatBytes(g.Frees(closures, doomed)))
		if o.DryRun {
			return nil
		}
		if !o.Yes && !o.agreed() {
			return &Failure{Message: "nothing was deleted", Code: ExitCancelled}
		}
		return o.collect(ctx, r, g, doomed)
	})
}

// agreed waits for the person's word. Anything but a yes is a no.
func (o *collectOptions) agreed() bool {
	fmt.Fprintf(o.IO.Err, "Go ahead? [y/N] ")
	answer, err := readLine(o.IO.In)
	return err == nil && strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y")
}

// collect deletes, collects and writes the boot menu anew, step by step.
func (o *collectOptions) collect(ctx context.Context, r root, g fleet.Generations, doomed []fleet.Generation) error {
	remove := []string{"nix-env", "-p", nixcmd.SystemProfile, "--delete-generations"}
	for _, one := range doomed {
		remove = append(remove, strconv.Itoa(one.Number))
	}
	// A last look: nix-env itself only spares what the profile points to.
	now, err := fleet.ReadGenerations(ctx, r.runner, o.Env.Now)
	if err != nil {
		return err
	}
	if now.Reading.Generation != g.Reading.Generation || now.Reading.Current != g.Reading.Current || now.Reading.Switching {
		return &fleet.Error{Message: "somebody is at it: it is not what it was a moment ago", Hint: "Nothing was deleted. Look at it again, and try again."}
	}
	if err := r.hold(ctx, g.Reading.Current, g.Reading.Booted); err != nil {
		return err
	}
	if _, err := r.run(ctx, remove...); err != nil {
		return fmt.Errorf("deleting generations: %w", err)
	}
	freed, err := r.run(ctx, "nix-store", "--gc", "--quiet")
	if err != nil {
		return fmt.Errorf("the generations are deleted; collecting the garbage: %w", err)
	}
	if err := r.letGo(ctx); err != nil {
		return err
	}
	a := nixcmd.Activation{Action: nixcmd.Boot, Path: g.Reading.Profile}
	if _, err := r.run(ctx, a.SwitchWords(true)...); err != nil {
		return fmt.Errorf("the generations are deleted and the garbage is collected; writing the boot menu: %w", err)
	}
	if freed != "" {
		fmt.Fprintln(o.IO.Out, freed)
	}
	return nil
}

// root runs commands on a host as root.
type root struct {
	runner  sshutil.Runner
	sudo    bool
	forward bool
}

// run returns the last line that the command printed. A command that fails is
// an error with what it said.
func (r root) run(ctx context.Context, words ...string) (string, error) {
	if r.sudo {
		words = append([]string{"sudo", "-n"}, words...)
	}
	result, err := r.runner.Run(ctx, sshutil.Command{Line: shellquote.Join(words...), ForwardAgent: r.forward})
	if err != nil {
		return "", err
	}
	if result.ExitCode != 0 {
		said := lastOf(result.Stderr, result.Stdout)
		hint := "See what it says when you run it there yourself."
		if strings.HasPrefix(said, "sudo:") {
			hint = "sudo there asks for a password, which is not possible here: log in and run it there, or let sudo go without (`nixfleet-tui doctor`)."
		}
		return "", &fleet.Error{Message: fmt.Sprintf("%s exited with %d: %s", words[len(words)-1], result.ExitCode, said), Hint: hint}
	}
	return lastOf(result.Stdout), nil
}

// held are the names of the roots that keep what runs and what was booted while
// garbage is collected: NixOS makes such roots itself, but a host that was
// brought up in another way may lack them.
func held() []string {
	return []string{fleet.PinDir + "/collecting-running", fleet.PinDir + "/collecting-booted"}
}

func (r root) hold(ctx context.Context, paths ...string) error {
	if _, err := r.run(ctx, "mkdir", "-p", fleet.PinDir); err != nil {
		return err
	}
	for i, link := range held() {
		if paths[i] == "" {
			continue // a container was never booted
		}
		if _, err := r.run(ctx, "ln", "-sfn", paths[i], link); err != nil {
			return err
		}
	}
	return nil
}

func (r root) letGo(ctx context.Context) error {
	_, err := r.run(ctx, append([]string{"rm", "-f"}, held()...)...)
	return err
}

// lastOf is the last line of the first output that has one.
func lastOf(outputs ...[]byte) string {
	for _, out := range outputs {
		if lines := strings.Split(strings.TrimSpace(string(out)), "\n"); lines[len(lines)-1] != "" {
			return text.Line(lines[len(lines)-1])
		}
	}
	return ""
}

// onHost reads the past of the host and runs do, unless another run has it.
func (o *collectOptions) onHost(ctx context.Context, do func(context.Context, root, fleet.Generations) error) error {
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
	client, err := pool.Client(ctx, o.Host)
	var g fleet.Generations
	if err == nil {
		g, err = fleet.ReadGenerations(ctx, client, o.Env.Now)
	}
	if err == nil {
		err = free(store, g.Reading, o.Host)
	}
	if err == nil {
		err = do(ctx, root{client, host.Sudo, client.Target().ForwardAgent}, g)
	}
	if err = errors.Join(err, done()); err != nil {
		return onHost(o.Host, err)
	}
	return nil
}
