package rollout

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

// Ten hosts of which two evaluations never fit into the memory together are
// evaluated one after the other, in a real run; who has evaluated goes on
// beside the next, and who fails makes way for it. Otherwise this run would not
// end: each host that builds waits until all the others have been evaluated.
func TestARunEvaluatesWhatFits(t *testing.T) {
	if availableMemory() == 0 {
		t.Skip("this system does not tell how much memory there is: no evaluation waits for it")
	}
	w := newTestWorld(t)
	plan := w.plan(nixcmd.Switch, "h0", "h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "h9")
	plan.Parallel = len(plan.Hosts)
	peaks, want := w.store.peaks(), strings.Builder{}
	for i, h := range plan.Hosts {
		// A directory cannot be made twice: who finds one evaluates beside another.
		story := "mkdir $TEST_HOSTS/evaluating || touch $TEST_HOSTS/together; sleep 0.02\n" +
			"rmdir $TEST_HOSTS/evaluating; echo >>$TEST_HOSTS/evaluations\n"
		outcome := OutcomeOK
		if i == 4 {
			story, outcome = story+"echo 'error: it does not evaluate' >&2; exit 1", OutcomeFailed
		} else {
			story += `echo "building '/nix/store/22222222222222222222222222222222-etc-` + h.Name + `.drv'..." >&2` + "\n" +
				"while [ $(wc -l <$TEST_HOSTS/evaluations) -lt 10 ]; do sleep 0.02; done\n" + wellStory
		}
		w.host(h.Name, "m"+h.Name, story)
		if err := peaks.learn(plan.Flake.URL, h.Name, 1<<50); err != nil { // of no machine
			t.Fatal(err)
		}
		fmt.Fprintf(&want, " %s:%s", h.Name, outcome)
	}
	if got := outcomes(w.start(plan).end()); " "+got != want.String() {
		t.Errorf("outcomes %s, want%s", got, &want)
	}
	if together, err := filepath.Glob(filepath.Join(w.hosts, "together")); err != nil || len(together) > 0 {
		t.Errorf("%v: two were evaluated at the same time, and had no memory for it", err)
	}
}
