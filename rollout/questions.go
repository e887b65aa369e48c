package rollout

import (
	"slices"
	"strings"
)

// The states of a question event.
const (
	QuestionAsked   = "asked"
	QuestionSettled = "settled" // answered, refused, or given up: what follows tells which
)

// lookAtQuestions tells of questions that were put or settled since the last
// look. Whoever asks writes a file; only the supervisor writes events.
func (r *run) lookAtQuestions() {
	open, err := r.dir.openQuestions()
	if err != nil {
		r.note("looking for questions", err)
		return
	}
	for _, e := range newsOfQuestions(r.toldQuestions(), open) {
		r.emit(e)
	}
}

// toldQuestions are those of which the events say that they wait.
func (r *run) toldQuestions() []Question {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Question
	for _, t := range r.view.Tasks {
		all = append(all, t.Questions...)
	}
	return all
}

// newsOfQuestions are the events that lead from the questions that were told
// to those that are open.
func newsOfQuestions(told []Question, open []questionFile) []Event {
	var news []Event
	for _, q := range told {
		if !slices.ContainsFunc(open, func(o questionFile) bool { return o.ID == q.ID }) {
			news = append(news, Event{Event: EventQuestion, Host: q.Host, State: QuestionSettled, Question: &q})
		}
	}
	for _, o := range open {
		if !slices.ContainsFunc(told, func(q Question) bool { return q.ID == o.ID }) {
			news = append(news, Event{Event: EventQuestion, Host: o.Host, State: QuestionAsked, Question: &o.Question})
		}
	}
	return news
}

// refuseQuestions settles whatever a host's programs ask, so that they end.
func (r *run) refuseQuestions(host string) {
	open, err := r.dir.openQuestions()
	if err != nil {
		r.note("looking for questions", err)
		return
	}
	for _, q := range open {
		if q.Host == host {
			RefuseQuestion(string(r.dir), q.ID) //nolint:errcheck // it has settled itself
		}
	}
}

// applyQuestion takes a question event into the view of its task.
func (t *TaskView) applyQuestion(e Event) {
	if e.Question == nil {
		return
	}
	t.Questions = slices.DeleteFunc(slices.Clone(t.Questions), func(q Question) bool { return q.ID == e.Question.ID })
	if e.State == QuestionAsked {
		t.Questions = append(t.Questions, *e.Question)
	}
	switch {
	case len(t.Questions) > 0:
		t.Reason = "waits for a person: " + t.Questions[0].Summary()
	case strings.HasPrefix(t.Reason, "waits for a person: "):
		t.Reason = ""
	}
}

// Asking are the hosts whose programs wait for a person's answer.
func (v *View) Asking() []string {
	var hosts []string
	for _, t := range v.Tasks {
		if len(t.Questions) > 0 {
			hosts = append(hosts, t.Host)
		}
	}
	return hosts
}

// Summary says in one line who wants what, such as "sudo asks for the password
// of ops on web1".
func (q Question) Summary() string {
	what := map[bool]string{true: "waits", false: "asks"}[q.NoAnswer()]
	first, _, _ := strings.Cut(q.Words, "\n")
	line := q.Program + " " + what + " " + q.Purpose
	if first != "" {
		line += ": " + first
	}
	if q.Attempt > 1 {
		line += " (the last answer was wrong)"
	}
	return line
}
