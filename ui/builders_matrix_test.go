package ui

import (
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
)

func TestBuildersShowRungsAndWhoBuildsWhat(t *testing.T) {
	s := newStage(t, 120, 40)
	s.showFleet()
	builders := threeBuilders()
	for i := range builders {
		builders[i].Health = fleet.HealthDown
	}
	builders[0].Steps = []fleet.Step{
		{Rung: fleet.RungHandshake, State: fleet.StepOK, Said: "Nix 2.31.2"},
		{Rung: fleet.RungTrust, State: fleet.StepBad, From: "h1", At: time.Date(2026, 11, 22, 7, 15, 0, 0, time.UTC), Reason: "its Nix \x1b[2Jdoes not trust nix"},
	}
	s.news(BuildersRead{builders})
	s.keys("2")
	shown := s.text()
	for _, want := range []string{"handshake", "Nix 2.31.2", "trust", `\x1b[2Jdoes not trust nix (from h1 as root), 1d ago`, "what can be built where", "aarch64-linux  nobody can build it now (boraha is down, kelyus is down), and boraha and 2 more need it"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
}
