package cli

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/install"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// buildPlaces chooses where a new host's system is built.
type buildPlaces struct {
	*installOptions
	*loaded
	pool *sshutil.Pool
	done func() error // of the pool
}

// choose implements install.Installation.Place: what was asked for, or what
// fleet.nix says, or what an earlier start chose; else here, if this machine's
// own Nix has builders for the platform; else on the fastest of the fleet's
// builders that lets the person in; else here, and Nix says what it lacks.
func (p *buildPlaces) choose(ctx context.Context, platform, before string) (*install.Elsewhere, error) {
	if p.World.Tools().ssh == "" {
		return nil, nil // no program could connect to the others
	}
	asked := p.BuildOn
	if h, ok := p.inv.Host(p.Host); ok && asked == "" && h.BuildOn != rollout.BuildOnTarget {
		asked = h.BuildOn
	}
	switch asked = cmp.Or(asked, before); {
	case asked == rollout.BuildOnLocal:
		return nil, nil
	case asked == rollout.BuildOnTarget || asked == p.Host:
		return nil, usage("Use --build-on local, or the name of a host or builder.", "%s cannot build its own system before it is installed", text.Line(p.Host))
	case asked != "":
		if !p.canBuildOn(asked) {
			return nil, usage("Known are local, "+strings.Join(p.places(), ", ")+".", "nothing to build on is called %s", text.Line(asked))
		}
		r, err := p.connect(ctx, asked)
		if err != nil {
			return nil, err
		}
		return &install.Elsewhere{Name: asked, Runner: r}, nil
	}
	if slices.ContainsFunc(p.World.Machines().List, func(m nixcmd.Machine) bool { return slices.Contains(m.Systems, platform) }) {
		return nil, nil
	}
	return p.best(ctx, platform), nil
}

// best is the fastest builder of the fleet for a platform that lets us in, or nil.
func (p *buildPlaces) best(ctx context.Context, platform string) *install.Elsewhere {
	able := slices.DeleteFunc(slices.Clone(p.inv.Builders), func(b fleet.Builder) bool { return !slices.Contains(b.Systems, platform) || b.Name == p.Host })
	slices.SortStableFunc(able, func(a, b fleet.Builder) int { return cmp.Compare(b.SpeedFactor, a.SpeedFactor) })
	for _, b := range able {
		name := cmp.Or(b.Host, b.Name)
		r, err := p.connect(ctx, name)
		if err == nil {
			p.tell(install.Telling{Step: "build", Kind: install.TellNote, Text: "it is built on " + name + ", a builder of the fleet (--build-on local builds here)"})
			return &install.Elsewhere{Name: name, Runner: r}
		}
		p.tell(install.Telling{Step: "build", Kind: install.TellNote, Text: "the builder " + name + " does not let us in: " + explain(err).Message})
	}
	return nil
}

func (p *buildPlaces) connect(ctx context.Context, name string) (sshutil.Runner, error) {
	if p.pool == nil {
		var err error
		if p.pool, p.done, err = p.Program.pool(ctx, p.loaded); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	client, err := p.pool.Client(ctx, name)
	if err != nil {
		return nil, err // not a nil *Client in a Runner
	}
	return client, nil
}

func (p *buildPlaces) close() error {
	if p.done == nil {
		return nil
	}
	return p.done()
}
