package ui

import (
	"slices"
	"testing"

	"nixfleet-tui/rollout"
)

func TestQuoted(t *testing.T) {
	for name, c := range map[string]struct {
		verdict rollout.Verdict
		want    []string
	}{
		"nothing was said": {rollout.Verdict{Outcome: rollout.OutcomeFailed, Reason: "it was not there"}, nil},
		"a build": {rollout.Verdict{Outcome: rollout.OutcomeFailed, Reason: "failed while building: builder for 'a.conf' failed", Decisive: []string{
			"builder for 'a.conf' failed", "a.conf> 1", "a.conf> 2", "a.conf> 3", "a.conf> error: no", "builder for 'b.conf' failed", "b.conf> 1"}},
			[]string{"a.conf> 2", "a.conf> 3", "a.conf> error: no"}},
		"a short build": {rollout.Verdict{Outcome: rollout.OutcomeFailed, Reason: "builder for 'a.conf' failed", Decisive: []string{
			"builder for 'a.conf' failed", "a.conf> error: no"}}, []string{"a.conf> error: no"}},
		"a unit": {rollout.Verdict{Outcome: rollout.OutcomeDegraded, Reason: "active, but units failed: a.service", Decisive: []string{
			"warning: the following units failed: a.service", "× a.service", "Loaded: loaded", "exited, status=1"}},
			[]string{"× a.service", "Loaded: loaded", "exited, status=1"}},
		"an evaluation": {rollout.Verdict{Outcome: rollout.OutcomeFailed, Reason: "failed while evaluating: error: no such option", Decisive: []string{
			"error: no such option", "a > b", "at flake.nix:3", "1", "2"}}, []string{"a > b", "at flake.nix:3", "1"}},
	} {
		if got := quoted(&c.verdict); !slices.Equal(got, c.want) {
			t.Errorf("%s: of its log it quotes %q", name, got)
		}
	}
}
