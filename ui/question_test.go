package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/rollout"
)

// askedRun shows a run whose program asks for sudo's password on indri.
func (s *stage) askedRun(questions ...rollout.Question) {
	s.t.Helper()
	v := rollout.View{Dir: "/runs/1", Plan: planFor([]string{"indri"}), Alive: true, Started: begin(), Tasks: []rollout.TaskView{
		{Host: "indri", Started: begin(), Questions: questions},
	}}
	s.news(RunsListed{Runs: []rollout.View{v}})
}

func sudoQuestion(id string) rollout.Question {
	return rollout.Question{ID: id, Host: "indri", Program: "sudo", Purpose: "on indri", Wants: rollout.WantsSudo,
		Words: "sudo on indri wants your password there", Asked: begin(), Until: begin().Add(10 * time.Minute)}
}

func (s *stage) typed(words string) {
	s.t.Helper()
	s.keys(strings.Split(words, "")...)
}

func TestQuestionComesUpAndIsAnswered(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {60, 15}, {160, 48}} {
		s := newStage(t, size[0], size[1]).showFleet()
		s.askedRun(sudoQuestion("q1"))
		s.sees("sudo asks", "indri", "wants your password there", "10 more minutes", "enter answer", "esc later")
		s.typed("no") // was meant for something else
		s.advance(time.Second)
		s.typed("hunter2x")
		s.keys("backspace")
		s.sees("*******")
		s.seesNot("hunter", "********")
		s.keys("enter")
		if !slices.Contains(s.backend.asked, "answer q1 with hunter2") {
			t.Errorf("%v: %q", size, s.backend.asked)
		}
		s.askedRun(sudoQuestion("q1")) // until the supervisor has seen that it is settled
		s.seesNot("sudo asks")
	}
}

func TestQuestionIsPutOffAndRefused(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.askedRun(sudoQuestion("q1"))
	s.advance(time.Second)
	s.typed("half")
	s.keys("esc")
	s.seesNot("sudo asks")
	second := sudoQuestion("q2")
	second.Attempt = 2
	s.askedRun(second)
	s.sees("The last answer was not right")
	s.advance(time.Second)
	s.keys("ctrl+r")
	if !slices.Contains(s.backend.asked, "refuse q2") || slices.ContainsFunc(s.backend.asked, func(a string) bool { return strings.HasPrefix(a, "answer") }) {
		t.Errorf("%q", s.backend.asked)
	}
}

func TestQuestionThatOthersSettleGoesAway(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.askedRun(sudoQuestion("q1"))
	s.sees("sudo asks")
	s.askedRun()
	s.seesNot("sudo asks")
	s.sees("does not wait any more")
}

func TestQuestionWaitsForOtherDialogs(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.keys("?")
	s.askedRun(sudoQuestion("q1"))
	s.seesNot("sudo asks")
	s.keys("esc")
	s.sees("sudo asks")
}

func TestHostKeyIsAnsweredInTheOpen(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	q := sudoQuestion("q1")
	q.Program, q.Wants, q.Words = "ssh", "hostkey", "The authenticity of host 'indri' can't be established.\nED25519 key fingerprint is SHA256:abc\x1b[2J."
	s.askedRun(q)
	s.advance(time.Second)
	s.typed("yes")
	s.sees("ssh asks", "SHA256:abc", "yes")
}

func TestPasswordIsAskedBeforeTheRun(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.backend.proposal = proposalFor([]string{"andasibe", "indri"})
	for i := range s.backend.proposal.Plan.Hosts {
		s.backend.proposal.Plan.Hosts[i].Password = true
	}
	s.backend.right = map[string][]string{"good": {"andasibe"}, "other": {"indri"}}
	s.keys("d", "s")
	s.advance(time.Second)
	s.keys("y")
	s.sees("sudo wants your password", "andasibe, indri")
	for _, step := range []struct{ types, sees string }{{"bad", "That was not right"}, {"good", "indri"}} {
		s.advance(time.Second)
		s.typed(step.types)
		s.keys("enter")
		s.sees(step.sees)
		if s.launched() {
			t.Fatal("it was started before all passwords were right")
		}
	}
	s.advance(time.Second)
	s.typed("other")
	s.keys("enter")
	if !s.launched() || len(s.backend.passwords) != 2 || s.backend.passwords["andasibe"] == s.backend.passwords["indri"] {
		t.Errorf("%q, %v", s.backend.asked, s.backend.passwords)
	}
}

func TestNoPasswordStartsNothing(t *testing.T) {
	for _, key := range []string{"esc", "ctrl+r", "ctrl+c"} {
		s := newStage(t, 80, 24).showFleet()
		s.backend.proposal = proposalFor([]string{"andasibe"})
		s.backend.proposal.Plan.Hosts[0].Password = true
		s.keys("d", "s")
		s.advance(time.Second)
		s.keys("y")
		s.advance(time.Second)
		s.typed("half")
		s.keys(key)
		s.sees("Nothing was started")
		if s.launched() || s.m.dialog != nil {
			t.Errorf("%s did not end it", key)
		}
	}
}

func TestThirdWrongPasswordStartsNothing(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	s.backend.proposal = proposalFor([]string{"andasibe"})
	s.backend.proposal.Plan.Hosts[0].Password = true
	s.keys("d", "s")
	s.advance(time.Second)
	s.keys("y")
	for range rollout.PasswordTries {
		s.advance(time.Second)
		s.typed("bad")
		s.keys("enter")
	}
	s.sees("Nothing was started")
	s.seesNot("sudo wants your password")
	if s.launched() {
		t.Error("it was started")
	}
}

func TestTouchIsTold(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	q := sudoQuestion("q1")
	q.Program, q.Wants, q.Words = "ssh-agent", "touch", "touch your security key: blue"
	s.askedRun(q)
	s.sees("indri: touch your security key: blue")
	s.seesNot("asks")
	if s.m.dialog != nil || s.m.isAsked() {
		t.Error("there is something to type")
	}
}
