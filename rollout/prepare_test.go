package rollout

import (
	"context"
	"testing"
)

// TestNoRequestIsLost: one that is taken in the very moment in which the work
// ends by itself has an answer, too.
func TestNoRequestIsLost(t *testing.T) {
	const times = 1000
	for range times {
		requests := make(chan request)
		if !untilAsked(t.Context(), requests, func(context.Context) { requests <- request{} }) {
			t.Fatal("a request was taken, and nobody told of it")
		}
	}
	if untilAsked(t.Context(), nil, func(context.Context) {}) {
		t.Error("somebody is said to have asked, and nobody has")
	}
	requests := make(chan request, 1)
	requests <- request{}
	if !untilAsked(t.Context(), requests, func(ctx context.Context) { <-ctx.Done() }) {
		t.Error("work that was ended by a request is said to have ended by itself")
	}
}
