package fleet

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestWhatWasAskedIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "builders.json")
	at := time.Date(2026, 11, 22, 7, 15, 0, 0, time.UTC)
	b := rungBuilder()
	climbed := Ladder{Builder: b, Steps: []Step{
		{Rung: RungConnect, State: StepOK, At: at}, {Rung: RungLogin, State: StepOK, From: "h1", At: at, Said: "as nix"},
		{Rung: RungTrust, State: StepUnchecked, From: "h1", At: at}, {Rung: RungStore, State: StepOK, At: at}, {Rung: RungBuild, State: StepOK, At: at},
	}}
	first := &Asked{Path: path}
	if l := first.Of(b); len(l.Steps) != 0 {
		t.Errorf("of nothing it knows %s", states(l))
	}
	if err := first.Keep(climbed); err != nil {
		t.Fatal(err)
	}
	other := b
	other.Name = "other"
	if err := (&Asked{Path: path}).Keep(Ladder{Builder: other, Steps: climbed.Steps[4:]}); err != nil {
		t.Fatal(err)
	}
	if err := first.Keep(Ladder{Builder: b, Steps: climbed.Steps[:1]}); err != nil {
		t.Fatal(err)
	}
	if err := first.Keep(Ladder{Builder: b, Steps: []Step{{Rung: RungTrust, State: StepOK, From: "h2"}}}); err != nil {
		t.Fatal(err)
	}
	again := &Asked{Path: path}
	l := again.Of(b)
	if got := states(l); got != "login=ok trust=ok build=ok" || l.Steps[0].From != "h1" || !l.Steps[0].At.Equal(at) || l.Steps[0].Said != "as nix" {
		t.Errorf("the next start knows %+v", l.Steps)
	}
	if got := states(again.Of(other)); got != "build=ok" {
		t.Errorf("of the other it knows %s", got)
	}
	if err := again.Keep(Ladder{Builder: b, Steps: []Step{{Rung: RungLogin, State: StepBad, From: "h1"}}}); err != nil || states(again.Of(b)) != "login=bad" {
		t.Errorf("below what is bad now it still knows %s (%v)", states(again.Of(b)), err)
	}
	b.SSHUser = "somebody-else"
	if got := states(again.Of(b)); got != "" {
		t.Errorf("of another login it knows %s", got)
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
		t.Errorf("it leaves %q behind (%v)", left, err)
	}
}

func TestWhatWasAskedCannotBeRead(t *testing.T) {
	var none *Asked
	if err := none.Keep(Ladder{Steps: []Step{{Rung: RungBuild, State: StepOK}}}); err != nil || len(none.Of(rungBuilder()).Steps) != 0 {
		t.Errorf("nothing keeps %v", err)
	}
	path := filepath.Join(t.TempDir(), "builders.json")
	for _, content := range []string{"", "[]", `{"version":2,"builders":{"b":{}}}`, `{"version":1}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		a := &Asked{Path: path}
		if l := a.Of(rungBuilder()); len(l.Steps) != 0 {
			t.Errorf("%s: got %s", content, states(l))
		}
		if err := a.Keep(Ladder{Builder: rungBuilder(), Steps: []Step{{Rung: RungBuild, State: StepOK}}}); err != nil || states(a.Of(rungBuilder())) != "build=ok" {
			t.Errorf("%s: keeping says %v", content, err)
		}
	}
	if err := (&Asked{Path: filepath.Join(path, "below", "a file")}).Keep(Ladder{Steps: []Step{{Rung: RungBuild, State: StepOK}}}); err == nil {
		t.Error("what cannot be kept is no error")
	}
}
