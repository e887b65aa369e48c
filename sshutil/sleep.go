package sshutil

import "time"

// sleeps notices that this machine has slept: the clock on the wall went on
// meanwhile, and the one that durations are measured by did not.
type sleeps struct {
	now      func() time.Time
	wall     time.Time
	measured time.Time
}

func watchSleep(now func() time.Time) *sleeps {
	return &sleeps{now: now, wall: now().Round(0), measured: time.Now()}
}

// slept says whether it has slept since the last question.
func (s *sleeps) slept() bool {
	wall, measured := s.now().Round(0), time.Now()
	gap := wall.Sub(s.wall) - measured.Sub(s.measured)
	s.wall, s.measured = wall, measured
	return gap > sleepGap
}

// isFresh says whether something learned at a moment still counts. A clock that
// was set back does not make it last.
func isFresh(at, now time.Time, span time.Duration) bool {
	age := now.Sub(at)
	return age >= 0 && age <= span
}
