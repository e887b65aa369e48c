package ui

import (
	"testing"
	"time"
)

// Who went back to an old generation sees since when it is so.
func TestAProfileThatWasSetSinceSaysWhen(t *testing.T) {
	s := newStage(t, 160, 40).showFleet()
	s.keys("/", "boraha", "enter")
	s.seesNot(", set ")
	back := dozen()[3].with(func(t *told) { t.status.Reading.ProfileAt = ago(3 * time.Hour) })
	s.news(back.newsOf()...)
	s.sees("gen 61, 9d old, set 3h ago")
}
