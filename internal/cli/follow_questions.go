package cli

import (
	"context"
	"os"
	"slices"

	"nixfleet-tui/rollout"
)

// pausing is a display that makes way for a question.
type pausing interface {
	// pause takes away what the display would draw over. The next update draws again.
	pause() error
}

// answerQuestions puts what the run's programs ask to the person who watches,
// one question after the other. Where nobody can be asked they wait for another
// viewer, and their tasks fail without one; but an agent is lent all the same.
// A signal ends it, and is returned.
func (f *follower) answerQuestions(ctx context.Context, in *Interruptions) (os.Signal, error) {
	if err := f.lendAgents(ctx); err != nil {
		return nil, err
	}
	if _, json := f.show.(*jsonDisplay); json || f.program.IO.Answer == nil || !f.program.IO.CanAsk() {
		return nil, nil
	}
	for {
		q, ok := f.nextQuestion()
		if !ok {
			return nil, nil
		}
		f.put = append(f.put, q.ID)
		if d, ok := f.show.(pausing); ok {
			if err := d.pause(); err != nil {
				return nil, err
			}
		}
		if sig, err := f.putOne(ctx, in, q); sig != nil || err != nil {
			return sig, err
		}
	}
}

// lendAgents lends the agent of whoever watches to tasks whose own has gone.
// One that does not answer now may do so later.
func (f *follower) lendAgents(ctx context.Context) error {
	now := f.program.Env.Now()
	if now.Sub(f.lent) < lendEvery {
		return nil
	}
	wanted, failed := f.program.lendAgents(ctx, f.dir, f.reader.View())
	if wanted {
		f.lent = now
	}
	for _, what := range failed {
		if err := f.show.note(what); err != nil {
			return err
		}
	}
	return nil
}

// putOne puts one question, until it is settled or a signal comes.
func (f *follower) putOne(ctx context.Context, in *Interruptions, q rollout.Question) (sig os.Signal, err error) {
	ctx, stop := context.WithCancel(ctx)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		select {
		case sig = <-in.C:
			stop()
		case <-ctx.Done():
		}
	}()
	err = f.program.askQuestion(ctx, f.dir, q)
	stop()
	<-heard
	return sig, err
}

// nextQuestion is the oldest question that was not put yet.
func (f *follower) nextQuestion() (rollout.Question, bool) {
	for _, t := range f.reader.View().Tasks {
		for _, q := range t.Questions {
			if !slices.Contains(f.put, q.ID) && rollout.Waits(f.dir, q.ID) {
				return q, true
			}
		}
	}
	return rollout.Question{}, false
}

// pause implements pausing.
func (d *liveDisplay) pause() error { return d.block.draw(nil) }

// pause implements pausing, for a display that rings at the end.
func (n *notifying) pause() error {
	if d, ok := n.display.(pausing); ok {
		return d.pause()
	}
	return nil
}
