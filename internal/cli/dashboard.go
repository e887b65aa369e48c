package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"nixfleet-tui/ui"
)

// dashboardOptions are those of a start without a command.
type dashboardOptions struct {
	*Program
	Source *sourceFlags
	On     string
	Theme  string
	// Background is dark, light or "".
	Background string
	ASCII      bool
	Plain      bool
}

func (o *dashboardOptions) register(cmd *cobra.Command) {
	f := cmd.Flags()
	o.onFlag(cmd, o.Source, &o.On, "show only the hosts of `SEL`, such as '@web,!web3'")
	f.StringVar(&o.Theme, "theme", "", "colours of `THEME`: ansi, contrast or none (default: ansi; NO_COLOR means none)")
	f.StringVar(&o.Background, "background", "", "what the colours are for: a dark or light `GROUND` (default: by COLORFGBG, else dark)")
	f.BoolVar(&o.ASCII, "ascii", o.IO.ASCII, "draw with ASCII only")
	f.BoolVar(&o.Plain, "plain", false, "print what the dashboard would show as lines, as status does: for screen readers and pipes")
}

// runDashboard shows the dashboard until the person leaves it.
func runDashboard(ctx context.Context, o *dashboardOptions) error {
	if o.Plain {
		return runStatus(ctx, &statusOptions{Program: o.Program, Source: o.Source, On: o.On, Wait: defaultWait})
	}
	in, inOK := o.IO.In.(*os.File)
	out, outOK := o.IO.Out.(*os.File)
	if !inOK || !outOK {
		return &Failure{Message: "the dashboard needs a terminal", Hint: "`" + o.World.Self() + " status` prints the same as plain lines."}
	}
	if err := ui.NeedTerminal(in, out, o.Env.Getenv, o.World.Self()); err != nil {
		return err
	}
	from, err := o.World.Find(o.Source.Flake, o.Source.File)
	if err != nil {
		return err
	}
	store, err := openStore(o.World)
	if err != nil {
		return err
	}
	news := ui.NewMailbox()
	crew := ui.NewCrew(news)
	b := newBackend(o.Program, o.Source, o.On, store, news)
	b.habits = habitsPath(o.World, from)
	habits, err := readHabits(b.habits)
	if err != nil {
		news.Post(ui.Said{Message: err.Error(), Hint: "It is as new; what you change is remembered again."})
	}
	look, lerr := ui.ChooseLook(o.Theme, o.Background, habits, o.Env.Getenv)
	if lerr != nil {
		return lerr
	}
	look.ASCII = o.ASCII
	ctx, stop := context.WithCancel(ctx)
	crew.Go(func() { b.run(ctx, crew) })
	farewell, err := ui.Run(ctx, ui.Options{
		Backend: b, News: news, Crew: crew, Look: look, Now: o.Env.Now, Habits: habits, First: !habits.Met,
		Self: o.World.Self(),
	})
	stop()
	crew.Wait()
	if eerr := b.endLogins(); err == nil {
		err = eerr
	}
	if farewell != "" {
		fmt.Fprintln(o.IO.Out, farewell)
	}
	var crash *ui.Crash
	if errors.As(err, &crash) {
		return exit(reportTrace(o.IO.Err, o.Env.Getenv, crash.Value, crash.Stack))
	}
	return err
}
