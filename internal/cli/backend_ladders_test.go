package cli

import (
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/ui"
)

// TestACheckThatIsNotShownIsTold: of a builder that polling finds ill the ladder
// is not shown, so what a person asked to be checked is said.
func TestACheckThatIsNotShownIsTold(t *testing.T) {
	kelyus := fleet.Builder{Name: "kelyus"}
	ill := fleet.Step{Rung: fleet.RungHandshake, State: fleet.StepBad, Reason: "the daemon hung up", Hint: "Restart it."}
	for want, l := range map[ui.Said]fleet.Ladder{
		{Message: "checked kelyus: the daemon hung up", Hint: "Restart it."}:                    {Builder: kelyus, Steps: []fleet.Step{ill}},
		{Message: "checked kelyus: it is well", Hint: "The next reading of its host shows it."}: {Builder: kelyus, Steps: []fleet.Step{{Rung: fleet.RungHandshake, State: fleet.StepOK}, {Rung: fleet.RungStore, State: fleet.StepOK}}},
		{Message: "checked kelyus: it is not known whether it can build"}:                       {Builder: kelyus},
	} {
		if got := checkedWords(l); got != want {
			t.Errorf("it says %+v, want %+v", got, want)
		}
	}
	k := &ladders{polled: map[string]bool{}}
	k.judged([]fleet.BuilderHealth{{Builder: kelyus, Health: fleet.HealthIll}, {Builder: fleet.Builder{Name: "indri"}, Health: fleet.HealthOK}})
	if !k.polled["kelyus"] || k.polled["indri"] {
		t.Errorf("polling's word: %v", k.polled)
	}
}
