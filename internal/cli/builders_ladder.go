package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/sshutil"
)

// stepJSON is one rung of a builder's ladder in `builders --json`.
type stepJSON struct {
	Rung   fleet.Rung      `json:"rung"`
	State  fleet.StepState `json:"state"`
	Said   string          `json:"said"`
	Reason string          `json:"reason"`
	Hint   string          `json:"hint"`
	From   *string         `json:"from"` // the host whose root was asked; null for ourselves
	TookMs float64         `json:"tookMs"`
	AsOf   time.Time       `json:"asOf"`
}

func stepsJSON(steps []fleet.Step) []stepJSON {
	list := []stepJSON{}
	for _, s := range steps {
		const perMillisecond = 10 // one decimal
		d := stepJSON{Rung: s.Rung, State: s.State, Said: s.Said, Reason: s.Reason, Hint: s.Hint, AsOf: s.At.UTC().Truncate(time.Second),
			TookMs: float64(s.Took.Round(time.Millisecond/perMillisecond)) / float64(time.Millisecond)}
		if s.From != fleet.Here {
			d.From = &s.From
		}
		list = append(list, d)
	}
	return list
}

// climbing says how ladders are to be climbed.
type climbing struct {
	check bool   // also from hosts that send builds, with a tiny build
	from  string // the host to ask, or ""

	// What else is done: before, over the same connections; how to connect;
	// and who is told that so many ladders are being climbed, and of each that
	// was. All may be nil.
	first   func(context.Context, *loaded, *sshutil.Pool) error
	links   func(connecting) connecting
	climbed func(of int) func()
}

// climb climbs the ladders of all builders.
func (p *Program) climb(ctx context.Context, l *loaded, how climbing) ([]fleet.BuilderHealth, error) {
	pool, done, err := p.pool(ctx, l)
	if err != nil {
		return nil, err
	}
	if how.first != nil {
		if err := how.first(ctx, l, pool); err != nil {
			return nil, errors.Join(err, done())
		}
	}
	climber := &fleet.Climber{Connect: fleet.PoolLinks(pool), Now: p.Env.Now}
	if how.links != nil {
		climber.Connect = how.links(climber.Connect)
	}
	if how.climbed != nil {
		climber.Climbed = how.climbed(len(l.inv.Builders))
	}
	if how.check {
		climber.Build = rand.Text()
	}
	ladders := climber.ClimbAll(ctx, l.inv.Builders)
	if how.check {
		var asking sync.WaitGroup
		for i := range ladders {
			asking.Go(func() { ladders[i] = fromElsewhere(ctx, climber, l.inv, ladders[i], how.from) })
		}
		asking.Wait()
	}
	answers := p.answers(l.inv.Source)
	for i, ladder := range ladders {
		if how.check {
			if err := answers.Keep(ladder); err != nil {
				return nil, errors.Join(err, done())
			}
		}
		ladders[i] = ladder.Since(answers.Of(ladder.Builder))
	}
	all := make([]fleet.BuilderHealth, 0, len(ladders))
	for _, ladder := range ladders {
		all = append(all, fleet.BuilderHealth{Builder: ladder.Builder}.With(ladder))
	}
	return all, errors.Join(ctx.Err(), done())
}

// fromElsewhere has a host that sends builds check what was not checked from
// here: the first that can be asked.
func fromElsewhere(ctx context.Context, c *fleet.Climber, inv *fleet.Inventory, l fleet.Ladder, from string) fleet.Ladder {
	login, reached := l.Step(fleet.RungLogin)
	wrong := slices.ContainsFunc(l.Steps, func(s fleet.Step) bool { return s.State == fleet.StepBad })
	if !reached || wrong || login.State != fleet.StepUnchecked {
		return l
	}
	hosts := inv.Dispatchers(l.Builder)
	if from != "" {
		hosts = []string{from}
	}
	why := "no host is known to send builds there"
	for _, host := range hosts {
		told, err := c.Ask(ctx, l.Builder, host)
		if err == nil {
			return l.Asked(told)
		}
		why = cmp.Or(explain(err).Message, why)
	}
	for i := range l.Steps {
		if s := &l.Steps[i]; s.State == fleet.StepUnchecked {
			s.Reason += "; nor from elsewhere: " + text.Line(why)
		}
	}
	return l
}

func stepMark(s fleet.StepState) mark {
	switch s {
	case fleet.StepOK:
		return mark{"✓", "+", string(s), good}
	case fleet.StepWarn:
		return mark{"▲", "!", string(s), warn}
	case fleet.StepBad:
		return mark{"✗", "x", string(s), bad}
	}
	return mark{"◌", "?", string(s), faint}
}

// printUnlisted prints what of machines files makes no sense.
func printUnlisted(out io.Writer, s *IO, mistakes []string) {
	for i, mistake := range mistakes {
		if i == 0 {
			fmt.Fprintln(out)
		}
		m := stepMark(fleet.StepWarn)
		s.tell(out, "  "+s.paint(m.ink, m.text(s.ASCII))+"  ", text.Line(mistake))
	}
}

// printLadder prints a builder's rungs: all of them, or those that are not well.
// Commands that a hint names begin with self, as this one did.
func printLadder(out io.Writer, s *IO, self string, h fleet.BuilderHealth, all bool, now time.Time) {
	const names, states = 10, 13
	titled := len(h.Builder.Findings) > 0 || len(h.Held) > 0
	if titled {
		fmt.Fprintf(out, "\n%s\n", text.Line(h.Builder.Name))
	}
	for _, held := range h.Held {
		m := mark{"●", "*", "taken", plain}
		fmt.Fprintf(out, "  %s%s%d by %s\n", text.Fit(m.text(s.ASCII), states), text.Fit("slots", names+1), held.Slots, text.Line(held.Host))
	}
	for _, f := range h.Builder.Findings {
		m := stepMark(fleet.StepWarn)
		s.tell(out, "  "+s.paint(m.ink, text.Fit(m.text(s.ASCII), states))+text.Fit("listed", names+1), text.Line(f))
	}
	for _, step := range h.Steps {
		if step.State == fleet.StepOK && !all {
			continue
		}
		if !titled {
			fmt.Fprintf(out, "\n%s\n", text.Line(h.Builder.Name))
			titled = true
		}
		m := stepMark(step.State)
		said := cmp.Or(step.Reason, step.Said)
		if step.From != fleet.Here {
			said += " (from " + text.Line(step.From) + ", as root)"
		}
		if now.Sub(step.At) >= time.Minute {
			said += ", " + age(step.At, now) + " ago"
		}
		if took := step.Took.Round(time.Millisecond); took > 0 {
			said += fmt.Sprintf(" (%s)", took)
		}
		s.tell(out, "  "+s.paint(m.ink, text.Fit(m.text(s.ASCII), states))+text.Fit(string(step.Rung), names+1), text.Line(strings.TrimSpace(said)))
		if step.Hint != "" && step.State != fleet.StepOK {
			s.tell(out, text.Fit("", states+names+3), "hint: "+text.AsCalled(self, text.Line(step.Hint)))
		}
	}
}
