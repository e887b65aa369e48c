package rollout

import (
	"slices"
	"testing"
	"time"
)

func TestStartable(t *testing.T) {
	const gib = 1 << 30
	evaluating := func(name string, memory int64) waitingTask {
		return waitingTask{name: name, evaluates: true, memory: memory}
	}
	four := []waitingTask{evaluating("a", gib), evaluating("b", gib), evaluating("c", 3*gib), {name: "z", last: true, evaluates: true, memory: gib}}
	one := load{running: 1, runningMain: 1, evaluating: 1, computing: 1, memory: gib}
	for _, c := range []struct {
		name    string
		waiting []waitingTask
		load    load
		limits  limits
		want    []string
	}{
		{"all that are not last", four, load{}, limits{parallel: 9, processors: 9}, []string{"a", "b", "c"}},
		{"no more than the limit", four, load{}, limits{parallel: 2, processors: 9}, []string{"a", "b"}},
		{"running ones count", four, load{running: 1, runningMain: 1}, limits{parallel: 2, processors: 9}, []string{"a"}},
		{"full", four, load{running: 2, runningMain: 2}, limits{parallel: 2, processors: 9}, nil},
		{"as much memory as there is", four, load{}, limits{parallel: 9, processors: 9, memory: 2 * gib}, []string{"a", "b"}},
		{"evaluations that run count", four, one, limits{parallel: 9, processors: 9, memory: 2 * gib}, []string{"a"}},
		{"one evaluation is always allowed", four[2:], load{running: 1, runningMain: 1}, limits{parallel: 9, processors: 9, memory: gib}, []string{"c"}},
		{"who wants much is not overtaken for ever", []waitingTask{evaluating("c", 3*gib), evaluating("d", gib)}, one, limits{parallel: 9, processors: 9, memory: 3 * gib}, nil},
		{"as many as there are processors", four, load{}, limits{parallel: 9, processors: 2}, []string{"a", "b"}},
		{"processors that are busy count", four, one, limits{parallel: 9, processors: 2}, []string{"a"}},
		{"all processors are busy", four, load{running: 2, runningMain: 2, evaluating: 2, computing: 2}, limits{parallel: 9, processors: 2}, nil},
		{"an evaluation that waits keeps none busy", four, load{running: 2, runningMain: 2, evaluating: 2, computing: 1}, limits{parallel: 9, processors: 2}, []string{"a"}},
		{"but needs its memory", four, load{running: 2, runningMain: 2, evaluating: 2, memory: 2 * gib}, limits{parallel: 9, processors: 2, memory: 2 * gib}, nil},
		{"who evaluates nothing passes by", append(four[:3:3], waitingTask{name: "d"}, waitingTask{name: "e"}), one, limits{parallel: 3, processors: 1, memory: gib}, []string{"d", "e"}},
		{"the last wait for those that run", four[3:], load{running: 1, runningMain: 1}, limits{parallel: 9, processors: 9}, nil},
		{"the last begin when all others have ended", four[3:], load{}, limits{parallel: 9, processors: 9}, []string{"z"}},
		{"the last do not overtake others that must wait", []waitingTask{evaluating("a", gib), {name: "z", last: true}}, load{running: 1, evaluating: 1, computing: 1}, limits{parallel: 9, processors: 1}, nil},
		{"nor those that begin now", []waitingTask{{name: "z", last: true}, evaluating("a", gib)}, load{}, limits{parallel: 9, processors: 9}, []string{"a"}},
		{"the last do not wait for each other", []waitingTask{{name: "y", last: true}, {name: "z", last: true}}, load{running: 1}, limits{parallel: 9, processors: 9}, []string{"y", "z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := startable(c.waiting, c.load, c.limits); !slices.Equal(got, c.want) {
				t.Errorf("startable = %v, want %v", got, c.want)
			}
		})
	}
}

func TestTheLongestComeFirst(t *testing.T) {
	waiting := []waitingTask{
		{name: "short", takes: time.Second}, {name: "new"}, {name: "long", takes: time.Hour}, {name: "broken", takes: -time.Hour},
		{name: "here", last: true, takes: 2 * time.Hour}, {name: "medium", takes: time.Minute}, {name: "alike", takes: time.Minute},
	}
	for _, c := range []struct {
		name     string
		parallel int
		want     []string
	}{
		{"those that are not known, then by what they take", 9, []string{"new", "broken", "long", "medium", "alike", "short"}},
		{"as many as may", 3, []string{"new", "broken", "long"}},
		{"one after the other in the plan's order", 1, []string{"short"}},
	} {
		if got := startable(waiting, load{}, limits{parallel: c.parallel}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if waiting[0].name != "short" {
		t.Errorf("the queue has changed what it was given: %+v", waiting)
	}
}
