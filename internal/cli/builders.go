package cli

import (
	"context"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
)

type buildersOptions struct {
	*Program
	Source *sourceFlags
	JSON   bool
}

func newBuildersCmd(p *Program, src *sourceFlags, run func(context.Context, *buildersOptions) error) *cobra.Command {
	o := &buildersOptions{Program: p, Source: src}
	cmd := &cobra.Command{
		Use:   "builders",
		Short: "Show the machines that Nix sends builds to",
		Long: `Shows every builder that the fleet knows: from fleet.nix, from the hosts' own
nix.buildMachines, and from this machine's /etc/nix/machines.`,
		Example: "  nixfleet-tui builders\n  nixfleet-tui builders --json",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print one JSON document")
	return cmd
}

// buildersJSON is the document of `builders --json`: the builders of
// `status --json`, with where each of them is listed.
type buildersJSON struct {
	Version  int           `json:"version"`
	Builders []builderJSON `json:"builders"`
}

type builderJSON struct {
	fleet.BuilderDocument
	Host              *string  `json:"host"` // of the fleet, that it is
	SpeedFactor       float64  `json:"speedFactor"`
	SupportedFeatures []string `json:"supportedFeatures"`
	MandatoryFeatures []string `json:"mandatoryFeatures"`
	From              []string `json:"from"`
}

func runBuilders(ctx context.Context, o *buildersOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return err
	}
	// Which machines build stands in the facts of all hosts.
	all := &statusOptions{Program: o.Program, Source: o.Source, Wait: defaultWait}
	statuses, err := all.gather(ctx, l, fleet.ParseFilter(""))
	if err != nil {
		return err
	}
	builders := fleet.JudgeBuilders(l.inv, statuses)
	if o.JSON {
		return writeJSON(o.IO.Out, buildersDocument(builders))
	}
	if len(builders) == 0 {
		report(o.IO.Err, &Failure{Message: "no builders are known", Hint: "They come from fleet.nix, nix.buildMachines of the hosts, and " + fleet.MachinesFile})
		return nil
	}
	return builderTable(o.IO, builders).write(o.IO.Out, o.IO)
}

func buildersDocument(builders []fleet.BuilderHealth) buildersJSON {
	short := fleet.NewStatusDocument(nil, builders).Builders
	doc := buildersJSON{Version: documentVersion, Builders: []builderJSON{}}
	for i, h := range builders {
		b := h.Builder
		d := builderJSON{BuilderDocument: short[i], SpeedFactor: b.SpeedFactor, From: listed(b.From),
			SupportedFeatures: listed(b.SupportedFeatures), MandatoryFeatures: listed(b.MandatoryFeatures)}
		if b.Host != "" {
			d.Host = &b.Host
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
