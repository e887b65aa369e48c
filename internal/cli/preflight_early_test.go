package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kballard/go-shellquote"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/sshdtest"
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

// TestBegunEarlyIsTheRuns: what is read early of a host is what preflight asks
// of it, with an agent and without, so that nothing is asked twice.
func TestBegunEarlyIsTheRuns(t *testing.T) {
	s := sshdtest.Start(t)
	for name, c := range map[string]struct {
		agent    string
		forwards bool
		asks     fleet.Questions
	}{
		"reading":                 {"", false, fleet.Questions{}},
		"forwarded by fleet.nix":  {"/agent", true, fleet.Questions{Means: true}},
		"forwarded by the plan":   {"/agent", false, fleet.Questions{Means: true, Agent: true}},
		"there is none":           {"", true, fleet.Questions{Means: true, Agent: true}},
		"with the Nix of another": {"", false, fleet.Questions{Trust: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.env["SSH_AUTH_SOCK"] = c.agent
			p := b.program()
			k := &links{pool: sshutil.NewPool(&sshutil.Dialer{}), shared: shareBy(t, personal(t, s, s.Port))}
			k.shared.forwards = map[string]bool{"h": c.forwards}
			defer k.pool.Close()
			k.read(t.Context(), p.Env, map[string]fleet.Questions{"h": c.asks})
			early := k.reading["h"]
			look := &scout{Program: p, links: k, forwarding: map[string]bool{}}
			got, err := look.survey(t.Context(), "h", c.asks)
			if err != nil || !early.reached || early.err != nil {
				t.Fatalf("%v; begun early: %v, %v", err, early.reached, early.err)
			}
			if !got.Reading.At.Equal(early.survey.Reading.At) {
				t.Errorf("it was read again, asking %+v after %+v", c.asks, early.asked)
			}
		})
	}
}

// TestBegunEarlyIsCalledOff: when there is no run, nobody waits for a host that
// does not answer ssh, until its time is over.
func TestBegunEarlyIsCalledOff(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "begun")
	ssh := filepath.Join(t.TempDir(), "ssh")
	if err := errors.Join(syscall.Mkfifo(fifo, 0o600), os.WriteFile(ssh, []byte("#!/bin/sh\necho >"+shellquote.Join(fifo)+"\nexec sleep 1000\n"), 0o755)); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	k := &links{pool: sshutil.NewPool(&sshutil.Dialer{Resolver: &sshutil.OpenSSH{}}), shared: shareBy(t, os.DevNull), stop: stop, done: func() error { return nil }}
	k.shared.ssh = ssh
	k.read(ctx, Env{}, map[string]fleet.Questions{"h": {}})
	if _, err := os.ReadFile(fifo); err != nil { // until it has begun
		t.Fatal(err)
	}
	if err := k.end(); err != nil {
		t.Error(err)
	}
	if err := k.shared.logins["h"].err; kindOf(err) != sshutil.KindCanceled {
		t.Errorf("its login ended with %q: %v", kindOf(err), err)
	}
}
