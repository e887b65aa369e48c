package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// diffOptions are those of `diff`.
type diffOptions struct {
	*Program
	Source *sourceFlags

	Host string
	From string // a point in the host's time, or of another's
	To   string
	JSON bool
}

func newDiffCmd(p *Program, src *sourceFlags, run func(context.Context, *diffOptions) error) *cobra.Command {
	o := &diffOptions{Program: p, Source: src}
	cmd := &cobra.Command{
		Use:   "diff HOST [FROM [TO]]",
		Short: "Show which packages differ between two systems",
		Long: `Compares two systems as ` + "`nix store diff-closures`" + ` does, and prints its lines:
packages that were added, removed or changed, with versions, and sizes that
differ by 8 KiB or more. Nothing is built or copied for that.

FROM and TO are the number of a generation, running, booted, boot-default, wanted
(what the flake wants, if it was built), or a store path. Put HOST: before one to
mean another host's; the name of a host alone is what it runs. Without them, what
HOST runs is compared with what the flake wants; with FROM alone, FROM with what
HOST runs.`,
		Example: "  nixfleet-tui diff web1                  # running, and wanted\n  nixfleet-tui diff web1 41 42            # two generations\n" +
			"  nixfleet-tui diff web1 booted\n  nixfleet-tui diff web1 running web2     # two hosts\n  nixfleet-tui diff web1 41 web2:17 --json",
		Args: needArgs(1, 3, "a host, and up to two systems of it"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Host, o.From, o.To = args[0], pointRunning, pointWanted
			if len(args) > 1 {
				o.From, o.To = args[1], pointRunning
			}
			if len(args) > 2 {
				o.To = args[2]
			}
			return run(cmd.Context(), o)
		},
		ValidArgsFunction: p.completeHostName(src, 3),
	}
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print one JSON document")
	return cmd
}

// The systems of a host that have a name.
const (
	pointRunning     = "running"
	pointBooted      = "booted"
	pointBootDefault = "boot-default"
	pointWanted      = "wanted"
)

// side is one of the two systems that are compared.
type side struct {
	host string
	what string // in words, such as "generation 41"
	path string
}

func (s side) String() string { return s.host + " " + s.what }

func runDiff(ctx context.Context, o *diffOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return err
	}
	if _, err := l.inv.Named(o.Host); err != nil {
		return err
	}
	hosts, done, err := o.openPast(ctx, l)
	if err != nil {
		return err
	}
	d, err := hosts.diff(ctx, o.Host, o.From, o.To)
	if cerr := done(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return o.show(d)
}

// difference is what `diff` found.
type difference struct {
	from, to       side
	before, after  nixcmd.Closure
	changes        []nixcmd.PackageChange
	sizeFrom, size int64
}

// diff compares two systems, which are given by words as `diff` takes them.
func (h *past) diff(ctx context.Context, host, from, to string) (difference, error) {
	var d difference
	var err error
	if d.from, err = h.side(ctx, host, from); err != nil {
		return d, err
	}
	if d.to, err = h.side(ctx, host, to); err != nil {
		return d, err
	}
	if d.before, d.after, err = h.closures(ctx, d.from, d.to); err != nil {
		return d, err
	}
	d.changes = nixcmd.DiffClosures(d.before, d.after)
	d.sizeFrom, d.size = d.before.Size(), d.after.Size()
	return d, nil
}

// side finds the system that a word means on a host, unless it names another.
func (h *past) side(ctx context.Context, host, word string) (side, error) {
	if strings.HasPrefix(word, nixcmd.StoreDir) {
		return side{host, word, strings.TrimRight(word, "/")}, nil
	}
	if other, rest, ok := strings.Cut(word, ":"); ok {
		host, word = other, rest
	} else if _, is := h.loaded.inv.Host(word); is {
		host, word = word, pointRunning
	}
	if _, err := h.loaded.inv.Named(host); err != nil {
		return side{}, err
	}
	if word == pointWanted {
		path, err := h.wanted(ctx, host)
		return side{host, "wanted", path}, err
	}
	g, err := h.generations(ctx, host)
	if err != nil {
		return side{}, err
	}
	named := map[string]string{pointRunning: g.Reading.Current, pointBooted: g.Reading.Booted, pointBootDefault: g.Reading.Profile}
	if path, ok := named[word]; ok {
		if path == "" {
			return side{}, onHost(host, &fleet.Error{Message: "it does not tell which system is " + word, Hint: "It may be no NixOS; `status` shows what it is."})
		}
		return side{host, word, path}, nil
	}
	number, err := strconv.Atoi(word)
	if err != nil {
		known := append(slices.Sorted(maps.Keys(named)), pointWanted)
		return side{}, usage("It is a generation's number, a store path, the name of a host, or one of: "+strings.Join(known, ", ")+".", "%q is no system of %s", text.Line(word), host)
	}
	one, err := g.Target(number)
	if err != nil {
		return side{}, onHost(host, err)
	}
	return side{host, fmt.Sprintf("generation %d", one.Number), one.Path}, nil
}

// show prints the lines of `nix store diff-closures` on stdout, and what they
// are about beside them.
func (o *diffOptions) show(d difference) error {
	if o.JSON {
		return writeJSON(o.IO.Out, diffDocument(d))
	}
	fmt.Fprintf(o.IO.Err, "%s → %s\n", text.Line(d.from.String()), text.Line(d.to.String()))
	for _, c := range d.changes {
		if _, err := fmt.Fprintln(o.IO.Out, paintChange(o.IO, c)); err != nil {
			return err
		}
	}
	fmt.Fprintln(o.IO.Err, d.sum())
	return nil
}

// sum says in one sentence how much differs.
func (d difference) sum() string {
	switch {
	case d.from.path == d.to.path:
		return "It is the same system."
	case len(d.changes) == 0:
		return "No package differs: only what is generated for the host does."
	}
	return fmt.Sprintf("%s; closure %s → %s (%s)", differing(len(d.changes)), nixcmd.FormatBytes(d.sizeFrom), nixcmd.FormatBytes(d.size), nixcmd.FormatDelta(d.size-d.sizeFrom))
}

// paintChange is the change's line; what grows is red, as in Nix.
func paintChange(s *IO, c nixcmd.PackageChange) string {
	line := text.Line(c.String())
	at := strings.LastIndexByte(line, ' ')
	if !s.Color || !strings.HasSuffix(line, " KiB") {
		return line
	}
	at = strings.LastIndexByte(line[:at], ' ') + 1
	i := good
	if c.Delta > 0 {
		i = bad
	}
	return line[:at] + s.paint(i, line[at:])
}

// diffJSON is the document of `diff --json`.
type diffJSON struct {
	Version   int               `json:"version"`
	From      sideJSON          `json:"from"`
	To        sideJSON          `json:"to"`
	SizeDelta int64             `json:"sizeDelta"` // bytes
	Packages  []packageDiffJSON `json:"packages"`
}

type sideJSON struct {
	Host string `json:"host"`
	What string `json:"what"`
	Path string `json:"path"`
	Size int64  `json:"size"` // of the closure, in bytes
}

type packageDiffJSON struct {
	Name      string   `json:"name"`
	Removed   []string `json:"removed"` // versions; "" is one, too
	Added     []string `json:"added"`
	SizeDelta int64    `json:"sizeDelta"`
}

func diffDocument(d difference) diffJSON {
	return diffJSON{Version: documentVersion, From: sideJSON{d.from.host, d.from.what, d.from.path, d.sizeFrom}, To: sideJSON{d.to.host, d.to.what, d.to.path, d.size},
		SizeDelta: d.size - d.sizeFrom, Packages: packageDiffs(d.changes)}
}

func packageDiffs(changes []nixcmd.PackageChange) []packageDiffJSON {
	packages := []packageDiffJSON{}
	for _, c := range changes {
		packages = append(packages, packageDiffJSON{c.Name, listed(c.Removed), listed(c.Added), c.Delta})
	}
	return packages
}

func differing(n int) string {
	if n == 1 {
		return "1 package differs"
	}
	return strconv.Itoa(n) + " packages differ"
}
