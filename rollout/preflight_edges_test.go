package rollout

import (
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// TestPlanTakesWhatWasSeen: whose password is asked for, whose agent comes
// along, and who comes last follows from what was looked at.
func TestPlanTakesWhatWasSeen(t *testing.T) {
	agent := sshutil.SudoForecast{Outlook: sshutil.SudoWillWork, By: sshutil.SudoByUssh}
	for name, c := range map[string]struct {
		scene           func(*scene)
		password, agent bool
		last            bool
	}{
		"nothing":                  {scene: func(*scene) {}},
		"sudo wants a password":    {scene: func(s *scene) { s.plan.Ask, s.h1.Sudo = true, fleet.SudoPassword }, password: true},
		"nobody is to be asked":    {scene: func(s *scene) { s.h1.Sudo = fleet.SudoPassword }},
		"sudo wants none":          {scene: func(s *scene) { s.plan.Ask = true }},
		"it was not looked at":     {scene: func(s *scene) { s.plan.Ask, s.h1.Sudo, s.err = true, fleet.SudoPassword, down() }},
		"the agent lets sudo work": {scene: func(s *scene) { s.ground.Sudo.Forecasts = map[string]sshutil.SudoForecast{"h1": agent} }, agent: true},
		"a rule lets sudo work": {scene: func(s *scene) {
			s.ground.Sudo.Forecasts = map[string]sshutil.SudoForecast{"h1": {Outlook: sshutil.SudoWillWork, By: sshutil.SudoByRule}}
		}},
		"the agent may not suffice": {scene: func(s *scene) {
			s.ground.Sudo.Forecasts = map[string]sshutil.SudoForecast{"h1": {Outlook: sshutil.SudoUncertain, By: sshutil.SudoByUssh}}
		}},
		"it was to come last anyway": {scene: func(s *scene) { s.plan.Hosts[0].Last = true }, last: true},
		"it is this machine":         {scene: func(s *scene) { s.plan.On = "h1" }, last: true},
	} {
		s := newScene()
		s.h1.Reading.Generation = 7
		c.scene(s)
		s.findings()
		if h := s.plan.Hosts[0]; h.Password != c.password || h.SudoAgent != c.agent || h.Last != c.last || h.Generation != 7 {
			t.Errorf("%s: password %v, agent %v, last %v, generation %d", name, h.Password, h.SudoAgent, h.Last, h.Generation)
		}
	}
}

// TestForetoldSudo: what was foretold refuses a host only when sudo itself gave
// no better answer, and nobody can give one.
func TestForetoldSudo(t *testing.T) {
	const (
		never = "blocker no password will do there: why"
		will  = "blocker sudo will not work there: why"
	)
	for _, c := range []struct {
		said    fleet.Sudo
		outlook sshutil.SudoOutlook
		ask     bool
		want    string // among the findings; "": neither
	}{
		{fleet.SudoPassword, sshutil.SudoWillFail, true, never},
		{fleet.SudoPassword, sshutil.SudoNeedsPassword, true, ""},
		{fleet.SudoPassword, sshutil.SudoWillFail, false, ""}, // it is refused already
		{fleet.SudoSilent, sshutil.SudoWillFail, false, will},
		{fleet.SudoSilent, sshutil.SudoWillFail, true, will},
		{fleet.SudoUnknown, sshutil.SudoNeedsPassword, false, will},
		{fleet.SudoUnknown, sshutil.SudoNeedsPassword, true, ""},
		{fleet.SudoSilent, sshutil.SudoWillWork, false, ""},
		{fleet.SudoWorks, sshutil.SudoWillFail, false, ""},
	} {
		s := newScene()
		s.plan.Ask, s.h1.Sudo = c.ask, c.said
		s.ground.Sudo.Forecasts = map[string]sshutil.SudoForecast{"h1": {Outlook: c.outlook, Reason: "why", Risks: []sshutil.SudoRisk{{Message: "a hole"}}}}
		found := strings.Join(s.findings(), "\n")
		for _, refusal := range []string{never, will} {
			if strings.Contains(found, refusal) != (refusal == c.want) {
				t.Errorf("%s, %s, ask %v: %s", c.said, c.outlook, c.ask, found)
			}
		}
		if c.said == fleet.SudoPassword && c.ask != strings.Contains(found, "you will be asked for it") {
			t.Errorf("%s, ask %v: %s", c.said, c.ask, found)
		}
		s.plan.Hosts[0].Sudo = false // it is logged in to as root
		if found := strings.Join(s.findings(), "\n"); strings.Contains(found, "a hole") || strings.Contains(found, will) {
			t.Errorf("without sudo: %s", found)
		}
	}
}

// TestLapsesOnlyWhereSudoGoesByIt: of a certificate that lasts, or that sudo
// does not go by, nothing is said.
func TestLapsesOnlyWhereSudoGoesByIt(t *testing.T) {
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		outlook sshutil.SudoOutlook
		left    time.Duration
		takes   time.Duration
		said    bool
	}{
		{sshutil.SudoWillWork, fleet.LapseSoon - time.Minute, 0, true},
		{sshutil.SudoWillWork, fleet.LapseSoon, 0, false},
		{sshutil.SudoWillWork, 12 * time.Hour, 0, false},
		{sshutil.SudoWillWork, time.Hour, time.Hour, false},
		{sshutil.SudoWillWork, time.Hour, time.Hour + 1, true},
		{sshutil.SudoUncertain, time.Minute, time.Hour, false},
	} {
		s := newScene()
		s.ground.Sudo = SudoGround{Forecasts: map[string]sshutil.SudoForecast{"h1": {Outlook: c.outlook, By: sshutil.SudoByUssh, Key: "K", Until: now.Add(c.left)}}, Now: now, Takes: c.takes}
		if found := strings.Join(s.findings(), "\n"); strings.Contains(found, "lapses") != c.said {
			t.Errorf("%s, %v left, takes %v: %q", c.outlook, c.left, c.takes, found)
		}
	}
}

// TestFindingsOfReachWithAnswers: who only waits for an answer is refused where
// nobody may be asked.
func TestFindingsOfReachWithAnswers(t *testing.T) {
	for ask, want := range map[bool]string{true: "h1 reach warning it was not looked at beforehand: new; when its turn comes you will be asked", false: "h1 reach blocker"} {
		s := newScene()
		s.plan.Ask, s.err = ask, &sshutil.Error{Kind: sshutil.KindHostKeyUnknown, Message: "new"}
		if found := strings.Join(s.findings(), "\n"); !strings.HasPrefix(found, want) {
			t.Errorf("ask %v: %s", ask, found)
		}
	}
	s := newScene()
	s.plan.Hosts[0].BuildOn, s.err2 = "h2", &sshutil.Error{Kind: sshutil.KindNeedsTouch, Message: "a touch"}
	if found := strings.Join(s.findings(), "\n"); !strings.Contains(found, "h1 reach warning h2, where it is built, was not looked at beforehand: a touch") {
		t.Errorf("found %s", found)
	}
}

// TestWhatActionsAskOfHosts: what is looked at before them follows from it.
func TestWhatActionsAskOfHosts(t *testing.T) {
	for action, want := range map[nixcmd.Action][2]bool{
		nixcmd.Switch: {true, true}, nixcmd.Boot: {true, true}, nixcmd.Test: {true, true}, nixcmd.DryActivate: {true, false},
		nixcmd.Collect: {true, false}, nixcmd.Build: {false, false}, nixcmd.DryBuild: {false, false},
	} {
		p := Plan{Action: action}
		if got := [2]bool{p.disturbs(), p.changes()}; got != want {
			t.Errorf("%s disturbs and changes: %v, want %v", action, got, want)
		}
	}
}

func TestAmountsInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		59 * time.Second: "less than a minute", time.Minute: "1 minute", 89 * time.Second: "1 minute", 2 * time.Minute: "2 minutes",
		119 * time.Minute: "119 minutes", 2 * time.Hour: "2 hours", 179 * time.Minute: "2 hours",
	} {
		if got := minutes(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int64]string{1 << 20: "1 MiB", 3 << 19: "1.5 MiB", 201 << 19: "100 MiB", 1 << 30: "1 GiB", 3 << 29: "1.5 GiB", 1023 << 20: "1023 MiB"} {
		if got := size(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
