package rollout

import (
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"nixfleet-tui/nixcmd"
)

// durations remembers how long derivations took to build, by their names
// without hash: the next version of linux takes about as long as the last; and
// how long tasks took, by which the queue begins with the longest.
type durations struct {
	path  string
	now   func() time.Time
	mu    sync.Mutex
	known durationsFile
}

// durationsFile is durations.json.
type durationsFile struct {
	Version int                 `json:"version"`
	Builds  map[string]duration `json:"builds"` // by the derivation's name without version
	Tasks   map[string]duration `json:"tasks"`  // by action, flake and host
}

type duration struct {
	Seconds float64   `json:"seconds"` // the newer ones weigh more
	Last    time.Time `json:"last"`
}

// durations reads what earlier runs measured. What cannot be read is learned anew.
func (s *Store) durations(now func() time.Time) *durations {
	d := &durations{path: filepath.Join(s.Dir, "durations.json"), now: now}
	if err := readJSON(d.path, &d.known); err != nil || d.known.Version != 1 || d.known.Builds == nil {
		d.known = durationsFile{Version: 1, Builds: map[string]duration{}}
	}
	if d.known.Tasks == nil { // of a program that did not keep them
		d.known.Tasks = map[string]duration{}
	}
	return d
}

// learn takes in one build that has ended.
func (d *durations) learn(name string, took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := nixcmd.PackageName(name)
	old, had := d.known.Builds[key]
	secs := took.Seconds()
	if had {
		secs = (old.Seconds + secs) / 2
	}
	d.known.Builds[key] = duration{Seconds: secs, Last: d.now()}
}

// learnTask takes in how long a task took. One that did not do all of its work,
// because it failed or nothing was new, only says what such a task takes at least.
func (d *durations) learnTask(key string, took time.Duration, all bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	secs := took.Seconds()
	if !all {
		secs = max(secs, d.known.Tasks[key].Seconds)
	}
	d.known.Tasks[key] = duration{Seconds: secs, Last: d.now()}
}

// ofTask is how long a task is expected to take; 0 when that is not known.
func (d *durations) ofTask(key string) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Duration(d.known.Tasks[key].Seconds * float64(time.Second))
}

// save keeps what was learned, here and by runs that have ended meanwhile.
func (d *durations) save() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var others durationsFile
	if err := readJSON(d.path, &others); err == nil && others.Version == d.known.Version {
		addNewer(d.known.Builds, others.Builds)
		addNewer(d.known.Tasks, others.Tasks)
	}
	keepNewest(d.known.Builds)
	keepNewest(d.known.Tasks)
	return writeJSON(d.path, d.known)
}

func addNewer(to, from map[string]duration) {
	for key, d := range from {
		if d.Last.After(to[key].Last) {
			to[key] = d
		}
	}
}

// keepNewest forgets what is beyond maxDurations.
func keepNewest(all map[string]duration) {
	over := len(all) - maxDurations
	if over <= 0 {
		return
	}
	oldest := slices.SortedFunc(maps.Keys(all), func(a, b string) int { return all[a].Last.Compare(all[b].Last) })
	for _, key := range oldest[:over] {
		delete(all, key)
	}
}

// of is how long a derivation is expected to take, if it was ever built.
func (d *durations) of(name string) (time.Duration, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b, ok := d.known.Builds[nixcmd.PackageName(name)]
	return time.Duration(b.Seconds * float64(time.Second)), ok
}

// buildWatch notices builds that end, and estimates what is left.
type buildWatch struct {
	durations *durations
	learns    bool                 // the times are true; not so for a log that is read again after an adoption
	running   map[string]time.Time // since when
	done      map[string]bool
}

func newBuildWatch(d *durations, learns bool) *buildWatch {
	return &buildWatch{durations: d, learns: learns, running: map[string]time.Time{}, done: map[string]bool{}}
}

// look compares what is being built with the last look.
func (w *buildWatch) look(p nixcmd.Progress, now time.Time) {
	current := make(map[string]bool, len(p.Builds))
	for _, b := range p.Builds {
		current[b.Name] = true
		if _, ok := w.running[b.Name]; !ok {
			w.running[b.Name] = b.Since
		}
	}
	for name, since := range w.running {
		if !current[name] {
			w.done[name] = true
			if w.learns {
				w.durations.learn(name, now.Sub(since))
			}
			delete(w.running, name)
		}
	}
}

// left is how long the builds that are planned and not done will take: the
// longest of those that run, and the others shared between as many as run now.
// Without a figure for every one of them there is no estimate.
func (w *buildWatch) left(planned []string, now time.Time) (time.Duration, bool) {
	var longest, queued time.Duration
	todo := false
	for _, name := range planned {
		if w.done[name] {
			continue
		}
		took, ok := w.durations.of(name)
		if !ok {
			return 0, false
		}
		todo = true
		if since, ok := w.running[name]; ok {
			longest = max(longest, took-now.Sub(since))
		} else {
			queued += took
		}
	}
	return longest + queued/time.Duration(max(1, len(w.running))), todo
}
