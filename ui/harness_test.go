package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
)

// stage is a dashboard that a test drives: messages go straight into Update,
// commands run at once in the test's goroutine, and timers wait for the
// test's clock.
type stage struct {
	t       testing.TB
	m       *Model
	clock   time.Time
	backend *recorder
	timers  []timer
	quit    bool
	written string // to the terminal, past the frames
	goldens string // their directory
	runs    string // where run directories are made; "" is a directory of the test's own
}

type timer struct {
	at  time.Time
	msg tea.Msg
}

// begin is the moment at which all tests begin.
func begin() time.Time { return time.Date(2026, 11, 23, 7, 15, 0, 0, time.UTC) }

func newStage(t testing.TB, w, h int) *stage {
	return newStageLike(t, w, h, Look{Theme: ThemeANSI})
}

func newStageLike(t testing.TB, w, h int, look Look) *stage {
	return newStageOf(t, w, h, Options{Look: look})
}

// newStageOf makes a stage with options that it completes.
func newStageOf(t testing.TB, w, h int, o Options) *stage {
	s := &stage{t: t, clock: begin(), backend: &recorder{t: t}}
	mail := NewMailbox()
	o.Self, o.Backend, o.News, o.Crew, o.Now = "nixfleet-tui", s.backend, mail, NewCrew(mail), func() time.Time { return s.clock }
	s.m = newModel(context.Background(), o)
	s.m.take = func(context.Context) []News { return nil } // tests hand over news themselves
	s.m.after = func(d time.Duration, msg tea.Msg) tea.Cmd {
		return func() tea.Msg { s.timers = append(s.timers, timer{s.clock.Add(d), msg}); return nil }
	}
	s.m.give = func(c *exec.Cmd, _ func(error) bool, ended func(error) tea.Msg) tea.Cmd {
		s.backend.called("give the terminal to %s", strings.Join(c.Args, " "))
		return func() tea.Msg { return ended(nil) }
	}
	s.m.write = func(sequence string) error { s.written += sequence; return nil }
	t.Cleanup(s.m.run.close)
	s.do(s.m.Init())
	s.send(tea.WindowSizeMsg{Width: w, Height: h})
	return s
}

// send delivers a message and all that follows from it.
func (s *stage) send(msg tea.Msg) {
	s.t.Helper()
	if _, ok := msg.(tea.QuitMsg); ok {
		s.quit = true
		return
	}
	_, cmd := s.m.Update(msg)
	if s.m.crash != nil {
		s.t.Fatalf("the dashboard crashed: %s\n%s", s.m.crash.Value, s.m.crash.Stack)
	}
	s.do(cmd)
}

// do runs a command and delivers what it returns.
func (s *stage) do(cmd tea.Cmd) {
	s.t.Helper()
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			s.do(c)
		}
	default:
		s.send(msg)
	}
}

func (s *stage) news(all ...News) { s.t.Helper(); s.send(newsMsg(all)) }

// keys presses keys by Bubble Tea's names.
func (s *stage) keys(names ...string) {
	s.t.Helper()
	for _, name := range names {
		s.send(keyNamed(name))
	}
}

func keyNamed(name string) tea.KeyMsg {
	named := map[string]tea.KeyType{
		"enter": tea.KeyEnter, "esc": tea.KeyEsc, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd,
		"backspace": tea.KeyBackspace, "ctrl+a": tea.KeyCtrlA, "ctrl+c": tea.KeyCtrlC, "ctrl+d": tea.KeyCtrlD, "ctrl+u": tea.KeyCtrlU,
		"ctrl+l": tea.KeyCtrlL, "ctrl+r": tea.KeyCtrlR, "ctrl+z": tea.KeyCtrlZ, `ctrl+\`: tea.KeyCtrlBackslash, " ": tea.KeySpace, "ctrl+b": tea.KeyCtrlB, "ctrl+f": tea.KeyCtrlF, "ctrl+p": tea.KeyCtrlP, "ctrl+n": tea.KeyCtrlN,
	}
	if k, ok := named[name]; ok {
		if k == tea.KeySpace {
			return tea.KeyMsg{Type: k, Runes: []rune{' '}}
		}
		return tea.KeyMsg{Type: k}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

// advance moves the clock on, and delivers what was due on the way.
func (s *stage) advance(d time.Duration) {
	s.t.Helper()
	end := s.clock.Add(d)
	for {
		next := -1
		for i, t := range s.timers {
			if !t.at.After(end) && (next < 0 || t.at.Before(s.timers[next].at)) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		due := s.timers[next]
		s.timers = slices.Delete(s.timers, next, next+1)
		s.clock = due.at
		s.send(due.msg)
	}
	s.clock = end
}

func (s *stage) resizedTo(w, h int) {
	s.t.Helper()
	s.send(tea.WindowSizeMsg{Width: w, Height: h})
}

// screen is the frame without colours, as rows without spaces at their ends.
func (s *stage) screen() []string {
	rows := strings.Split(stripSGR(s.m.View()), "\n")
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " ")
	}
	return rows
}

func (s *stage) text() string { return strings.Join(s.screen(), "\n") }

func (s *stage) sees(words ...string) {
	s.t.Helper()
	for _, w := range words {
		if !strings.Contains(s.text(), w) {
			s.t.Errorf("the screen does not show %q:\n%s", w, s.text())
		}
	}
}

func (s *stage) seesNot(words ...string) {
	s.t.Helper()
	for _, w := range words {
		if strings.Contains(s.text(), w) {
			s.t.Errorf("the screen shows %q:\n%s", w, s.text())
		}
	}
}

func stripSGR(s string) string {
	var b strings.Builder
	for s != "" {
		before, after, found := strings.Cut(s, "\x1b[")
		b.WriteString(before)
		if !found {
			break
		}
		end := strings.IndexByte(after, 'm')
		s = after[end+1:]
	}
	return b.String()
}

// recorder is a backend that only writes down what it is asked. Runs and logs
// are read from real directories.
type recorder struct {
	t         testing.TB
	asked     []string
	proposal  Proposal
	planErr   error
	request   Request
	habits    []Habits
	habitsErr error
	dir       string              // of the run that Launch starts
	right     map[string][]string // hosts that take a password
	passwords rollout.Passwords   // that Launch was given
	answers   map[string]fleet.Answer
	installRecorder
}

func (r *recorder) called(format string, args ...any) {
	r.asked = append(r.asked, fmt.Sprintf(format, args...))
}

func (r *recorder) Refresh(hosts []string)       { r.called("refresh %v", hosts) }
func (r *recorder) CheckBuilders(names []string) { r.called("check builders %v", names) }
func (r *recorder) Evaluate(hosts []string)      { r.called("evaluate %v", hosts) }
func (r *recorder) Looking(yes bool)             { r.called("looking %v", yes) }
func (r *recorder) Pause(paused bool)            { r.called("pause %v", paused) }

func (r *recorder) Remember(h Habits) error {
	r.habits = append(r.habits, h)
	return r.habitsErr
}

func (r *recorder) Plan(ctx context.Context, q Request) (Proposal, error) {
	r.request = q
	r.called("plan %s on %v", q.Action, q.Hosts)
	return r.proposal, r.planErr
}

func (r *recorder) TryPassword(_ context.Context, _ Proposal, hosts []string, password *rollout.Secret) ([]string, error) {
	r.called("try %s on %v", password.Bytes(), hosts)
	return r.right[string(password.Bytes())], nil
}

func (r *recorder) AnswerQuestion(dir, id string, answer *rollout.Secret) error {
	r.called("answer %s with %s", id, answer.Bytes())
	return nil
}

func (r *recorder) RefuseQuestion(dir, id string) error {
	r.called("refuse %s", id)
	return nil
}

func (r *recorder) Launch(_ context.Context, p Proposal) (string, error) {
	r.called("launch")
	r.passwords = maps.Clone(p.Passwords)
	if r.dir == "" {
		return "", &fleet.Error{Message: "the state directory is full", Hint: "Free some space."}
	}
	return r.dir, nil
}

func (r *recorder) Cancel(_ context.Context, dir string, hosts []string, insist bool) error {
	r.called("cancel %v insist %v", hosts, insist)
	return nil
}

func (r *recorder) Ask(_ context.Context, host, command string) fleet.Answer {
	r.called("ask %s to %s", host, command)
	a := r.answers[host]
	a.Host = host
	return a
}

func (r *recorder) OpenRun(dir string) (RunReader, error) { return rollout.NewReader(dir) }

func (r *recorder) OpenLog(dir, host string) Log {
	// The clock is an hour ahead, so that a last line without newline counts at once.
	return rollout.OpenLog(rollout.TextPath(dir, host), func() time.Time { return time.Now().Add(time.Hour) })
}

func (r *recorder) AcceptKey(host string) (*exec.Cmd, error) {
	return exec.Command("ssh", "-o", "StrictHostKeyChecking=ask", host, "true"), nil
}

func (r *recorder) ShowLog(in LogProgram, dir, host string) (*exec.Cmd, error) {
	return exec.Command(string(in), rollout.LogPath(dir, host)), nil
}

func (r *recorder) ReadKeys() {}
func (r *recorder) SignCertificate(host string) (*exec.Cmd, error) {
	return exec.Command("sign", "for", host), nil
}
func (r *recorder) Shell(host string) (*exec.Cmd, error) { return exec.Command("ssh", host), nil }

// runDir is a run directory that a test writes as a supervisor would.
type runDir struct {
	t   testing.TB
	dir string
	seq int64

	grown int // ticks of logs that grow
}

func newRunDir(t testing.TB, plan rollout.Plan) *runDir { return newRunDirIn(t, t.TempDir(), plan) }

func newRunDirIn(t testing.TB, parent string, plan rollout.Plan) *runDir {
	d := &runDir{t: t, dir: filepath.Join(parent, "20261123T071500Z-switch-3f2a")}
	plan.Version, plan.ID = rollout.PlanVersion, filepath.Base(d.dir)
	d.must(os.MkdirAll(filepath.Join(d.dir, "hosts"), 0o700))
	body, err := json.Marshal(plan)
	d.must(err)
	d.must(os.WriteFile(filepath.Join(d.dir, "run.json"), body, 0o600))
	return d
}

// supervise holds the run's lock until the test ends, as a supervisor would.
func (d *runDir) supervise() {
	d.t.Helper()
	f, err := os.OpenFile(filepath.Join(d.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	d.must(err)
	d.must(syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
	d.t.Cleanup(func() { f.Close() })
}

func (d *runDir) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *runDir) event(e rollout.Event) {
	d.t.Helper()
	d.seq++
	e.Version, e.Seq, e.Run = rollout.EventVersion, d.seq, filepath.Base(d.dir)
	line, err := json.Marshal(e)
	d.must(err)
	d.appendTo(filepath.Join(d.dir, "events.jsonl"), string(line)+"\n")
}

func (d *runDir) log(host, lines string) {
	d.t.Helper()
	d.appendTo(rollout.TextPath(d.dir, host), lines)
}

// rewrite puts another log in the place of a host's, as who adopts a run does.
func (d *runDir) rewrite(host, lines string) {
	d.t.Helper()
	path := rollout.TextPath(d.dir, host)
	d.must(os.WriteFile(path+".new", []byte(lines), 0o600))
	d.must(os.Rename(path+".new", path))
}

func (d *runDir) appendTo(path, s string) {
	d.t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	d.must(err)
	_, err = f.WriteString(s)
	d.must(err)
	d.must(f.Close())
}
