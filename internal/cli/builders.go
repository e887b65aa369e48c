package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
)

type buildersOptions struct {
	*Program
	Source *sourceFlags
	JSON   bool
	Check  bool   // also from hosts that send builds, with a tiny build
	From   string // the host to check from
	Wait   time.Duration
}

func newBuildersCmd(p *Program, src *sourceFlags, run func(context.Context, *buildersOptions) error) *cobra.Command {
	o := &buildersOptions{Program: p, Source: src}
	cmd := &cobra.Command{
		Use:   "builders",
		Short: "Show the machines that Nix sends builds to",
		Long: `Shows every builder that the fleet knows: from fleet.nix, from the hosts' own
nix.buildMachines, and from /etc/nix/machines here and on every host; and how far
up the ladder to a build each was found well: connection, host key, login,
handshake with its Nix daemon, trust, store, what it is listed with, disk. What
belongs to another user than you are there is not checked, unless with --check.

--check also runs a tiny build on each builder, and has a host that sends builds
there check what cannot be checked from here, as its root (sudo over SSH). The
exit code is then 1 when a builder is ill.

Hosts that do not answer are not waited for when the others have; what they list
is then known from their configurations alone.`,
		Example: "  nixfleet-tui builders\n  nixfleet-tui builders --check\n  nixfleet-tui builders --check --from web1\n  nixfleet-tui builders --json",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print one JSON document")
	cmd.Flags().BoolVar(&o.Check, "check", false, "run a tiny build on each, and check from hosts that send builds, as their root")
	cmd.Flags().StringVar(&o.From, "from", "", "with --check: the `HOST` to check from (default: the first that lists the builder)")
	cmd.Flags().DurationVar(&o.Wait, "wait", defaultWait, "wait `TIME` in all for hosts that have never been evaluated")
	return cmd
}

// buildersJSON is the document of `builders --json`: the builders of
// `status --json`, with where each of them is listed.
type buildersJSON struct {
	Version  int           `json:"version"`
	Builders []builderJSON `json:"builders"`
	Mistakes []string      `json:"mistakes"` // entries of machines files that make no sense
}

type builderJSON struct {
	fleet.BuilderDocument
	Host              *string  `json:"host"`     // of the fleet, that it is
	Protocol          *string  `json:"protocol"` // "ssh" or "ssh-ng"
	SpeedFactor       float64  `json:"speedFactor"`
	SupportedFeatures []string `json:"supportedFeatures"`
	MandatoryFeatures []string `json:"mandatoryFeatures"`
	From              []string `json:"from"`

	Load     *float64     `json:"load"`  // average of the last minute
	Taken    []holderJSON `json:"taken"` // slots of it, as far as that is known
	Steps    []stepJSON   `json:"steps"`
	Findings []string     `json:"findings"` // what the sources disagree on
}

// holderJSON is a machine that has taken slots of a builder.
type holderJSON struct {
	By    *string `json:"by"` // a host; null for this machine, if that is none
	Slots int     `json:"slots"`
}

func holdersJSON(held []fleet.Holder) []holderJSON {
	list := []holderJSON{}
	for _, h := range held {
		d := holderJSON{Slots: h.Slots}
		if h.Host != fleet.ThisMachineName {
			d.By = &h.Host
		}
		list = append(list, d)
	}
	return list
}

func runBuilders(ctx context.Context, o *buildersOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return err
	}
	builders, err := o.look(ctx, l)
	if err != nil {
		return err
	}
	if err := o.show(builders, l.inv.Unlisted); err != nil {
		return err
	}
	if o.Check && ill(builders) {
		return exit(ExitFailed)
	}
	return nil
}

// look finds out what there is to show.
func (o *buildersOptions) look(ctx context.Context, l *loaded) ([]fleet.BuilderHealth, error) {
	ctx, stop := context.WithCancel(ctx)
	g := &gathering{buildersOptions: o, progress: newTallies(o.IO), statuses: map[string]fleet.Status{}}
	builders, err := o.climb(ctx, l, climbing{check: o.Check, from: o.From, first: g.all, links: g.failed.links, climbed: g.climbed})
	if err == nil {
		g.holders(ctx, l, builders)
	}
	stop()
	g.knocking.Wait()
	g.progress.end()
	if err == nil {
		g.note()
	}
	return builders, err
}

func (o *buildersOptions) show(builders []fleet.BuilderHealth, mistakes []string) error {
	if o.JSON {
		return writeJSON(o.IO.Out, buildersDocument(builders, mistakes))
	}
	if len(builders) == 0 {
		report(o.IO, &Failure{Message: "no builders are known", Hint: "They come from fleet.nix, nix.buildMachines of the hosts, and " + fleet.MachinesFile})
	} else if err := builderTable(o.IO, builders).write(o.IO.Out, o.IO); err != nil {
		return err
	}
	for _, b := range builders {
		printLadder(o.IO.Out, o.IO, o.World.Self(), b, o.Check, o.Env.Now())
	}
	printUnlisted(o.IO.Out, o.IO, mistakes)
	return nil
}

func buildersDocument(builders []fleet.BuilderHealth, mistakes []string) buildersJSON {
	short := fleet.NewStatusDocument(nil, builders).Builders
	doc := buildersJSON{Version: documentVersion, Builders: []builderJSON{}, Mistakes: listed(mistakes)}
	for i, h := range builders {
		b := h.Builder
		d := builderJSON{BuilderDocument: short[i], SpeedFactor: b.SpeedFactor, From: listed(b.From),
			SupportedFeatures: listed(b.SupportedFeatures), MandatoryFeatures: listed(b.MandatoryFeatures), Load: h.Load, Taken: holdersJSON(h.Held), Steps: stepsJSON(h.Steps), Findings: listed(b.Findings)}
		if b.Host != "" {
			d.Host = &b.Host
		}
		if b.Protocol != "" {
			d.Protocol = &b.Protocol
		}
		doc.Builders = append(doc.Builders, d)
	}
	return doc
}

// listed is a list that JSON shows as one even when it is empty.
func listed(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
