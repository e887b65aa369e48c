package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// generationsOptions are those of `generations`.
type generationsOptions struct {
	*Program
	Source *sourceFlags

	Host  string
	JSON  bool
	Sizes bool
}

func newGenerationsCmd(p *Program, src *sourceFlags, run func(context.Context, *generationsOptions) error) *cobra.Command {
	o := &generationsOptions{Program: p, Source: src}
	cmd := &cobra.Command{
		Use:   "generations HOST",
		Short: "Show the systems that a host could go back to",
		Long: `Lists the generations of a host's system profile, newest first, with what each
of them is: running, booted, the boot default, pinned. Read over SSH as the login
user; nothing is changed, and nixos-rebuild need not be there.

--sizes also estimates what each generation alone holds: the paths that no other
generation, nor the running or booted system, needs.`,
		Example: "  nixfleet-tui generations web1\n  nixfleet-tui generations web1 --sizes\n  nixfleet-tui generations web1 --json | jq '.generations[0].number'",
		Args:    needArgs(1, 1, "the name of a host"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Host = args[0]
			return run(cmd.Context(), o)
		},
		ValidArgsFunction: p.completeHostName(src, 1),
	}
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print one JSON document")
	cmd.Flags().BoolVar(&o.Sizes, "sizes", false, "also estimate what each generation alone holds, which takes longer")
	return cmd
}

func runGenerations(ctx context.Context, o *generationsOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return err
	}
	if _, err := l.inv.Named(o.Host); err != nil {
		return err
	}
	var (
		g     fleet.Generations
		sizes map[string]int64
	)
	err = o.withHost(ctx, l, o.Host, func(ctx context.Context, r sshutil.Runner) error {
		if g, err = fleet.ReadGenerations(ctx, r, o.Env.Now); err != nil || !o.Sizes {
			return err
		}
		sizes, err = fleet.SizesAlone(ctx, r, g)
		return err
	})
	if err != nil {
		return onHost(o.Host, err)
	}
	if o.JSON {
		return writeJSON(o.IO.Out, generationsDocument(o.Host, g, sizes))
	}
	if g.Collecting {
		fmt.Fprintln(o.IO.Err, "A collection was begun on it and has not come to its end: `nixfleet-tui collect "+text.Line(o.Host)+" --keep N` goes on with it.")
	}
	return generationsTable(g, sizes, o.Env.Now()).write(o.IO.Out, o.IO)
}

// withHost runs do with a connection to one host of the inventory, and closes it.
func (p *Program) withHost(ctx context.Context, l *loaded, host string, do func(context.Context, sshutil.Runner) error) error {
	pool, done, err := p.pool(ctx, l)
	if err != nil {
		return err
	}
	client, err := pool.Client(ctx, host)
	if err == nil {
		err = do(ctx, client)
	}
	return errors.Join(err, done())
}

// onHost is a failure that one of the packages below tells of a host, with the
// host's name before it.
func onHost(host string, err error) error {
	f := *explain(err)
	if f.Code == ExitCancelled {
		return err
	}
	if !strings.HasPrefix(f.Message, host+": ") {
		f.Message = host + ": " + f.Message
	}
	f.Code = ExitFailed
	return &f
}

func generationsTable(g fleet.Generations, sizes map[string]int64, now time.Time) *table {
	t := &table{columns: []column{
		{title: "GEN", keep: 9, right: true}, {title: "AGE", keep: 6, right: true}, {title: "DATE", keep: 5}, {title: "VERSION", keep: 7, flex: true}, {title: "KERNEL", keep: 4},
		{title: "REVISION", keep: 3}, {title: "ALONE", keep: 6, right: true}, {title: "SPECIALISATIONS", keep: 1, flex: true}, {title: "IS", keep: 8},
	}}
	for _, one := range g.Generations {
		ink := plain
		switch {
		case one.Gone:
			ink = bad
		case one.Running:
			ink = good
		case one.BootDefault:
			ink = warn
		}
		row := []cell{{words: strconv.Itoa(one.Number), ink: ink}, {words: age(one.Created, now)}, {words: date(one.Created)}, {words: one.Label}, {words: one.Kernel}, {words: shortRevision(one.Revision)},
			{}, {words: strings.Join(one.Specialisations, " "), ink: faint}, {words: strings.Join(one.Marks(), ", "), ink: ink}}
		if size, ok := sizes[one.Path]; ok {
			row[6].words = nixcmd.FormatBytes(size)
		}
		t.add(row...)
	}
	return t
}

// date is a day and a minute, as the person's clock has them.
func date(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Local().Format("2006-01-02 15:04")
}

// shortRevision is the beginning of a revision, as git shows it.
func shortRevision(revision string) string {
	const digits = 7
	hash, dirty, _ := strings.Cut(revision, "-")
	if len(hash) > digits {
		hash = hash[:digits]
	}
	if dirty != "" {
		hash += "-" + dirty
	}
	return text.Line(hash)
}

// generationsJSON is the document of `generations --json`.
type generationsJSON struct {
	Version     int              `json:"version"`
	Host        string           `json:"host"`
	Generations []generationJSON `json:"generations"` // newest first
}

type generationJSON struct {
	Number                int        `json:"number"`
	Created               *time.Time `json:"created"`
	Path                  *string    `json:"path"`
	NixosVersion          *string    `json:"nixosVersion"`
	KernelVersion         *string    `json:"kernelVersion"`
	ConfigurationRevision *string    `json:"configurationRevision"`
	Specialisations       []string   `json:"specialisations"`
	Running               bool       `json:"running"`
	Booted                bool       `json:"booted"`
	BootDefault           bool       `json:"bootDefault"`
	Pinned                bool       `json:"pinned"`
	Gone                  bool       `json:"gone"`      // its system is not in the store any more
	SizeAlone             *int64     `json:"sizeAlone"` // bytes; null without --sizes
}

func generationsDocument(host string, g fleet.Generations, sizes map[string]int64) generationsJSON {
	doc := generationsJSON{Version: documentVersion, Host: host, Generations: []generationJSON{}}
	for _, one := range g.Generations {
		d := generationJSON{Number: one.Number, Path: known(one.Path), NixosVersion: known(one.Label), KernelVersion: known(one.Kernel), ConfigurationRevision: known(one.Revision),
			Specialisations: listed(one.Specialisations), Running: one.Running, Booted: one.Booted, BootDefault: one.BootDefault, Pinned: one.Pinned, Gone: one.Gone}
		if !one.Created.IsZero() {
			d.Created = &one.Created
		}
		if size, ok := sizes[one.Path]; ok {
			d.SizeAlone = &size
		}
		doc.Generations = append(doc.Generations, d)
	}
	return doc
}

// known is null in JSON where nothing is known.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// completeHostName offers the names of hosts for the first arguments of a command.
func (p *Program) completeHostName(src *sourceFlags, most int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		l, err := p.known(src)
		if err != nil || l == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return l.inv.Names(), cobra.ShellCompDirectiveNoFileComp
	}
}
