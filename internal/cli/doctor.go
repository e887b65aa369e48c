package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"nixfleet-tui/internal/text"
)

// doctorOptions are those of `doctor`.
type doctorOptions struct {
	*Program
	Source *sourceFlags
	JSON   bool

	RemoveRoots []string // hosts; instead of checking
	On          string   // hosts on which sudo is looked at, too
}

func newDoctorCmd(p *Program, src *sourceFlags, run func(context.Context, *doctorOptions) error) *cobra.Command {
	o := &doctorOptions{Program: p, Source: src}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check what this machine needs to deploy",
		Long: `Checks the programs, the ssh agent, the flake, the state directory and the
builders of this machine, and says what to do about what is missing. Nothing is
asked of any host but those that this machine's own Nix sends builds to, and those
that --on names: of them it is told whether sudo will work, without asking it. Exit
code 1 when something fails.`,
		Example: `  nixfleet-tui doctor
  nixfleet-tui doctor --json
  nixfleet-tui doctor --on @web             # also: will sudo work there, and if not, why?
  nixfleet-tui doctor --remove-roots web1   # what was built elsewhere for web1 may be collected`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print one JSON document")
	p.onFlag(cmd, src, &o.On, "also foretell whether sudo will work on the hosts of `SEL`")
	cmd.Flags().StringSliceVar(&o.RemoveRoots, "remove-roots", nil, "check nothing; let go of what is kept from garbage collection for these `HOSTS`")
	return cmd
}

// health is what one check found, in the words of `doctor --json`.
type health string

const (
	healthOK   health = "ok"
	healthWarn health = "warn"
	healthFail health = "fail"
)

func (h health) mark() mark {
	switch h {
	case healthOK:
		return mark{"✓", "+", string(h), good}
	case healthWarn:
		return mark{"▲", "!", string(h), warn}
	}
	return mark{"✗", "x", string(h), bad}
}

// finding is one line of the doctor's.
type finding struct {
	Check   string `json:"check"`
	Health  health `json:"health"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// doctorJSON is the document of `doctor --json`.
type doctorJSON struct {
	Version int       `json:"version"`
	Checks  []finding `json:"checks"`
}

func runDoctor(ctx context.Context, o *doctorOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	if len(o.RemoveRoots) > 0 {
		return o.removeRoots(ctx)
	}
	var all []finding
	for _, check := range []func(context.Context) []finding{
		o.checkNix, o.checkRebuild, o.checkSSH, o.checkAgent, o.checkFleet, o.checkState, o.checkBuilders, o.checkSudo,
	} {
		all = append(all, check(ctx)...)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if o.JSON {
		if err := writeJSON(o.IO.Out, doctorJSON{documentVersion, all}); err != nil {
			return err
		}
	} else {
		o.print(all)
	}
	for _, f := range all {
		if f.Health == healthFail {
			return exit(ExitFailed)
		}
	}
	return nil
}

func (o *doctorOptions) print(all []finding) {
	names, marks := 0, 0
	for _, f := range all {
		names = max(names, text.Width(f.Check))
		marks = max(marks, text.Width(f.Health.mark().text(o.IO.ASCII)))
	}
	for _, f := range all {
		m := f.Health.mark()
		o.IO.tell(o.IO.Out, o.IO.paint(m.ink, text.Fit(m.text(o.IO.ASCII), marks))+"  "+text.Fit(f.Check, names)+"  ", text.Line(f.Message))
		if f.Hint != "" {
			o.IO.tell(o.IO.Out, text.Fit("", marks+names+4), "hint: "+sentence(f.Hint))
		}
	}
}

// failed is the finding that an error makes.
func failed(check string, h health, err error) []finding {
	f := explain(err)
	return []finding{{check, h, text.Line(f.Message), f.Hint}}
}

func found(check string, h health, hint, format string, args ...any) []finding {
	return []finding{{check, h, text.Line(fmt.Sprintf(format, args...)), hint}}
}
