package rollout

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"nixfleet-tui/nixcmd"
)

// runsIndex is runs.json: what lists of runs show of those that are over, so
// that a history of a thousand is there at once. It follows from the runs'
// directories, and is made anew for whatever has changed there.
type runsIndex struct {
	Version int                   `json:"version"`
	Runs    map[string]indexedRun `json:"runs"` // by directory's name
}

const indexVersion = 1

// indexedRun is a run that is over, as far as lists show it.
type indexedRun struct {
	Mark     string        `json:"mark"` // of the files that it follows from
	ID       string        `json:"id"`
	Action   nixcmd.Action `json:"action"`
	Created  time.Time     `json:"created"`
	Invoked  time.Time     `json:"invoked"`
	User     string        `json:"user,omitempty"`
	On       string        `json:"on,omitempty"`
	Flake    Flake         `json:"flake"`
	Started  time.Time     `json:"started"`
	Ended    time.Time     `json:"ended"`
	LastSeen time.Time     `json:"lastSeen"`
	Seq      int64         `json:"seq"`
	ExitCode int           `json:"exitCode"`
	Broken   string        `json:"broken,omitempty"`
	Hosts    []indexedHost `json:"hosts"`
}

type indexedHost struct {
	Name    string  `json:"name"`
	BuildOn string  `json:"buildOn,omitempty"`
	Started int64   `json:"started,omitempty"` // milliseconds after the run was made, plus one; 0: never
	Ended   int64   `json:"ended,omitempty"`
	Outcome Outcome `json:"verdict"`
	Reason  string  `json:"reason,omitempty"`
	Changed bool    `json:"changed,omitempty"`
	Reboot  bool    `json:"reboot,omitempty"`
	Undone  bool    `json:"undone,omitempty"`
}

func (s *Store) indexPath() string { return filepath.Join(s.Dir, "runs.json") }

// readIndex reads the index; one that cannot be read is as none.
func (s *Store) readIndex() runsIndex {
	x := runsIndex{Version: indexVersion}
	if err := readJSON(s.indexPath(), &x); err != nil || x.Version != indexVersion || x.Runs == nil {
		return runsIndex{Version: indexVersion, Runs: map[string]indexedRun{}}
	}
	return x
}

// markOf tells whether the files of a run that is over are still the same; ""
// when it is not over.
func (d runDir) markOf() string {
	mark := ""
	for _, path := range []string{d.summary(), d.events()} { // the plan is written once
		info, err := os.Stat(path)
		if err != nil {
			return ""
		}
		mark += fmt.Sprintf("%d/%d ", info.Size(), info.ModTime().UnixNano())
	}
	return mark
}

// list reads all runs, by the index where that still holds.
func (s *Store) list(ids []string) []View {
	x := s.readIndex()
	views := make([]View, 0, len(ids))
	fresh := runsIndex{Version: indexVersion, Runs: make(map[string]indexedRun, len(ids))}
	changed := false
	for _, id := range ids {
		d := runDir(filepath.Join(s.runs(), id))
		mark := d.markOf()
		if known, ok := x.Runs[id]; ok && mark != "" && known.Mark == mark {
			fresh.Runs[id] = known
			views = append(views, known.view(string(d)))
			continue
		}
		v := s.read(id)
		views = append(views, v)
		if mark != "" && v.Over() && !v.Unreadable() && !v.Unknown() {
			fresh.Runs[id] = indexRun(v, mark)
			changed = true
		}
	}
	if changed || len(fresh.Runs) != len(x.Runs) {
		s.writeIndex(fresh)
	}
	return views
}

// writeIndex replaces the index. Who cannot write it reads the runs again next time.
func (s *Store) writeIndex(x runsIndex) {
	if err := writeJSON(s.indexPath(), x); err != nil {
		os.Remove(s.indexPath()) //nolint:errcheck // a stale one is noticed by its marks
	}
}

func indexRun(v View, mark string) indexedRun {
	r := indexedRun{
		Mark: mark, ID: v.Plan.ID, Action: v.Plan.Action, Created: v.Plan.Created, Invoked: v.Plan.Invoked, User: v.Plan.User, On: v.Plan.On, Flake: v.Plan.Flake,
		Started: v.Started, Ended: v.Ended, LastSeen: v.LastSeen, Seq: v.Seq, ExitCode: v.ExitCode, Broken: v.Broken,
	}
	for i, t := range v.Tasks {
		h := indexedHost{Name: t.Host, BuildOn: v.Plan.Hosts[i].BuildOn, Started: after(v.Plan.Created, t.Started), Ended: after(v.Plan.Created, t.Ended)}
		if t.Verdict != nil {
			h.Outcome, h.Reason, h.Changed, h.Reboot, h.Undone = t.Verdict.Outcome, t.Verdict.Reason, t.Verdict.Changed, t.Verdict.RebootNeeded, t.Verdict.Undone
		}
		r.Hosts = append(r.Hosts, h)
	}
	return r
}

// after and back keep a time as what has passed since a run was made: there are
// thousands of them, and reading dates takes its time.
func after(made, t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Sub(made).Milliseconds() + 1
}

func back(made time.Time, passed int64) time.Time {
	if passed == 0 {
		return time.Time{}
	}
	return made.Add(time.Duration(passed-1) * time.Millisecond)
}

// view is the run as a list shows it: less than what opening it shows.
func (r indexedRun) view(dir string) View {
	v := View{
		Dir: dir, Started: r.Started, Ended: r.Ended, LastSeen: r.LastSeen, Seq: r.Seq, ExitCode: r.ExitCode, Broken: r.Broken,
		Plan: Plan{Version: PlanVersion, ID: r.ID, Action: r.Action, Created: r.Created, Invoked: r.Invoked, User: r.User, On: r.On, Flake: r.Flake},
	}
	v.Plan.Hosts, v.Tasks = make([]PlanHost, len(r.Hosts)), make([]TaskView, len(r.Hosts))
	for i, h := range r.Hosts {
		v.Plan.Hosts[i] = PlanHost{Name: h.Name, BuildOn: h.BuildOn}
		v.Tasks[i] = TaskView{Host: h.Name, Phase: nixcmd.PhaseDone, Started: back(r.Created, h.Started), Ended: back(r.Created, h.Ended),
			Verdict: &Verdict{Outcome: h.Outcome, Phase: nixcmd.PhaseDone, Reason: h.Reason, Changed: h.Changed, RebootNeeded: h.Reboot, Undone: h.Undone, Log: LogPath(dir, h.Name)}}
	}
	return v
}
