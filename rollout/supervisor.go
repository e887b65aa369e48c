package rollout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// Connector gives connections of our own to the hosts of a run.
type Connector interface {
	// Runner returns the connection to a host, making it if there is none.
	// The runner stays the connector's: it is not to be closed.
	Runner(ctx context.Context, host string) (sshutil.Runner, error)
	// Drop forgets a connection that has turned out to be dead.
	Drop(host string)
	Close() error
}

// Supervisor carries out one run: it starts task parents by the plan, tails
// their logs, writes the events, verifies and concludes. It may be killed at
// any moment; another one then adopts the run.
type Supervisor struct {
	Store    *Store
	Dir      string
	Lock     *os.File // the run's lock, inherited
	Log      *os.File // what it and its task parents have to say that fits nowhere else
	Launcher Launcher
	Now      func() time.Time
	SSH      string // the ssh program, for shared connections
	NixStore string // the nix-store program, for roots on this machine; "" makes none

	Processors int // of this machine: how many evaluations it can be busy with at once

	// Passwords of sudo, as far as a person was asked for them already. Run wipes them.
	Passwords Passwords

	// Connect makes our own connections, which resolve through the run's ssh configuration.
	Connect func(plan *Plan) (Connector, error)
	// Fingerprint identifies the present content of a dirty tree.
	Fingerprint func(ctx context.Context, ref string) (string, error)
	// Wanted evaluates which system the flake wants of a host.
	Wanted func(ctx context.Context, ref, host string) (string, error)
}

// InheritedLock is the run's lock as a supervisor is handed it by whoever
// started it.
func InheritedLock() *os.File {
	const fdLock = 3
	return os.NewFile(fdLock, "lock")
}

// run is a supervisor at work.
type run struct {
	Supervisor
	dir       runDir
	plan      Plan
	log       *eventLog
	conn      Connector
	adopted   bool
	resume    bool // tasks that wait may be started
	peaks     *peaks
	durations *durations
	wake      chan struct{}
	tasks     sync.WaitGroup
	farewells sync.WaitGroup      // connections that are being ended
	strays    atomic.Bool         // logins may be left that have no socket
	keys      sshutil.Passphrases // of keys that logins want, as far as a person was asked for them here

	mu       sync.Mutex
	view     View
	working  map[string]*task
	resolved bool  // a verdict that was unknown is known now
	failed   error // the first failure to write the run directory
}

// Run carries the run out and returns when it is over. An error means that the
// run directory could not be written; the run can then be adopted again.
func (s Supervisor) Run(ctx context.Context) error {
	// Ignored signals would be inherited by nixos-rebuild; caught ones are not.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(signals)
	r, err := s.open()
	if err != nil {
		return err
	}
	defer r.log.close()
	if r.conn, err = s.Connect(&r.plan); err != nil {
		return err
	}
	defer r.conn.Close()
	defer r.Passwords.Wipe()
	defer r.keys.Wipe()
	r.begin(ctx)
	r.loop(ctx)
	r.tasks.Wait()
	if err := ctx.Err(); err != nil {
		r.farewells.Wait()
		r.note("keeping how long it all took", r.durations.save())
		return err
	}
	if err := r.conclude(); err != nil {
		return err
	}
	return r.Store.pruneIfDue(r.Now())
}

// open reads what the run directory holds, its events of an earlier supervisor
// included.
func (s Supervisor) open() (*run, error) {
	d := runDir(s.Dir)
	view, err := readAll(s.Dir)
	if err != nil {
		return nil, err
	}
	log, err := openEventLog(d.events(), view.Plan.ID, view.Seq, s.Now)
	if err != nil {
		return nil, err
	}
	r := &run{
		Supervisor: s, dir: d, plan: view.Plan, log: log, view: view,
		adopted: view.Seq > 0, resume: true, peaks: s.Store.peaks(), durations: s.Store.durations(s.Now),
		wake: make(chan struct{}, 1), working: map[string]*task{}, keys: sshutil.Passphrases{Program: s.SSH},
	}
	r.strays.Store(r.adopted || slices.ContainsFunc(r.plan.Hosts, func(h PlanHost) bool { return h.Skip != "" || h.Socket == "" }))
	if r.adopted {
		r.resume = s.Now().Sub(view.LastSeen) < continueFor
	}
	if r.adopted && !view.Over() {
		if err := d.restoreSockets(view.Plan); err != nil {
			return nil, errors.Join(err, log.close())
		}
	}
	return r, nil
}

// begin says that the run starts, or goes on, and settles what is settled already.
func (r *run) begin(ctx context.Context) {
	if !r.adopted {
		names := make([]string, len(r.plan.Hosts))
		for i, h := range r.plan.Hosts {
			names[i] = h.Name
		}
		invoked := r.plan.Invoked
		r.emit(Event{Event: EventStart, Invoked: &invoked, Action: r.plan.Action, Hosts: names})
	} else if !r.view.Over() {
		r.emit(Event{Event: EventAdopted, Reason: "the supervisor had gone; another one goes on"})
	}
	for _, h := range r.plan.Hosts {
		v := r.state(h.Name)
		switch {
		case v.Verdict != nil && v.Verdict.Outcome == OutcomeUnknown && r.adopted:
			r.resolve(ctx, h)
		case v.Verdict != nil:
		case h.Skip != "":
			r.emitVerdict(h.Name, Verdict{Outcome: OutcomeSkipped, Phase: nixcmd.PhaseQueued, Reason: h.Skip, Log: LogPath(r.Dir, h.Name)})
		case v.began():
			r.start(ctx, h.Name)
		case !r.resume:
			r.emitVerdict(h.Name, Verdict{Outcome: OutcomeSkipped, Phase: nixcmd.PhaseQueued, Log: LogPath(r.Dir, h.Name),
				Reason: "the run was lost before its turn came, too long ago to go on", Hint: "Run it again for this host."})
		}
	}
}

// began says whether a task had left the queue.
func (t TaskView) began() bool { return !t.Started.IsZero() }

// loop starts tasks as the limits allow and answers requests, until every task
// is judged.
func (r *run) loop(ctx context.Context) {
	beat := newBeat(requestPoll)
	defer beat.Stop()
	requests, questions := inbox{dir: r.dir.requests()}, inbox{dir: r.dir.questions()}
	for !r.allJudged() {
		r.rollOn()
		for _, name := range r.startableNow() {
			if !r.admit(name) && r.state(name).Verdict == nil {
				r.start(ctx, name)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-beat.C:
			beat.again()
			if requests.news(r.Now()) {
				r.answerRequests()
			}
			// Who has asked may go without a word: then the directory stays as it was.
			if questions.news(r.Now()) || len(r.toldQuestions()) > 0 {
				r.lookAtQuestions()
			}
		}
	}
}

func (r *run) allJudged() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.view.Tasks {
		if t.Verdict == nil {
			return false
		}
	}
	return true
}

// start lets a task work in a goroutine of its own until it is judged.
func (r *run) start(ctx context.Context, name string) {
	h, _ := r.plan.Host(name)
	t := newTask(r, h)
	t.computesFor(preparesFor)
	r.mu.Lock()
	r.working[name] = t
	r.mu.Unlock()
	r.tasks.Go(func() {
		v, err := t.work(ctx)
		if err == nil { // otherwise the supervisor itself is to end
			r.emitVerdict(name, v)
			t.learn(v)
		}
		t.release()
		r.mu.Lock()
		delete(r.working, name)
		r.mu.Unlock()
		r.nudge()
	})
}

// resolve asks a host again of which it was not known how its task ended. Only
// an answer changes anything.
func (r *run) resolve(ctx context.Context, h PlanHost) {
	t := newTask(r, h)
	r.tasks.Go(func() {
		defer t.release()
		if v, err := t.resolve(ctx); err == nil && v.Outcome != OutcomeUnknown {
			r.emitVerdict(h.Name, v)
			r.mu.Lock()
			r.resolved = true
			r.mu.Unlock()
		}
	})
}

// nudge makes the loop look again.
func (r *run) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// state is the view of one task.
func (r *run) state(name string) TaskView {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.view.Task(name); t != nil {
		return *t
	}
	return TaskView{Host: name}
}

// emit writes an event and takes it into the view. A directory that cannot be
// written stops no task: whoever adopts the run finds out the rest.
func (r *run) emit(e Event) {
	e, err := r.log.append(e)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil && r.failed == nil {
		r.failed = err
		r.note("writing events", err)
	}
	r.view.apply(e)
}

// note writes down what went wrong and is worth no more than a line in the
// supervisor's log, such as a figure for an estimate that could not be kept.
func (r *run) note(doing string, err error) {
	if err != nil {
		fmt.Fprintf(r.Log, "%s: %v\n", doing, err)
	}
}

func (r *run) emitVerdict(name string, v Verdict) {
	r.emit(Event{Event: EventVerdict, Host: name, Verdict: &v})
}

// summary is summary.json: the run in short, for those who do not want to read events.
type summary struct {
	Version  int                `json:"version"`
	Run      string             `json:"run"`
	Action   nixcmd.Action      `json:"action"`
	Started  time.Time          `json:"started"`
	Ended    time.Time          `json:"ended"`
	ExitCode int                `json:"exitCode"`
	Hosts    map[string]Verdict `json:"hosts"`
}

// conclude writes the end of the run, and summary.json last of all.
func (r *run) conclude() error {
	r.mu.Lock()
	outcomes, hosts := []Outcome{}, map[string]Verdict{}
	for i, t := range r.view.Tasks {
		outcomes = append(outcomes, t.Verdict.Outcome)
		if r.plan.Hosts[i].Failed {
			outcomes = append(outcomes, OutcomeFailed)
		}
		hosts[t.Host] = *t.Verdict
	}
	over, failed := r.view.Over() && !r.resolved, r.failed
	r.mu.Unlock()
	if failed != nil {
		return failed
	}
	code := exitCodeOf(outcomes)
	if !over {
		r.emit(Event{Event: EventEnd, ExitCode: &code})
	}
	r.mu.Lock()
	failed = r.failed
	s := summary{Version: 1, Run: r.plan.ID, Action: r.plan.Action, Started: r.view.Started, Ended: r.view.Ended, ExitCode: code, Hosts: hosts}
	r.mu.Unlock()
	if failed != nil {
		return failed
	}
	r.note("keeping how long it all took", r.durations.save())
	r.farewells.Wait()
	// Whoever finds a run without summary.json takes it over; nobody looks for
	// what is left of one that has it.
	err := errors.Join(r.closeMasters(), os.RemoveAll(r.plan.Sockets))
	return errors.Join(err, writeJSON(r.dir.summary(), s))
}
