package cli

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// asked answers as a host that is called by how often its script was run, and
// notes what else it is asked.
type asked struct {
	mu      sync.Mutex
	scripts int
	others  []string
}

func (a *asked) Run(_ context.Context, c sshutil.Command) (sshutil.Result, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c.Stdin == nil {
		a.others = append(a.others, c.Line)
		return sshutil.Result{}, nil
	}
	a.scripts++
	return sshutil.Result{Stdout: []byte("NF1\thost\tread anew\nNF1\tend\t1\n")}, nil
}

func (a *asked) Close() error { return nil }

// TestBegunEarly: a machine that is being read already is not read again,
// unless something else was asked of it, or too long ago; and sudo is asked
// only when it is known what for.
func TestBegunEarly(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	wants := fleet.Questions{Sudo: true, Agent: true, Trust: true}
	failed := errors.New("it hung up")
	for name, c := range map[string]struct {
		early reading
		host  string
		err   error
	}{
		"the same":          {reading{asked: wants.WithoutSudo(), reached: true}, "begun", nil},
		"which failed":      {reading{asked: wants.WithoutSudo(), reached: true, err: failed}, "begun", failed},
		"without the agent": {reading{asked: fleet.Questions{Means: true, Trust: true}, reached: true}, "read anew", nil},
		"not about sudo":    {reading{asked: fleet.Questions{Agent: true, Trust: true}, reached: true}, "read anew", nil},
		"long ago":          {reading{asked: wants.WithoutSudo(), reached: true, at: now.Add(-earlyLasts - time.Second)}, "read anew", nil},
		"not let in":        {reading{}, "read anew", nil},
	} {
		t.Run(name, func(t *testing.T) {
			early, r := c.early, &asked{}
			early.survey.Reading.Host, early.survey.Trust = "begun", nixcmd.Trusted
			if early.at.IsZero() {
				early.at = now
			}
			early.over = make(chan struct{})
			close(early.over)
			k := &links{reading: map[string]*reading{"h": &early}}
			s, err := k.take("h").complete(t.Context(), r, wants, func() time.Time { return now })
			if !errors.Is(err, c.err) || s.Reading.Host != c.host {
				t.Errorf("got %q, %v", s.Reading.Host, err)
			}
			if again := c.host != "begun"; (r.scripts == 1) != again || r.scripts > 1 {
				t.Errorf("it was read %d times", r.scripts)
			}
			if sudo := slices.DeleteFunc(r.others, func(line string) bool { return line == "nix-daemon --stdio" }); err == nil && (len(sudo) != 1 || s.Sudo != fleet.SudoWorks) {
				t.Errorf("asked %q, sudo: %q", sudo, s.Sudo)
			}
			if err == nil && c.host == "begun" && s.Trust != nixcmd.Trusted {
				t.Errorf("what was learned early is lost: trust %q", s.Trust)
			}
			if k.take("h") != nil {
				t.Error("it can be used twice")
			}
		})
	}
}
