package rollout

import (
	"fmt"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// SudoGround is what preflight knows of sudo before it asks it.
type SudoGround struct {
	Forecasts map[string]sshutil.SudoForecast // by host
	Now       time.Time                       // when they were made
	Takes     time.Duration                   // how long the run is expected to take; 0 when not known
}

// forecast is what was foretold of the host; its zero value says nothing.
func (f *finder) forecast() sshutil.SudoForecast { return f.ground.Sudo.Forecasts[f.host.Name] }

// foretold judges what can be told of sudo beforehand: holes in how the host
// guards root, whether what works now still will when sudo's turn comes, and,
// when sudo itself gave no answer, whether it would surely fail.
func (f *finder) foretold() {
	c := f.forecast()
	if c.Outlook == sshutil.SudoNotForeseen || !f.plan.disturbs() || !f.host.Sudo {
		return
	}
	for _, risk := range c.Risks {
		f.add(CheckSecurity, LevelWarning, risk.Message, risk.Hint)
	}
	switch f.survey.Sudo {
	case fleet.SudoWorks, fleet.SudoNotAsked:
		f.lapses(c)
	case fleet.SudoPassword:
		if c.Outlook == sshutil.SudoWillFail && f.plan.Ask {
			f.add(CheckSudo, LevelBlocker, "no password will do there: "+c.Reason, c.Hint)
		}
	case fleet.SudoSilent, fleet.SudoUnknown:
		if c.Outlook == sshutil.SudoWillFail || c.Outlook == sshutil.SudoNeedsPassword && !f.plan.Ask {
			f.add(CheckSudo, LevelBlocker, "sudo will not work there: "+c.Reason, c.Hint)
		}
	}
}

// lapses judges whether a certificate is still valid when sudo's turn comes,
// which is after everything has been built.
func (f *finder) lapses(c sshutil.SudoForecast) {
	left := c.Until.Sub(f.ground.Sudo.Now)
	if c.Outlook != sshutil.SudoWillWork || c.Until.IsZero() {
		return
	}
	const hint = "Make a new one first: nixfleet-tui cert sign."
	switch takes := f.ground.Sudo.Takes; {
	case takes > left:
		f.add(CheckSudo, LevelConfirm, fmt.Sprintf("%s lapses in %s, and such a run takes about %s: sudo would fail at its end", c.Key, minutes(left), minutes(takes)), hint)
	case takes == 0 && left < fleet.LapseSoon:
		f.add(CheckSudo, LevelWarning, fmt.Sprintf("%s lapses in %s, and sudo is asked when everything is built", c.Key, minutes(left)), hint)
	}
}

// minutes is a time as people say it.
func minutes(d time.Duration) string {
	switch n := int(d.Round(time.Minute) / time.Minute); {
	case d < time.Minute:
		return "less than a minute"
	case n == 1:
		return "1 minute"
	case n < 120:
		return fmt.Sprintf("%d minutes", n)
	default:
		return fmt.Sprintf("%d hours", n/60)
	}
}

// miss says, after a finding that sudo wants a password, what would have done
// instead and came short.
func (f *finder) miss() string {
	switch c := f.forecast(); {
	case c.Miss != "":
		return "; " + c.Miss
	case c.Outlook == sshutil.SudoWillWork && c.By.Agent():
		return fmt.Sprintf("; %s should have let %s through", c.By, c.Key)
	}
	return ""
}

// mend is what would let sudo through without a password, if that is known.
func (f *finder) mend() string {
	c := f.forecast()
	if c.Outlook == sshutil.SudoWillWork && c.By.Agent() {
		return "Ask the agent here to sign: a key added with ssh-add -c wants a yes, one added with ssh-add -h signs for logins only, and a locked agent signs nothing."
	}
	if c.Miss == "" {
		return "" // it is about passwords
	}
	return c.Hint
}

// ExpectedLength is how long a plan will take by what the runs before it took,
// the newest first; false when none of its hosts was in one.
func ExpectedLength(p *Plan, runs []View) (time.Duration, bool) {
	var longest, sum time.Duration
	known, hosts := 0, 0
	for _, h := range p.Hosts {
		if h.Skip != "" {
			continue
		}
		hosts++
		if took, ok := lastTook(runs, p, h.Name); ok {
			known++
			sum += took
			longest = max(longest, took)
		}
	}
	if known == 0 {
		return 0, false
	}
	all := sum / time.Duration(known) * time.Duration(hosts) // those that are not known are like the others
	return max(longest, all/time.Duration(max(1, p.Parallel))), true
}

// lastTook is how long a host took in the newest runs of the same action, on
// average.
func lastTook(runs []View, p *Plan, host string) (time.Duration, bool) {
	var sum time.Duration
	n := 0
	for i := range runs {
		t := runs[i].Task(host)
		if runs[i].Plan.Action != p.Action || t == nil || t.Started.IsZero() || !t.Ended.After(t.Started) || t.Verdict == nil || t.Verdict.Outcome != OutcomeOK {
			continue
		}
		sum += t.Ended.Sub(t.Started)
		if n++; n == lengthsLooked {
			break
		}
	}
	return sum / time.Duration(max(1, n)), n > 0
}
