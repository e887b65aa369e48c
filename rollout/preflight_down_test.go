package rollout

import (
	"errors"
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// TestSkipDown: who is left out with those that are down, and what is said of
// the others.
func TestSkipDown(t *testing.T) {
	elsewhere := func(s *scene) { s.plan.Hosts[0].BuildOn, s.h1.Trust = "h2", nixcmd.Trusted }
	otherKey := &sshutil.Error{Kind: sshutil.KindHostKeyChanged, Message: "the key has changed", Hint: "look"}
	two := func(s *scene, pi, rho fleet.Health) {
		helper(s, pi)
		s.h1.Machines = append(s.h1.Machines, nixcmd.Machine{HostName: "rho", Systems: []string{"aarch64-linux"}, MaxJobs: 1})
		s.ground.Helpers["rho"] = fleet.BuilderHealth{Health: rho}
	}
	for name, c := range map[string]struct {
		set  func(*scene)
		skip string
		find string // how the first finding begins; "": nothing is found
	}{
		"all are up":                  {elsewhere, "", ""},
		"it is down":                  {func(s *scene) { s.err = down() }, "unreachable: no answer in time", ""},
		"so is its builder":           {func(s *scene) { elsewhere(s); s.err, s.err2 = down(), down() }, "unreachable: no answer in time", ""},
		"its builder is":              {func(s *scene) { elsewhere(s); s.err2 = down() }, "its builder h2 is down: no answer in time", ""},
		"its builder, behind a touch": {func(s *scene) { elsewhere(s); s.err, s.err2 = &sshutil.Error{Kind: sshutil.KindNeedsTouch}, down() }, "its builder h2 is down: no answer in time", ""},
		"another's builder is":        {func(s *scene) { s.err2 = down() }, "", ""},
		"its builder has another key": {func(s *scene) { elsewhere(s); s.err2 = otherKey }, "", "h1 reach blocker h2, where it is built, shows a host key that is not accepted: the key has changed: look; it is not down, so it is not skipped"},
		"it has, its builder is down": {func(s *scene) { elsewhere(s); s.err, s.err2 = otherKey, down() }, "", "h1 reach blocker it shows a host key that is not accepted: the key has changed: look; it is not down"},
		"nobody knows about here": {func(s *scene) {
			s.plan.Hosts[0].BuildOn, s.h1.Trust, s.here = BuildOnLocal, nixcmd.Trusted, errors.New("odd")
		}, "", "h1 platform warning what this machine builds for"},

		"who helps it is down":     {func(s *scene) { aarch64(s); helper(s, fleet.HealthDown) }, "its builder pi is down: no route to pi", ""},
		"who helps it is ill":      {func(s *scene) { aarch64(s); helper(s, fleet.HealthIll) }, "", "h1 platform confirm nobody builds for aarch64-linux"},
		"who helps it is unknown":  {func(s *scene) { aarch64(s); helper(s, fleet.HealthUnknown) }, "", "h1 platform warning"},
		"who helps it is well":     {func(s *scene) { aarch64(s); helper(s, fleet.HealthOK) }, "", ""},
		"nobody would":             {aarch64, "", "h1 platform confirm nobody builds for aarch64-linux"},
		"it needs no help":         {func(s *scene) { helper(s, fleet.HealthDown) }, "", ""},
		"both who help it are":     {func(s *scene) { aarch64(s); two(s, fleet.HealthDown, fleet.HealthDown) }, "its builders pi, rho are down", ""},
		"it has another builder":   {func(s *scene) { aarch64(s); two(s, fleet.HealthDown, fleet.HealthOK) }, "", ""},
		"the other builder is ill": {func(s *scene) { aarch64(s); two(s, fleet.HealthDown, fleet.HealthIll) }, "", "h1 platform confirm nobody builds for aarch64-linux"},
		"who helps its builder is": {func(s *scene) {
			elsewhere(s)
			aarch64(s)
			helper(s, fleet.HealthDown)
			s.h1.Machines, s.h2.Machines = nil, s.h1.Machines
		}, "its builder pi is down: no route to pi", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			s.plan.SkipDown = true
			c.set(s)
			found := s.findings()
			if got := s.plan.Hosts[0].Skip; got != c.skip {
				t.Errorf("left out because %q, want %q", got, c.skip)
			}
			begins(t, found, c.find)
			s.plan.SkipDown, s.plan.Hosts[0].Skip = false, ""
			if again := s.findings(); s.plan.Hosts[0].Skip != "" || c.skip != "" && len(again) == 0 {
				t.Errorf("nobody asked for it: %q, %q", s.plan.Hosts[0].Skip, again)
			}
		})
	}
}

// begins fails unless the first finding begins so; "" is no finding at all.
func begins(t *testing.T, found []string, first string) {
	t.Helper()
	if first == "" && len(found) > 0 || first != "" && (len(found) == 0 || !strings.HasPrefix(found[0], first)) {
		t.Errorf("found %q, want %q", found, first)
	}
}
