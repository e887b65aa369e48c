package ui

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// copied is what was last put on the clipboard.
func (s *stage) copied() string {
	s.t.Helper()
	at := strings.LastIndex(s.written, "\x1b]52;c;")
	if at < 0 {
		return ""
	}
	content, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(s.written[at+len("\x1b]52;c;"):], "\a"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(content)
}

func TestCopyTakesWhatThePaneShows(t *testing.T) {
	s := newStage(t, 80, 24)
	s.showRun(4, false)
	s.keys("2", "z", "y")
	lines := strings.Split(s.copied(), "\n")
	if len(lines) != 19 || !strings.HasPrefix(lines[18], "hello-1> compiling unit 29 of 30 with a line that is rather long, so that it is cut in narrow panes") {
		t.Errorf("copied %d lines, the last %q", len(lines), lines[len(lines)-1])
	}
	s.sees("Copied 19 lines.")
	s.keys("g", "y")
	if got := s.copied(); !strings.HasPrefix(got, "building the system configuration...\nthese 20") {
		t.Errorf("from the top: %.60q", got)
	}
}

func TestCopyTakesTheLineThatWasFound(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	d.log("ankarana", "a \x1b]52;c;aGk=\a needle\n"+strings.Repeat("hay\n", 90))
	s.advance(time.Second)
	s.keys("2", "z", "/", "needle", "enter", "y")
	if got := s.copied(); !strings.HasSuffix(got, "needle") || strings.ContainsAny(got, "\n\x1b\a") {
		t.Errorf("copied %q", got)
	}
	s.sees("Copied 1 line.")
}

func TestCopyIsBounded(t *testing.T) {
	s := newStage(t, 80, 24)
	d := s.showRun(4, false)
	d.log("ankarana", strings.Repeat(strings.Repeat("é", 4000)+"\n", 20))
	s.advance(time.Second)
	s.keys("2", "z", "y")
	if got := len(s.copied()); got > copyMost || got < copyMost-4 {
		t.Errorf("copied %d bytes", got)
	}
	s.sees("Only the first 64.0 KiB were copied.")
}

func TestTheTitleSaysWhatRuns(t *testing.T) {
	s := newStage(t, 80, 24)
	if s.m.title != "nixfleet" {
		t.Errorf("at first: %q", s.m.title)
	}
	s.showFleet()
	if s.m.title != "nixfleet - machines @3f2a1bc" {
		t.Errorf("at rest: %q", s.m.title)
	}
	d := s.showRun(4, false)
	if s.m.title != "switch 0/4 - nixfleet" {
		t.Errorf("in a run: %q", s.m.title)
	}
	d.conclude([]string{"andasibe", "ankarana", "ayeaye", "boraha"}, func(int) time.Time { return s.clock })
	s.advance(time.Second)
	if s.m.title != "nixfleet - machines @3f2a1bc" {
		t.Errorf("afterwards: %q", s.m.title)
	}
	if s.m.retitle() != nil {
		t.Error("the same title is set again")
	}
}
