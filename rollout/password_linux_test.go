package rollout

import (
	"testing"

	"nixfleet-tui/nixcmd"
)

func TestQuestionOutlivesTheSupervisor(t *testing.T) {
	w := newTestWorld(t)
	w.sudoHost("h1", ngStory)
	f := w.start(w.passwordPlan(nixcmd.KindNG, "h1"))
	q := f.question("h1")
	kill(t, supervisorIn(t, f.dir))
	waitUntil(t, "the run to be lost", func() bool {
		held, err := isHeld(runDir(f.dir).lock())
		return err == nil && !held
	})
	if _, err := w.store.Adopt(t.Context(), testLauncher()); err != nil {
		t.Fatal(err)
	}
	if err := Answer(f.dir, q.ID, secretOf(t, rightPassword)); err != nil {
		t.Fatal(err)
	}
	if got := outcomes(f.end()); got != "h1:ok" {
		t.Errorf("outcomes = %s: %+v\n%s", got, f.reader.View().Tasks[0].Verdict, f.log("h1"))
	}
}
