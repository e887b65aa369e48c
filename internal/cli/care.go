package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// careOptions are how carefully a run goes about it.
type careOptions struct {
	Canary            int
	Wave              int
	MaxFailures       int
	RollbackOnFailure bool
	ConfirmTimeout    int // seconds; 0 asks for no confirmation
	ActivationTimeout int // seconds
	HealthTimeout     int // seconds
	Diff              bool

	limited func() bool // a number of failures was given
}

// register adds the flags that make sense for the action.
func (o *careOptions) register(f *pflag.FlagSet, action nixcmd.Action) {
	f.IntVar(&o.Canary, "canary", 0, "do `N` hosts first, and the others only when these are well")
	f.IntVar(&o.Wave, "wave", 0, "then `N` hosts at a time, each wave only when the one before is well")
	f.IntVar(&o.MaxFailures, "max-failures", 0, "`N` hosts may fail before no more are begun (default: none with waves, any number without)")
	o.limited = func() bool { return f.Changed("max-failures") }
	o.ActivationTimeout, o.HealthTimeout = rollout.UsualActivation, rollout.UsualHealth
	if !action.Activates() && !action.MovesProfile() {
		return
	}
	f.BoolVar(&o.RollbackOnFailure, "rollback-on-failure", false, "put a host back on what it was if its activation or a health check fails")
	f.IntVar(&o.ConfirmTimeout, "confirm-timeout", 0, "have each host go back by itself unless a new login finds it well within `SECONDS` of its activation")
	f.IntVar(&o.ActivationTimeout, "activation-timeout", rollout.UsualActivation, "with --confirm-timeout: `SECONDS` that an activation may take")
	f.IntVar(&o.HealthTimeout, "health-timeout", rollout.UsualHealth, "`SECONDS` for fleet.nix's healthChecks to succeed in")
}

// carefully are more examples, for actions that change hosts.
func carefully(action nixcmd.Action) string {
	if !action.Activates() && !action.MovesProfile() {
		return ""
	}
	return fmt.Sprintf(`
  nixfleet-tui %[1]s --on @web --diff               # build, show what would change, ask, activate just that
  nixfleet-tui %[1]s --on gw --rollback-on-failure --confirm-timeout 90`, action)
}

// check refuses numbers that make no sense.
func (o *careOptions) check() error {
	const leastConfirm = 5 // a login takes a moment
	for _, n := range []struct {
		flag         string
		value, least int
	}{
		{"canary", o.Canary, 0}, {"wave", o.Wave, 0}, {"max-failures", o.MaxFailures, 0},
		{"activation-timeout", o.ActivationTimeout, 1}, {"health-timeout", o.HealthTimeout, 1},
	} {
		if n.value < n.least {
			return usage(fmt.Sprintf("Give a number from %d, such as --%s %d.", n.least, n.flag, max(n.least, 2)), "--%s %d makes no sense", n.flag, n.value)
		}
	}
	if o.ConfirmTimeout < 0 || o.ConfirmTimeout > 0 && o.ConfirmTimeout < leastConfirm {
		return usage("Give the seconds that a new login may take, such as --confirm-timeout 90.", "--confirm-timeout %d is too short", o.ConfirmTimeout)
	}
	return nil
}

// applyCare puts the care into a plan; a run that is done again takes as much as before.
func (o *actionOptions) applyCare(l *loaded, p *rollout.Plan) {
	for i, h := range p.Hosts {
		host, _ := l.inv.Host(h.Name)
		p.Hosts[i].HealthChecks = host.HealthChecks
	}
	if was := o.again; was != nil {
		p.Waves, p.Undo, p.Confirm, p.HealthSeconds = was.Waves, was.Undo, was.Confirm, was.HealthSeconds
		return
	}
	c := o.careOptions
	if c.Canary > 0 || c.Wave > 0 || c.limited != nil && c.limited() {
		p.Waves = &rollout.Waves{Canary: c.Canary, Size: c.Wave, MaxFailures: c.MaxFailures}
	}
	p.Undo, p.HealthSeconds = c.RollbackOnFailure, c.HealthTimeout
	if c.ConfirmTimeout > 0 {
		p.Confirm = &rollout.Confirm{Within: c.ConfirmTimeout, Longest: c.ActivationTimeout}
	}
}

// careFindings say how carefully a plan goes about it.
func careFindings(p *rollout.Plan) []rollout.Finding {
	var words []string
	if w := p.Waves; w != nil && len(p.Hosts) > 1 {
		words = append(words, waveWords(w))
	}
	if p.Undo {
		words = append(words, "a host whose activation or health check fails is put back on what it was")
	}
	if c := p.Confirm; c != nil {
		words = append(words, fmt.Sprintf("each host goes back by itself unless a new login confirms it within %d s of its activation", c.Within))
	}
	var found []rollout.Finding
	for _, w := range words {
		found = append(found, rollout.Finding{Check: rollout.CheckPlan, Level: rollout.LevelNote, Message: w})
	}
	return found
}

// waveWords say in which steps hosts are taken.
func waveWords(w *rollout.Waves) string {
	var steps []string
	if w.Canary > 0 {
		steps = append(steps, count(w.Canary, "host")+" first")
	}
	switch {
	case w.Size > 0:
		steps = append(steps, fmt.Sprintf("%d at a time", w.Size))
	case w.Canary > 0:
		steps = append(steps, "the others")
	}
	stop := "no more are begun as soon as one fails"
	if w.MaxFailures > 0 {
		stop = fmt.Sprintf("no more are begun when more than %d fail", w.MaxFailures)
	}
	if len(steps) == 0 {
		return stop
	}
	return strings.Join(steps, ", then ") + "; " + stop
}

// waveEvent says where a run stands in its waves.
func waveEvent(w *rollout.Wave) string {
	if w.Stopped != "" {
		return fmt.Sprintf("no more hosts are begun: %s", w.Stopped)
	}
	return fmt.Sprintf("wave %d of %d: %s", w.Number, w.Of, strings.Join(w.Hosts, ", "))
}
