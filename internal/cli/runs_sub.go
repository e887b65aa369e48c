package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// runOptions are those of the commands that take one run.
type runOptions struct {
	*Program
	ID    string
	Hosts []string
	Plain bool
	JSON  bool

	Insist bool // cancel even what is activating
}

func newRunsShowCmd(p *Program) *cobra.Command {
	o := &runOptions{Program: p}
	cmd := &cobra.Command{
		Use:   "show ID [HOST]",
		Short: "Print how a run went, or the whole log of one host",
		Long: `Prints the summary of a run. With a host, prints every byte that its
nixos-rebuild wrote on stderr, as it came; on a terminal, control characters are
made visible instead of being obeyed.`,
		Example: `  nixfleet-tui runs show last
  nixfleet-tui runs show 3f2a web1 > web1.log`,
		Args:              needArgs(1, 2, "the ID of a run, and perhaps a host"),
		ValidArgsFunction: p.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.ID, o.Hosts = args[0], args[1:]
			return runRunsShow(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print the run's events, one JSON object each line")
	return cmd
}

func runRunsShow(ctx context.Context, o *runOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	show := unseen
	if o.JSON {
		show = (&jsonDisplay{out: o.IO.Out, err: o.IO.Err}).update
	}
	reader, err := o.open(ctx, show)
	if err != nil || o.JSON {
		return err
	}
	v := reader.View()
	if len(o.Hosts) == 1 {
		return printLog(o.IO, o.World.Self(), v, *v.Task(o.Hosts[0]))
	}
	if err := writeSummary(o.IO, o.World.Self(), v); err != nil {
		return err
	}
	writeFindings(o.IO, o.IO.Out, &v.Plan)
	return nil
}

// printLog prints a raw log: every byte to a file or pipe, and what is safe to
// see on a terminal.
func printLog(s *IO, self string, v rollout.View, t rollout.TaskView) error {
	path := rollout.LogPath(v.Dir, t.Host)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		why := "nothing was started for it"
		if t.PID != 0 {
			why = path + " is missing"
		}
		return &Failure{Message: "there is no log of " + t.Host + ": " + why, Hint: "`" + self + " runs show " + filepath.Base(v.Dir) + "` tells how it went", Err: err}
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if !s.OutTerminal {
		_, err = io.Copy(s.Out, f)
		return err
	}
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadString('\n')
		if line != "" {
			shown := text.Styled(trimNewline(line))
			if !s.Color {
				shown = text.Line(trimNewline(line))
			}
			fmt.Fprintln(s.Out, shown)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func trimNewline(line string) string {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	return line
}

func newRunsAttachCmd(p *Program) *cobra.Command {
	o := &runOptions{Program: p}
	cmd := &cobra.Command{
		Use:   "attach ID",
		Short: "Watch a run again, from its beginning to its end",
		Long: `Watches a run as the command that started it did. Interrupted once it asks to
cancel, twice it detaches; the run goes on. Exits as the run does.`,
		Example: `  nixfleet-tui runs attach last
  nixfleet-tui runs attach 3f2a --plain`,
		Args:              needArgs(1, 1, "the ID of a run"),
		ValidArgsFunction: p.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.ID = args[0]
			return runRunsAttach(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.Plain, "plain", false, "print [host] line for every line, nothing in place")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print one JSON object for each event")
	return cmd
}

func runRunsAttach(ctx context.Context, o *runOptions) error {
	if o.Plain && o.JSON {
		return usage("Choose one of them.", "--plain and --json exclude each other")
	}
	finding, stop := o.interruptible(ctx)
	store, dir, err := o.findRun(finding, o.ID)
	stop()
	if err != nil {
		return err
	}
	in := o.Signals()
	defer in.Stop()
	return o.follow(ctx, store, dir, in, newDisplay(o.Program, o.Plain, o.JSON))
}

func newRunsCancelCmd(p *Program) *cobra.Command {
	o := &runOptions{Program: p}
	cmd := &cobra.Command{
		Use:   "cancel ID [HOST…]",
		Short: "Ask a run to stop, for all of its hosts or for some",
		Long: `Asks a run to stop. A host that is activating is left to finish, unless you
insist: stopping in the middle may leave it half-way.`,
		Example: `  nixfleet-tui runs cancel last
  nixfleet-tui runs cancel 3f2a web1 web2`,
		Args:              needArgs(1, -1, "the ID of a run, and perhaps hosts"),
		ValidArgsFunction: p.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.ID, o.Hosts = args[0], args[1:]
			return runRunsCancel(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.Insist, "insist", false, "interrupt even what is activating")
	return cmd
}

func runRunsCancel(ctx context.Context, o *runOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	reader, err := o.open(ctx, unseen)
	if err != nil {
		return err
	}
	before := reader.View()
	if before.Over() {
		return &Failure{Message: "the run " + before.Plan.ID + " has ended already", Hint: "`" + o.World.Self() + " runs show " + before.Plan.ID + "` tells how"}
	}
	if err := rollout.Cancel(before.Dir, o.Hosts, o.Insist); err != nil {
		return err
	}
	return o.awaitAnswers(ctx, reader, before)
}
