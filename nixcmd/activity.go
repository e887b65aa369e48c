package nixcmd

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"nixfleet-tui/internal/text"
)

// activity is something that a nix process began and has not said to have
// ended.
type activity struct {
	order    int
	kind     int
	path     StorePath // of a build its derivation, of a copy what is copied
	machine  string
	download string
	step     string
	since    time.Time
	twin     bool            // what the builder's own daemon tells of once more
	latest   [maxCounts]byte // its progress as it came: most is never looked at
	length   int             // of latest
	expects  map[int]int64   // by kind of activity
}

// activities are those of all processes of one nixos-rebuild: ids contain the
// process id, so they do not collide.
type activities struct {
	now      func() time.Time
	live     map[uint64]*activity
	last     *activity // of lastID: news mostly come of the same one
	lastID   uint64
	kinds    map[int]int             // how many of each kind are live
	building map[StorePath]*activity // the first live build of each derivation
	begun    int
	ended    map[int]int64 // what ended activities had done, by kind
	planned  int           // derivations in "these N derivations will be built"
	copied   int           // paths whose copying has ended
	realised bool          // a realisation has ended
	tails    logTails
}

func newActivities(now func() time.Time) activities {
	return activities{
		now: now, live: map[uint64]*activity{}, kinds: map[int]int{},
		building: map[StorePath]*activity{}, ended: map[int]int64{},
	}
}

// start begins an activity. If the id is live, its stop was lost.
func (s *activities) start(m nixMessage) *activity {
	s.stop(m.ID)
	if len(s.live) >= maxActivities {
		s.dropOldHalf()
	}
	a := &activity{order: s.begun, kind: m.Type, since: s.now()}
	s.begun++
	switch m.Type {
	case actBuild:
		a.path = StorePath(fieldText(m.Fields, 0))
		a.machine = text.Line(fieldText(m.Fields, 1))
		s.joinTwin(a)
	case actCopyPath:
		a.path = StorePath(fieldText(m.Fields, 0))
		a.download = text.Line(a.path.Name())
	case actFileTransfer:
		a.download = text.Line(fieldText(m.Fields, 0))
	case actRealise:
		s.realised = false
	case actBuilds:
		// Counted by the realisation here that sent these builds away.
		above, ok := s.live[m.Parent]
		a.twin = ok && above.kind == actRealise
	}
	s.live[m.ID], s.last = a, nil
	s.kinds[a.kind]++
	return a
}

// joinTwin finds the build that a tells of once more. An ssh-ng builder's
// daemon relays its own activity for a derivation that we know to be building
// there, with no machine.
func (s *activities) joinTwin(a *activity) {
	first, ok := s.building[a.path]
	if !ok {
		s.building[a.path] = a
		return
	}
	a.twin = true
	if first.machine == "" {
		first.machine = a.machine
	}
}

func (s *activities) stop(id uint64) {
	a, ok := s.live[id]
	if !ok {
		return
	}
	s.forget(id, a)
	if !a.twin {
		s.ended[a.kind] += a.counts()[0]
	}
	switch a.kind {
	case actCopyPath:
		s.copied++
	case actRealise:
		s.realised = true
	case actBuild:
		if !a.twin {
			s.tails.end(a.path)
		}
	}
}

func (s *activities) forget(id uint64, a *activity) {
	delete(s.live, id)
	s.last = nil
	if s.kinds[a.kind]--; s.kinds[a.kind] == 0 {
		delete(s.kinds, a.kind)
	}
	if s.building[a.path] == a {
		delete(s.building, a.path)
	}
}

func (s *activities) dropOldHalf() {
	for id, a := range s.live {
		if a.order < s.begun-maxActivities/2 {
			s.forget(id, a)
		}
	}
}

// setProgress takes the fields of a progress line.
func (s *activities) setProgress(id uint64, fields []byte) {
	if s.last == nil || s.lastID != id {
		s.last, s.lastID = s.live[id], id
	}
	if s.last != nil && len(fields) <= maxCounts {
		s.last.length = copy(s.last.latest[:], fields)
	}
}

// counts are done, expected, running and failed.
func (a *activity) counts() [4]int64 {
	counts, _ := parseNumbers(a.latest[:a.length]) // what makes no sense counts nothing
	return counts
}

func (s *activities) setExpected(id uint64, kind int, n int64) {
	a, ok := s.live[id]
	if !ok {
		return
	}
	if a.expects == nil {
		a.expects = map[int]int64{}
	}
	a.expects[kind] = n
}

func (s *activities) setStep(id uint64, step string) {
	a, ok := s.live[id]
	if !ok {
		return
	}
	if first, ok := s.building[a.path]; ok {
		a = first // the builder's own daemon tells more than we can see
	}
	a.step = step
}

// logLine keeps a line of a build's log and returns what it is prefixed with.
func (s *activities) logLine(id uint64, line []byte) string {
	a, ok := s.live[id]
	if !ok || a.path == "" {
		return ""
	}
	s.tails.add(a.path, line)
	return text.Line(a.path.shortName()) + "> "
}

// realising says whether nix is building or fetching what a build needs.
func (s *activities) realising() bool { return s.kinds[actRealise]+s.kinds[actBuild] > 0 }

// quietAfterRealise says that a realisation is over and nothing is being
// built or copied: the next step prints nothing.
func (s *activities) quietAfterRealise() bool {
	return s.realised && !s.realising() && s.kinds[actBuilds]+s.kinds[actCopyPath]+s.kinds[actCopyPaths] == 0
}

// progress adds up what the live activities say, as Nix's own progress bar
// does: done is what ended and running ones did, expected the larger of what
// they say and what others said to expect of their kind.
func (s *activities) progress() Progress {
	buildsDone, buildsExpected := s.sum(actBuilds)
	copiesDone, copiesExpected := s.sum(actCopyPaths)
	p := Progress{
		BuildsDone: int(buildsDone), BuildsExpected: max(int(buildsExpected), s.planned),
		CopiesDone: int(copiesDone), CopiesExpected: int(copiesExpected),
	}
	p.BytesDone, p.BytesExpected = s.sum(actCopyPath)
	// The last count of a copy is not always told before its end.
	p.CopiesDone = max(p.CopiesDone, s.copied)
	p.CopiesExpected = max(p.CopiesExpected, p.CopiesDone)
	builds := []*activity{}
	latest := -1
	for _, a := range s.live {
		if a.kind == actBuild && !a.twin {
			builds = append(builds, a)
		}
		if a.download != "" && a.order > latest {
			p.Download, latest = a.download, a.order
		}
	}
	slices.SortFunc(builds, func(a, b *activity) int { return cmp.Compare(a.order, b.order) })
	for _, a := range builds {
		name := text.Line(a.path.shortName())
		p.Building = append(p.Building, name)
		p.Builds = append(p.Builds, RunningBuild{Name: name, Machine: a.machine, Step: a.step, Since: a.since})
	}
	return p
}

func (s *activities) sum(kind int) (done, expected int64) {
	done = s.ended[kind]
	expected = done
	var told int64
	for _, a := range s.live {
		if a.kind == kind && !a.twin {
			counts := a.counts()
			done += counts[0]
			expected += counts[1]
		}
		told += a.expects[kind]
	}
	return done, max(expected, told)
}

func fieldText(fields []json.RawMessage, i int) string {
	var s string
	if i >= len(fields) || json.Unmarshal(fields[i], &s) != nil {
		return ""
	}
	return string(cutLine([]byte(s), maxField))
}
