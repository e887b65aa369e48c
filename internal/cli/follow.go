package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// display shows a run as it goes on. A follower calls it from one goroutine.
type display interface {
	// update shows what is new: the events since the last call, and the whole.
	update(events []rollout.Event, v rollout.View) error
	// tails says whether it shows logs as they grow, of which no bell tells.
	tails() bool
	// note says one sentence of our own.
	note(sentence string) error
	// finish leaves the last state on the screen and shows how it ended.
	finish(v rollout.View) error
}

// newDisplay chooses how a run is shown: events, plain lines, or rows that are
// updated in place where the terminal can do that.
func newDisplay(p *Program, plainLines, json bool) display {
	switch {
	case json:
		return &jsonDisplay{out: p.IO.Out, err: p.IO.Err}
	case plainLines || !p.IO.Live():
		return &plainDisplay{io: p.IO, self: p.World.Self(), logs: map[string]*logLines{}, now: p.Env.Now}
	}
	return &liveDisplay{block: block{io: p.IO}, self: p.World.Self(), now: p.Env.Now}
}

// follow watches the run in dir to its end, or until the person has had
// enough of it. The first interrupt asks to cancel; the next one, or a closing
// terminal, detaches: the run goes on.
func (p *Program) follow(ctx context.Context, store *rollout.Store, dir string, in *Interruptions, show display) error {
	f := &follower{program: p, store: store, dir: dir, show: show}
	if err := f.watch(ctx, in); err != nil {
		return f.blind(err)
	}
	return nil
}

// watch is follow without its last words.
func (f *follower) watch(ctx context.Context, in *Interruptions) (err error) {
	if f.reader, err = rollout.NewReader(f.dir); err != nil {
		return err
	}
	defer f.program.IO.settle(&err)
	bell := rollout.NewBell(f.dir)
	defer bell.Close()
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		over, err := f.look(ctx)
		if err != nil {
			return err
		}
		if over {
			return f.ended()
		}
		sig, err := f.answerQuestions(ctx, in)
		if err != nil {
			return err
		}
		if sig != nil {
			return f.detach(sig)
		}
		v := f.reader.View()
		if allEnded(v) {
			bell.Hush() // what is left takes less time than closing it would
		}
		next.Reset(pace(v, bell.Works() && !f.show.tails(), f.program.Env.Now()))
		select {
		case <-next.C:
		case <-bell.C():
		case sig := <-in.C:
			if f.cancelled || sig != os.Interrupt {
				return f.detach(sig)
			}
			if err := f.cancel(); err != nil {
				return err
			}
		}
	}
}

// pace is how soon to look again. What comes between the end of nixos-rebuild
// and the end of the run takes moments as a rule, and somebody waits for it. Who
// is told of all that is shown looks for the sake of clocks alone.
func pace(v rollout.View, told bool, now time.Time) time.Duration {
	if told {
		return followTold
	}
	if !allEnded(v) || now.Sub(v.LastSeen) > soonFor {
		return followPoll // they are at work; or it is health checks, a reboot, or a host that is silent
	}
	return followSoon
}

// allEnded says whether nothing but verdicts is still to come.
func allEnded(v rollout.View) bool {
	return !slices.ContainsFunc(v.Tasks, func(t rollout.TaskView) bool { return t.Verdict == nil && t.State != rollout.TaskEnded })
}

// follower is one watch over one run.
type follower struct {
	program   *Program
	store     *rollout.Store
	dir       string
	reader    *rollout.Reader
	show      display
	put       []string  // IDs of questions that the person was asked
	lent      time.Time // when that was last tried
	cancelled bool
	adopted   int
}

// blind says that we cannot watch any more. Exit code 2 would say that nothing
// was started, which is not so.
func (f *follower) blind(err error) error {
	var code exit
	var told *Failure
	if errors.As(err, &code) || errors.As(err, &told) {
		return err
	}
	return &Failure{Message: "the run cannot be watched any more, though it may go on: " + err.Error(), Hint: f.attachHint(), Code: ExitFailed, Err: err}
}

func (f *follower) attachHint() string {
	return fmt.Sprintf("Watch it again with `%s runs attach %s`", f.program.World.Self(), filepath.Base(f.dir))
}

// look takes what is new, shows it, and says whether the run is over.
func (f *follower) look(ctx context.Context) (bool, error) {
	events, err := f.reader.Next()
	if err != nil {
		return false, err
	}
	v := f.reader.View()
	if err := f.show.update(events, v); err != nil {
		return false, err
	}
	if v.Over() || v.Alive {
		return v.Over(), nil
	}
	return false, f.adopt(ctx)
}

// adopt sees to it that a run which lost its supervisor gets another. It does
// nothing when one holds the run already.
func (f *follower) adopt(ctx context.Context) error {
	dirs, err := f.store.Adopt(ctx, f.program.World.Launcher())
	if err != nil {
		return err
	}
	if !slices.Contains(dirs, f.dir) {
		return nil
	}
	if f.adopted++; f.adopted > adoptions {
		return &Failure{
			Message: "the supervisor of this run ends again and again",
			Hint:    "Its own messages are in " + filepath.Join(f.dir, "supervisor.log"),
			Code:    ExitFailed,
		}
	}
	return f.show.note("The run had lost its supervisor; another one has taken it over.")
}

func (f *follower) ended() error {
	v := f.reader.View()
	if err := f.show.finish(v); err != nil {
		return err
	}
	if v.ExitCode == ExitOK {
		return nil
	}
	return exit(v.ExitCode)
}

func (f *follower) cancel() error {
	f.cancelled = true
	if err := rollout.Cancel(f.dir, nil, false); err != nil {
		return err
	}
	return f.show.note("Asked to cancel. A host that is activating is left to finish. Once more ctrl+c leaves the run to itself.")
}

// detach stops watching. The words go to stderr, whatever the display.
func (f *follower) detach(sig os.Signal) error {
	if sig == syscall.SIGHUP {
		return exit(ExitCancelled) // nobody is there to read
	}
	return &Failure{
		Message: "detached; the run goes on",
		Hint:    f.attachHint(),
		Code:    ExitCancelled,
	}
}

// elapsed is how long a task has taken so far, or took in all.
func elapsed(t rollout.TaskView, now time.Time) time.Duration {
	if t.Started.IsZero() {
		return 0
	}
	end := t.Ended
	if end.IsZero() {
		end = now
	}
	return max(0, end.Sub(t.Started))
}

// clock shows a duration as 0:07, 12:34 or 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// progressWords says how far a task has come within its phase, and how long
// what is left has taken before.
func progressWords(t rollout.TaskView) string {
	words := countWords(t)
	if t.Left != nil && words != "" {
		words += ", about " + clock(*t.Left) + " left"
	}
	return words
}

func countWords(t rollout.TaskView) string {
	p := t.Progress
	switch {
	case len(p.Building) > 0 && p.BuildsExpected > 0:
		return fmt.Sprintf("%d/%d built, %s", p.BuildsDone, p.BuildsExpected, text.Line(p.Building[0]))
	case p.BuildsExpected > 0:
		return fmt.Sprintf("%d/%d built", p.BuildsDone, p.BuildsExpected)
	case p.CopiesExpected > 0:
		return fmt.Sprintf("%d/%d copied", p.CopiesDone, p.CopiesExpected) + bytesWords(p)
	}
	return ""
}

// bytesWords say how much has been copied, and what is being copied now.
func bytesWords(p nixcmd.Progress) (words string) {
	const mib = 1 << 20
	if p.BytesExpected > 0 {
		words = fmt.Sprintf(", %.1f of %.1f MiB", float64(p.BytesDone)/mib, float64(p.BytesExpected)/mib)
	}
	if p.Download != "" {
		words += ", " + text.Line(p.Download)
	}
	return words
}
