package rollout

import (
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

func TestTouchesAreCounted(t *testing.T) {
	byKey := sshutil.SudoForecast{Outlook: sshutil.SudoWillWork, By: sshutil.SudoByUssh, Touch: true, Key: "K"}
	needs := &sshutil.Error{Kind: sshutil.KindNeedsTouch, Host: "h1", Message: "only a key that wants a touch is left"}
	two := func(s *scene) {
		s.plan.Hosts = append(s.plan.Hosts, PlanHost{Name: "h2", BuildOn: BuildOnTarget, Sudo: true})
	}
	for name, c := range map[string]struct {
		set  func(s *scene)
		want string // what is told, without the hosts; "": nothing
	}{
		"no key that wants one": {func(*scene) {}, ""},
		"sudo by another key": {func(s *scene) {
			s.sudo("h1", sshutil.SudoForecast{Outlook: sshutil.SudoWillWork, By: sshutil.SudoByUssh})
		}, ""},
		"sudo":                       {func(s *scene) { s.sudo("h1", byKey) }, "2 touches of your security key: 2 for sudo"},
		"sudo, the old program":      {func(s *scene) { s.sudo("h1", byKey); s.plan.Dialect.Kind = nixcmd.KindBash }, "3 touches of your security key: 3 for sudo"},
		"sudo, test":                 {func(s *scene) { s.sudo("h1", byKey); s.plan.Action = nixcmd.Test }, "1 touch of your security key: 1 for sudo"},
		"sudo, build":                {func(s *scene) { s.sudo("h1", byKey); s.plan.Action = nixcmd.Build }, ""},
		"as root":                    {func(s *scene) { s.sudo("h1", byKey); s.plan.Hosts[0].Sudo = false }, ""},
		"logged in by touch before":  {func(s *scene) { s.h1.Touch = true }, "1 touch of your security key: 1 to log in"},
		"login and sudo":             {func(s *scene) { s.h1.Touch = true; s.sudo("h1", byKey) }, "3 touches of your security key: 1 to log in and 2 for sudo"},
		"not looked at":              {func(s *scene) { s.err = needs }, "1 touch of your security key: 1 to log in, and up to 2 more if sudo there asks the agent"},
		"not looked at, no agent":    {func(s *scene) { s.err = needs; s.plan.Hosts[0].ForwardAgent = false }, "1 touch of your security key: 1 to log in"},
		"down":                       {func(s *scene) { s.err = down() }, ""},
		"two hosts, one with a key":  {func(s *scene) { two(s); s.h1.Touch = true }, "1 touch of your security key: 1 to log in"},
		"two hosts, both with a key": {func(s *scene) { two(s); s.err = needs; s.sudo("h2", byKey) }, "3 touches of your security key in all, on 2 hosts, and up to 2 more"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			c.set(s)
			var told []string
			for _, f := range s.findings() {
				if strings.Contains(f, " touch note ") {
					told = append(told, f)
				}
			}
			if c.want == "" && len(told) > 0 || c.want != "" && (len(told) == 0 || !strings.Contains(told[len(told)-1], "expect "+c.want)) {
				t.Errorf("told %q", told)
			}
		})
	}
}

// sudo sets what was foretold of sudo on a host.
func (s *scene) sudo(host string, c sshutil.SudoForecast) {
	if s.ground.Sudo.Forecasts == nil {
		s.ground.Sudo.Forecasts = map[string]sshutil.SudoForecast{}
	}
	s.ground.Sudo.Forecasts[host] = c
}
