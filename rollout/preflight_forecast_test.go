package rollout

import (
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

func TestForetoldFindings(t *testing.T) {
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	lapsing := func(left time.Duration) sshutil.SudoForecast {
		return sshutil.SudoForecast{Outlook: sshutil.SudoWillWork, By: sshutil.SudoByUssh, Key: `certificate "me"`, Until: now.Add(left)}
	}
	expired := sshutil.SudoForecast{Outlook: sshutil.SudoNeedsPassword, By: sshutil.SudoByUssh, Reason: "sudo wants the password of ops, because it expired",
		Miss: `certificate "me" expired 3 minutes ago`, Hint: "Make a new one: nixfleet-tui cert sign."}
	for name, c := range map[string]struct {
		forecast sshutil.SudoForecast
		sudo     fleet.Sudo
		takes    time.Duration
		action   nixcmd.Action
		want     string // how the first finding begins; "": none
		says     string
	}{
		"works":                         {forecast: lapsing(3 * time.Hour), takes: time.Hour},
		"lapses, for all that is known": {forecast: lapsing(12 * time.Minute), want: "h1 sudo warning", says: `certificate "me" lapses in 12 minutes`},
		"lapses in time":                {forecast: lapsing(12 * time.Minute), takes: 5 * time.Minute},
		"lapses too soon":               {forecast: lapsing(12 * time.Minute), takes: 20 * time.Minute, want: "h1 sudo confirm", says: "such a run takes about 20 minutes"},
		"lapses, and nobody minds":      {forecast: lapsing(time.Minute), action: nixcmd.Build},
		"never lapses":                  {forecast: sshutil.SudoForecast{Outlook: sshutil.SudoWillWork, By: sshutil.SudoByRule}, takes: time.Hour},
		"the nearest miss is told":      {forecast: expired, sudo: fleet.SudoPassword, want: "h1 sudo blocker sudo wants a password of ops", says: "expired 3 minutes ago: Make a new one"},
		"it should have worked": {forecast: lapsing(3 * time.Hour), sudo: fleet.SudoPassword, want: "h1 sudo blocker",
			says: `pam_ussh should have let certificate "me" through: Ask the agent here to sign`},
		"no answer, and it will fail": {forecast: sshutil.SudoForecast{Outlook: sshutil.SudoWillFail, Reason: "there is no way"}, sudo: fleet.SudoSilent,
			want: "h1 sudo warning", says: ""},
		"no answer, and a password is wanted": {forecast: sshutil.SudoForecast{Outlook: sshutil.SudoNeedsPassword, Reason: "it expired"}, sudo: fleet.SudoUnknown,
			want: "h1 sudo warning"},
		"a touch": {forecast: sshutil.SudoForecast{Outlook: sshutil.SudoWillWork, By: sshutil.SudoByUssh, Key: "K", Touch: true}, want: "h1 touch note", says: "expect 2 touches of your security key: 2 for sudo, which asks anew for each of its steps (K)"},
		"a hole":  {forecast: sshutil.SudoForecast{Outlook: sshutil.SudoWillWork, Risks: []sshutil.SudoRisk{{Message: "everybody is root"}}}, want: "h1 security warning everybody is root"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			s.ground.Sudo = SudoGround{Forecasts: map[string]sshutil.SudoForecast{"h1": c.forecast}, Now: now, Takes: c.takes}
			if c.sudo != "" {
				s.h1.Sudo = c.sudo
			}
			if c.action != "" {
				s.plan.Action = c.action
			}
			found := s.findings()
			switch {
			case c.want == "" && len(found) > 0, c.want != "" && len(found) == 0:
				t.Errorf("found %q", found)
			case c.want != "" && (!strings.HasPrefix(found[0], c.want) || !strings.Contains(found[0], c.says)):
				t.Errorf("found %q", found)
			}
			if name == "no answer, and a password is wanted" && !strings.Contains(strings.Join(found, "\n"), "h1 sudo blocker sudo will not work there: it expired") {
				t.Errorf("nobody can be asked, and it is not refused: %q", found)
			}
			if c.forecast.Outlook == sshutil.SudoWillFail && !strings.Contains(strings.Join(found, "\n"), "h1 sudo blocker sudo will not work there: there is no way") {
				t.Errorf("what fails for sure is not refused: %q", found)
			}
		})
	}
}

// TestForetoldWithQuestions: a person is not asked for a password that helps nothing.
func TestForetoldWithQuestions(t *testing.T) {
	for outlook, refused := range map[sshutil.SudoOutlook]bool{sshutil.SudoWillFail: true, sshutil.SudoNeedsPassword: false, sshutil.SudoUncertain: false} {
		s := newScene()
		s.plan.Ask, s.h1.Sudo = true, fleet.SudoPassword
		s.ground.Sudo.Forecasts = map[string]sshutil.SudoForecast{"h1": {Outlook: outlook, Reason: "who has none"}}
		found := strings.Join(s.findings(), "\n")
		if strings.Contains(found, "h1 sudo blocker no password will do there: who has none") != refused {
			t.Errorf("%s: %s", outlook, found)
		}
	}
}

func TestExpectedLength(t *testing.T) {
	start := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	run := func(action nixcmd.Action, host string, took time.Duration, outcome Outcome) View {
		return View{Plan: Plan{Action: action}, Tasks: []TaskView{{Host: host, Started: start, Ended: start.Add(took), Verdict: &Verdict{Outcome: outcome}}}}
	}
	runs := []View{
		run(nixcmd.Switch, "h1", 10*time.Minute, OutcomeOK), run(nixcmd.Switch, "h1", time.Hour, OutcomeFailed), run(nixcmd.Build, "h1", 9*time.Hour, OutcomeOK),
		run(nixcmd.Switch, "h1", 20*time.Minute, OutcomeOK), run(nixcmd.Switch, "h2", 30*time.Minute, OutcomeOK), {Tasks: []TaskView{{Host: "h1"}}},
	}
	for _, c := range []struct {
		hosts    []string
		parallel int
		want     time.Duration
		known    bool
	}{
		{[]string{"h1"}, 4, 15 * time.Minute, true},
		{[]string{"h1", "h2"}, 4, 30 * time.Minute, true},
		{[]string{"h1", "h2"}, 1, 45 * time.Minute, true},
		{[]string{"h2", "h3", "h4"}, 1, 90 * time.Minute, true},
		{[]string{"h3"}, 1, 0, false},
	} {
		p := &Plan{Action: nixcmd.Switch, Parallel: c.parallel}
		for _, h := range c.hosts {
			p.Hosts = append(p.Hosts, PlanHost{Name: h})
		}
		p.Hosts = append(p.Hosts, PlanHost{Name: "h2", Skip: "down"})
		if got, known := ExpectedLength(p, runs); got != c.want || known != c.known {
			t.Errorf("%v, %d at a time: %s %v, not %s", c.hosts, c.parallel, got, known, c.want)
		}
	}
}
