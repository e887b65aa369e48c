package rollout

import (
	"fmt"
	"strings"

	"nixfleet-tui/sshutil"
)

// touches are how often a person will have to touch a security key for one host.
type touches struct {
	login int // once, for all that share the login
	sudo  int // for each step that sudo guards: it asks anew every time
	maybe int // for sudo, on a host that could not be looked at without a touch
}

func (t touches) sure() int { return t.login + t.sudo }

// touchesOf counts what is known of one host.
func (g *Ground) touchesOf(p *Plan, h PlanHost) touches {
	var t touches
	look, looked := g.Looks[h.Name]
	if !looked || h.Skip != "" {
		return t
	}
	t.login = boolInt(needsTouch(look.Err) || look.Survey.Touch)
	steps := 0
	if h.Sudo {
		steps = p.Dialect.Elevated(p.Action)
	}
	switch c := g.Sudo.Forecasts[h.Name]; {
	case c.Touch && (c.Outlook == sshutil.SudoWillWork || c.Outlook == sshutil.SudoUncertain):
		t.sudo = steps
	case needsTouch(look.Err) && g.Agent && h.ForwardAgent:
		t.maybe = steps
	}
	return t
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// touches tells how many touches to expect on the host.
func (f *finder) touches() {
	t := f.ground.touchesOf(f.plan, f.host)
	var parts []string
	if t.login > 0 {
		parts = append(parts, fmt.Sprintf("%d to log in", t.login))
	}
	if t.sudo > 0 {
		parts = append(parts, fmt.Sprintf("%d for sudo, which asks anew for each of its steps (%s)", t.sudo, f.ground.Sudo.Forecasts[f.host.Name].Key))
	}
	more := ""
	if t.maybe > 0 {
		more = fmt.Sprintf(", and up to %d more if sudo there asks the agent", t.maybe)
	}
	if len(parts) > 0 {
		f.add(CheckTouch, LevelNote, fmt.Sprintf("expect %s of your security key: %s%s", countTouches(t.sure()), strings.Join(parts, " and "), more), "")
	}
}

// allTouches tells how many touches a run of several hosts takes.
func (g *Ground) allTouches(p *Plan) []Finding {
	sum, maybe, hosts := 0, 0, 0
	for _, h := range p.Hosts {
		t := g.touchesOf(p, h)
		sum += t.sure()
		maybe += t.maybe
		hosts += boolInt(t.sure() > 0)
	}
	if hosts < 2 {
		return nil
	}
	message := fmt.Sprintf("expect %s of your security key in all, on %d hosts", countTouches(sum), hosts)
	if maybe > 0 {
		message += fmt.Sprintf(", and up to %d more", maybe)
	}
	return []Finding{{Check: CheckTouch, Level: LevelNote, Message: message, Hint: "Stay near the key: a touch that does not come in time fails its step."}}
}

func countTouches(n int) string {
	if n == 1 {
		return "1 touch"
	}
	return fmt.Sprintf("%d touches", n)
}
