package rollout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"nixfleet-tui/nixcmd"
)

// ending is what a task left when its last process had gone.
type ending struct {
	exit    *int   // nil: lost
	out     string // store path on stdout
	decoder *nixcmd.LogDecoder
}

// watch follows the task's log until nixos-rebuild has ended, says what phase
// it is in, and interrupts it when asked.
func (t *task) watch(ctx context.Context, exited <-chan struct{}) (ending, error) {
	w, err := newLogWatch(t)
	if err != nil {
		return ending{}, err
	}
	defer w.close()
	beat := newBeat(logPoll)
	defer beat.Stop()
	ear := ear{Bell: &Bell{}}
	defer func() { t.run.farewells.Go(ear.Close) }() // nobody waits for it
	var stop interruption
	for {
		if err := w.pump(); err != nil {
			return ending{}, err
		}
		found := w.decoder.Findings()
		ear.follow(t.file(".log"), w.decoder.Phase(), found)
		t.keepEarly(ctx, found)
		t.lookAhead(ctx, found)
		if exited == nil { // adopted, or its parent was killed: the files tell
			over, err := t.over()
			if err != nil {
				return ending{}, err
			}
			if over {
				return t.finish(w)
			}
		}
		select {
		case <-ctx.Done():
			return ending{}, ctx.Err()
		case <-exited:
			exited = nil // without .exit, nixos-rebuild goes on alone
			continue
		case req := <-t.requests:
			stop.begin(ctx, t, w.decoder, req)
		case <-ear.C():
		case <-beat.C:
			beat.again()
			stop.escalate(t)
		}
	}
}

// over says whether nixos-rebuild has ended: its status is kept, or no process
// of the task is left.
func (t *task) over() (bool, error) {
	if _, ok, err := t.run.dir.readExit(t.host.Name); ok || err != nil {
		return ok, err
	}
	held, err := isHeld(t.file(".alive"))
	return !held, err
}

// finish takes the rest of the log and the exit status.
func (t *task) finish(w *logWatch) (ending, error) {
	// The status is written after the last byte of the log.
	status, ok, err := t.run.dir.readExit(t.host.Name)
	if err != nil {
		return ending{}, err
	}
	if err := w.pump(); err != nil {
		return ending{}, err
	}
	if err := w.end(); err != nil {
		return ending{}, err
	}
	end := ending{decoder: w.decoder, out: t.printed()}
	reason := "its exit status was lost"
	if ok {
		end.exit, reason = &status.code, ""
		if t.host.evaluates() {
			t.peak = status.maxRSSKiB << 10
		}
	}
	t.hasEvaluated()
	t.run.emit(Event{Event: EventTask, Host: t.host.Name, State: TaskEnded, ExitCode: end.exit, Reason: reason})
	return end, nil
}

// printed is the store path that nixos-rebuild printed on stdout, if it did.
func (t *task) printed() string {
	data, err := os.ReadFile(t.file(".out"))
	if err != nil {
		return ""
	}
	return lastSystem(string(data))
}

// lastSystem is the last line that is a store path and nothing else, or "".
func lastSystem(printed string) string {
	out := ""
	for line := range strings.Lines(printed) {
		if path, ok := nixcmd.ParseStorePath(strings.TrimSpace(line)); ok && string(path) == strings.TrimSpace(line) {
			out = string(path)
		}
	}
	return out
}

// logWatch reads a task's raw log as it grows, keeps the readable form beside
// it, and tells of phases and progress.
type logWatch struct {
	task     *task
	decoder  *nixcmd.LogDecoder
	log      *os.File
	readable *os.File
	times    *timesWriter
	buf      []byte
	text     []byte
	told     time.Time
	progress nixcmd.Progress
	builds   *buildWatch
}

func newLogWatch(t *task) (*logWatch, error) {
	log, err := os.OpenFile(t.file(".log"), os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	// Made anew by who adopts a run: it follows from the raw log.
	readable, err := os.OpenFile(t.file(".txt"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		log.Close()
		return nil, err
	}
	times, err := openTimes(t.file(".times"), t.run.adopted)
	if err != nil {
		return nil, errors.Join(err, log.Close(), readable.Close())
	}
	decoder := nixcmd.NewLogDecoder(t.run.plan.Action, t.run.Now)
	if t.host.Activate != nil {
		decoder.Activating()
	}
	return &logWatch{
		task: t, decoder: decoder,
		log: log, readable: readable, times: times, buf: make([]byte, maxLogRead), builds: newBuildWatch(t.run.durations, !t.run.adopted),
	}, nil
}

func (w *logWatch) close() {
	w.log.Close()
	w.readable.Close()
	w.times.file.Close()
}

// pump takes what the log has gained.
func (w *logWatch) pump() error {
	for {
		n, err := w.log.Read(w.buf)
		if n > 0 {
			w.text = w.decoder.Write(w.text[:0], w.buf[:n])
			if werr := w.keep(w.text); werr != nil {
				return werr
			}
		}
		if errors.Is(err, io.EOF) || n == 0 && err == nil {
			w.times.caughtUp()
			w.tell()
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// end closes a last line that has no newline.
func (w *logWatch) end() error {
	err := w.keep(w.decoder.Close(w.text[:0]))
	w.tell()
	return err
}

// keep writes readable lines, and when they came.
func (w *logWatch) keep(readable []byte) error {
	if _, err := w.readable.Write(readable); err != nil {
		return err
	}
	return w.times.took(readable, w.task.run.Now())
}

// tell emits a new phase, and progress at most once a second.
func (w *logWatch) tell() {
	t := w.task
	found := w.decoder.Findings()
	if found.Evaluated {
		t.hasEvaluated()
	}
	if found.SystemDrv != "" {
		t.drv.Store(found.SystemDrv)
	}
	t.enter(w.decoder.Phase())
	t.showArmed()
	now := t.run.Now()
	p := w.decoder.Progress()
	w.builds.look(p, now)
	if now.Sub(w.told) < progressEvery {
		return
	}
	if sameProgress(p, w.progress) {
		return
	}
	w.told, w.progress = now, p
	done, expected := p.BuildsDone, p.BuildsExpected
	if expected == 0 {
		done, expected = p.CopiesDone, p.CopiesExpected
	}
	e := Event{Event: EventProgress, Host: t.host.Name, Done: &done, Expected: &expected, Progress: &p}
	if left, ok := w.builds.left(w.decoder.Planned(), now); ok {
		secs := int(left.Round(time.Second).Seconds())
		e.Left = &secs
	}
	t.run.emit(e)
}

func sameProgress(a, b nixcmd.Progress) bool {
	return fmt.Sprint(a) == fmt.Sprint(b) // once a second for each task
}
