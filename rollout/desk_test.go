package rollout

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// deskHere is a desk without its socket, so that its time can be let run fast.
func deskHere(t *testing.T, d runDir, host string) *desk {
	t.Helper()
	k, err := newDesk(d, "nowhere", host)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// answered is how a question ended.
type answered struct {
	secret *Secret
	err    error
}

func (k *desk) askAside(t *testing.T, q Question) <-chan answered {
	over := make(chan answered, 1)
	go func() {
		secret, err := k.Ask(t.Context(), q)
		over <- answered{secret, err}
	}()
	synctest.Wait()
	return over
}

func TestQuestionWaitsTenMinutes(t *testing.T) {
	d := runDir(t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		k := deskHere(t, d, "h1")
		over := k.askAside(t, Question{Program: "ssh", Wants: "passphrase"})
		open, err := d.openQuestions()
		if err != nil || len(open) != 1 || open[0].Host != "h1" || open[0].Until.Sub(open[0].Asked) != 10*time.Minute {
			t.Fatalf("it lies open as %+v, %v", open, err)
		}
		time.Sleep(10*time.Minute - time.Second)
		synctest.Wait()
		if open, err := d.openQuestions(); err != nil || len(open) != 1 {
			t.Errorf("a second before its end: %+v, %v", open, err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		select {
		case a := <-over:
			if !errors.Is(a.err, errNobody) || a.secret != nil {
				t.Errorf("it ended with %v, %v", a.secret, a.err)
			}
		default:
			t.Error("it waits for longer")
		}
		if open, err := d.openQuestions(); err != nil || len(open) != 0 {
			t.Errorf("it outlives its end: %+v, %v", open, err)
		}
	})
}

func TestQuestionIsAnsweredAtTheLastMoment(t *testing.T) {
	d := runDir(t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		k := deskHere(t, d, "h1")
		over := k.askAside(t, Question{Program: "ssh", Wants: "passphrase"})
		time.Sleep(10*time.Minute - time.Second)
		open, err := d.openQuestions()
		if err != nil || len(open) != 1 {
			t.Fatalf("%+v, %v", open, err)
		}
		k.take(open[0].ID) <- reply{secret: secretOf(t, "words")}
		if a := <-over; a.err != nil || string(a.secret.Bytes()) != "words" {
			t.Errorf("it ended with %v, %v", a.secret, a.err)
		}
	})
}

// Nobody answers what sudo asks: the task ends, says so, and nixos-rebuild was
// never started.
func TestTaskEndsWhenNobodyAnswers(t *testing.T) {
	w := newTestWorld(t)
	w.sudoHost("h1", ngStory)
	d := runDir(t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		p := &parent{dir: d, plan: w.passwordPlan(nixcmd.KindNG, "h1"), attend: &attendance{desk: deskHere(t, d, "h1"), askpass: &sshutil.AskpassServer{}}}
		p.host = p.plan.Hosts[0]
		began := time.Now()
		cmd, err := p.start(nil)
		var u *unansweredError
		if cmd != nil || !errors.As(err, &u) || !errors.Is(err, errNobody) || u.hint == "" {
			t.Fatalf("it went on with %v, %v", cmd, err)
		}
		if waited := time.Since(began); waited != 10*time.Minute {
			t.Errorf("it waited for %v", waited)
		}
		if line := whyNot(err); !strings.HasPrefix(line, "unanswered sudo there wants a password, and nobody answered in time\t") {
			t.Errorf("the supervisor hears %q", line)
		}
	})
	if readable(d.host("h1", ".log")) {
		t.Error("nixos-rebuild was started")
	}
}
