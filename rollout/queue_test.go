package rollout

import (
	"slices"
	"testing"
)

func TestStartable(t *testing.T) {
	const gib = 1 << 30
	four := []waitingTask{{name: "a", memory: gib}, {name: "b", memory: gib}, {name: "c", memory: 3 * gib}, {name: "z", last: true, memory: gib}}
	for _, c := range []struct {
		name    string
		waiting []waitingTask
		load    load
		limits  limits
		want    []string
	}{
		{"all that are not last", four, load{}, limits{parallel: 9}, []string{"a", "b", "c"}},
		{"no more than the limit", four, load{}, limits{parallel: 2}, []string{"a", "b"}},
		{"running ones count", four, load{running: 1, runningMain: 1}, limits{parallel: 2}, []string{"a"}},
		{"full", four, load{running: 2, runningMain: 2}, limits{parallel: 2}, nil},
		{"as much memory as there is", four, load{}, limits{parallel: 9, memory: 2 * gib}, []string{"a", "b"}},
		{"evaluations that run count", four, load{running: 1, runningMain: 1, evaluating: 1, memory: gib}, limits{parallel: 9, memory: 2 * gib}, []string{"a"}},
		{"one evaluation is always allowed", four[2:], load{running: 1, runningMain: 1}, limits{parallel: 9, memory: gib}, []string{"c"}},
		{"who wants much is not overtaken for ever", []waitingTask{{name: "c", memory: 3 * gib}, {name: "d", memory: gib}}, load{running: 1, runningMain: 1, evaluating: 1, memory: gib}, limits{parallel: 9, memory: 3 * gib}, nil},
		{"the last wait for those that run", four[3:], load{running: 1, runningMain: 1}, limits{parallel: 9}, nil},
		{"the last begin when all others have ended", four[3:], load{}, limits{parallel: 9}, []string{"z"}},
		{"the last do not wait for each other", []waitingTask{{name: "y", last: true}, {name: "z", last: true}}, load{running: 1}, limits{parallel: 9}, []string{"y", "z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := startable(c.waiting, c.load, c.limits); !slices.Equal(got, c.want) {
				t.Errorf("startable = %v, want %v", got, c.want)
			}
		})
	}
}
