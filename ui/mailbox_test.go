package ui

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"nixfleet-tui/fleet"
)

func TestMailboxKeepsTheNewestOfEachKind(t *testing.T) {
	b := NewMailbox()
	b.Post(StatusRead{Host: "web1", Drift: fleet.DriftBehind})
	b.Post(StatusRead{Host: "db1", Drift: fleet.DriftBehind})
	b.Post(FactsRead{Host: "web1"})
	b.Post(StatusRead{Host: "web1", Drift: fleet.DriftInSync})
	got := b.Take(context.Background())
	if len(got) != 3 {
		t.Fatalf("took %d news: %v", len(got), got)
	}
	if first := got[0].(StatusRead); first.Host != "web1" || first.Drift != fleet.DriftInSync {
		t.Errorf("the first is %v, want the newest of web1", first)
	}
	if second := got[1].(StatusRead); second.Host != "db1" {
		t.Errorf("the second is %v", second)
	}
}

func TestMailboxWaitsForNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewMailbox()
		go func() {
			time.Sleep(time.Hour) // in the bubble's time
			b.Post(Evaluating{Host: "web1"})
		}()
		start := time.Now()
		if got := b.Take(t.Context()); len(got) != 1 || time.Since(start) != time.Hour {
			t.Errorf("took %v after %v", got, time.Since(start))
		}
	})
}

func TestMailboxEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := NewMailbox().Take(ctx); got != nil {
		t.Errorf("took %v", got)
	}
}

func TestPostingNeverWaits(t *testing.T) {
	b := NewMailbox()
	for range 10_000 {
		b.Post(RunsListed{})
	}
	if got := b.Take(context.Background()); len(got) != 1 {
		t.Errorf("took %d news", len(got))
	}
}
