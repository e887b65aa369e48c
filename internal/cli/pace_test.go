package cli

import (
	"testing"
	"time"

	"nixfleet-tui/rollout"
)

// A run is looked at more often when it is about to end, as long as that is not
// a matter of minutes.
func TestPace(t *testing.T) {
	seen := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	ended := rollout.TaskView{State: rollout.TaskEnded}
	judged := rollout.TaskView{State: rollout.TaskEnded, Verdict: &rollout.Verdict{}}
	working := rollout.TaskView{State: rollout.TaskStarted}
	for _, c := range []struct {
		tasks []rollout.TaskView
		after time.Duration
		want  time.Duration
	}{
		{[]rollout.TaskView{working}, 0, followPoll},
		{[]rollout.TaskView{ended, working}, 0, followPoll},
		{[]rollout.TaskView{ended, judged}, 0, followSoon},
		{[]rollout.TaskView{judged}, soonFor, followSoon},
		{[]rollout.TaskView{ended}, soonFor + 1, followPoll},
	} {
		v := rollout.View{Tasks: c.tasks, LastSeen: seen}
		if got := pace(v, false, seen.Add(c.after)); got != c.want {
			t.Errorf("%+v after %s: %s, want %s", c.tasks, c.after, got, c.want)
		}
		if got := pace(v, true, seen.Add(c.after)); got != followTold {
			t.Errorf("%+v of which we are told: %s", c.tasks, got)
		}
	}
}
