package cli

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"sync"

	"nixfleet-tui/fleet"
	"nixfleet-tui/install"
	"nixfleet-tui/ui"
)

// installs is the dashboard's part of installations: the questions that wait.
type installs struct {
	mu     sync.Mutex
	number int                       // of the last question
	waits  map[int]chan<- bool       // for an answer, by number
	course map[string]install.Course // by host, so that what was said stays
}

func newInstalls() *installs {
	return &installs{waits: map[int]chan<- bool{}, course: map[string]install.Course{}}
}

func (b *backend) installRecords() install.Records {
	return install.Records{Dir: filepath.Join(b.World.StateDir(), "installs")}
}

// RecallInstall implements ui.Backend.
func (b *backend) RecallInstall(host string, sure bool) ui.InstallRequest {
	records := b.installRecords()
	if !sure {
		return ui.InstallRequest{Host: b.suggestInstall(records, host)}
	}
	r := ui.InstallRequest{Host: host}
	old, err := records.Read(host)
	if err != nil || old == nil { // Install says what is wrong with it
		if fresh, target := b.World.NewHost(); fresh == host {
			r.Target = target
		}
		return r
	}
	r.Target, r.Hardware, r.Begun = old.Target, old.Hardware, true
	r.Arrives = old.Rebooting != nil
	return r
}

// suggestInstall is the host that was begun last and is not at its end, or the
// one under the cursor if nothing has ever answered there.
func (b *backend) suggestInstall(records install.Records, under string) string {
	if begun := records.Latest(); begun != "" {
		return begun
	}
	if fresh, _ := b.World.NewHost(); fresh != "" {
		return fresh
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, known := b.statuses[under]; known && s.State != fleet.StateUp && s.Reading.At.IsZero() {
		return under
	}
	return ""
}

// Install implements ui.Backend: the same flow as the command's.
func (b *backend) Install(ctx context.Context, r ui.InstallRequest) (end ui.InstallEnd) {
	o := &installOptions{Program: b.Program, Source: b.source, Host: r.Host, Hardware: r.Hardware, Undo: r.Undo, Step: r.Step}
	if !r.Arrives {
		o.Target = r.Target
	}
	in := b.installs
	in.mu.Lock()
	course, begun := in.course[r.Host]
	in.mu.Unlock()
	if !begun {
		course = install.NewCourse()
	}
	post := func(q *ui.InstallQuestion) {
		b.news.Post(ui.InstallTold{Host: r.Host, Course: course, Question: q})
	}
	o.tell = func(t install.Telling) {
		course = course.With(t)
		post(nil)
	}
	o.ask = func(ctx context.Context, q install.Question) (bool, error) {
		number, answered := in.put()
		post(&ui.InstallQuestion{Number: number, Question: q})
		defer post(nil)
		return in.await(ctx, number, answered)
	}
	o.accept = func(_ context.Context, words []string) error {
		end.AcceptKey = exec.Command(words[0], words[1:]...)
		return errNeedsPerson
	}
	err := o.carryOut(ctx)
	in.mu.Lock()
	in.course[r.Host] = course.Stopped()
	in.mu.Unlock()
	var over *install.HandOver
	if errors.As(err, &over) {
		end.HandOver = exec.Command(over.Words[0], over.Words[1:]...)
		end.HandOver.Dir = b.Env.Dir
		return end
	}
	if err != nil {
		end.Err = atKeys(err)
	}
	if end.AcceptKey == nil {
		b.refreshAfterInstall(r, err)
	}
	return end
}

// atKeys is what went wrong, with the hint of the dashboard where the command's
// is about its flags.
func atKeys(err error) error {
	f := explain(err)
	told := &fleet.Error{Message: f.Message, Hint: f.Hint, Err: err}
	var step *install.StepError
	if errors.As(err, &step) && step.Cut || errors.Is(err, install.ErrWaits) {
		told.Hint = "Press enter to go on there."
	}
	return told
}

// errNeedsPerson says that a person has to judge a key on the terminal.
var errNeedsPerson = errors.New("a person has to judge it")

// refreshAfterInstall has the inventory read again, which may have got an entry.
func (b *backend) refreshAfterInstall(r ui.InstallRequest, err error) {
	if err == nil && !r.Undo {
		b.Refresh(nil)
		ring(b.reload)
	}
}

// put makes a question that waits.
func (in *installs) put() (number int, answered <-chan bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.number++
	c := make(chan bool, 1)
	in.waits[in.number] = c
	return in.number, c
}

// await waits for the answer to a question.
func (in *installs) await(ctx context.Context, number int, answered <-chan bool) (bool, error) {
	defer func() {
		in.mu.Lock()
		defer in.mu.Unlock()
		delete(in.waits, number)
	}()
	select {
	case yes := <-answered:
		return yes, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// AnswerInstall implements ui.Backend. What does not wait any more is passed over.
func (b *backend) AnswerInstall(number int, yes bool) {
	in := b.installs
	in.mu.Lock()
	defer in.mu.Unlock()
	if c, waits := in.waits[number]; waits {
		delete(in.waits, number)
		c <- yes // there is room for one
	}
}
