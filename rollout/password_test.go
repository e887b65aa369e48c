package rollout

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

const rightPassword = "correct-horse-battery"

// sudoHost makes a host whose sudo takes rightPassword, which a stand-in for
// ssh tries out; story is what nixos-rebuild does.
func (w *testWorld) sudoHost(name, story string) {
	w.t.Helper()
	w.host(name, "m-"+name, story)
	w.write("bin/ssh", `#!/bin/sh
case "$*" in *"sudo -k -p"*) echo "sudo: a terminal is required to read the password" >&2; exit 1 ;; esac
read -r given
[ "$given" = `+rightPassword+` ] && exit 0
echo "$given" | wc -c >>`+filepath.Join(w.hosts, "wrong")+`
echo "Sorry, try again." >&2; exit 1
`, 0o755)
	w.t.Setenv("PATH", filepath.Join(w.hosts, "bin")+":"+os.Getenv("PATH"))
}

// passwordPlan is a plan for hosts whose sudo wants a password.
func (w *testWorld) passwordPlan(dialect string, hosts ...string) Plan {
	p := w.plan(nixcmd.Switch, hosts...)
	p.Ask, p.Dialect.Kind = true, dialect
	for i := range p.Hosts {
		p.Hosts[i].Password = true
	}
	return p
}

func secretOf(t *testing.T, words string) *sshutil.Secret {
	t.Helper()
	s, err := sshutil.ReadSecret(strings.NewReader(words + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Wipe)
	return s
}

const (
	ngStory   = `read -r given; [ "$given" = ` + rightPassword + ` ] || exit 1; read -r more && exit 1; ` + wellStory
	bashStory = `[ -t 0 ] || exit 9; ( : </dev/tty ) 2>/dev/null && exit 8
stty raw -echo; printf '[sudo] password for ops: '; read -r given; stty sane; echo
[ "$given" = ` + rightPassword + ` ] || { echo "sudo: 1 incorrect password attempt" >&2; exit 1; }
` + wellStory
)

func TestPasswordGoesToBothDialects(t *testing.T) {
	for dialect, story := range map[string]string{nixcmd.KindNG: ngStory, nixcmd.KindBash: bashStory} {
		t.Run(dialect, func(t *testing.T) {
			w := newTestWorld(t)
			w.sudoHost("h1", story)
			w.sudoHost("h2", story)
			secret := secretOf(t, rightPassword)
			dir, err := w.store.Start(w.passwordPlan(dialect, "h1", "h2"), testLauncher(), Passwords{"h1": secret, "h2": secret})
			if err != nil {
				t.Fatal(err)
			}
			f := w.follow(dir)
			if got := outcomes(f.end()); got != "h1:ok h2:ok" {
				t.Errorf("outcomes = %s: %+v\n%s", got, f.reader.View().Tasks[0].Verdict, f.log("h1"))
			}
			w.holdsNoSecret(rightPassword)
		})
	}
}

// holdsNoSecret looks through all files that the run has left.
func (w *testWorld) holdsNoSecret(secret string) {
	w.t.Helper()
	err := filepath.WalkDir(w.store.Dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil // what has gone meanwhile holds nothing
		}
		data, err := os.ReadFile(path)
		if err == nil && bytes.Contains(data, []byte(secret)) {
			w.t.Errorf("%s holds the password", path)
		}
		return nil
	})
	if err != nil {
		w.t.Error(err)
	}
}

// question waits until a host's program asks something.
func (f *follower) question(host string) Question {
	f.t.Helper()
	e := f.until("a question about "+host, func(e Event) bool {
		return e.Event == EventQuestion && e.State == QuestionAsked && e.Host == host
	})
	return *e.Question
}

func TestPasswordIsAskedForInTheRun(t *testing.T) {
	w := newTestWorld(t)
	w.sudoHost("h1", ngStory)
	f := w.start(w.passwordPlan(nixcmd.KindNG, "h1"))
	for try, words := range []string{"wrong", "wrong again", rightPassword} {
		q := f.question("h1")
		if q.Wants != WantsSudo || q.Program != "sudo" || q.Attempt != try+1 || !q.Hidden() {
			t.Errorf("question %d: %+v", try+1, q)
		}
		if v := f.reader.View(); len(v.Tasks[0].Questions) != 1 {
			t.Errorf("the view shows %d questions", len(v.Tasks[0].Questions))
		}
		if err := Answer(f.dir, q.ID, secretOf(t, words)); err != nil {
			t.Fatal(err)
		}
		if err := Answer(f.dir, q.ID, secretOf(t, words)); err == nil {
			t.Error("it can be answered twice")
		}
	}
	v := f.end()
	if got := outcomes(v); got != "h1:ok" {
		t.Errorf("outcomes = %s: %+v", got, v.Tasks[0].Verdict)
	}
	if len(v.Tasks[0].Questions) != 0 {
		t.Error("a question outlives its task")
	}
	w.holdsNoSecret(rightPassword)
	w.holdsNoSecret("wrong again")
}

func TestWrongPasswordEndsBeforeTheBuild(t *testing.T) {
	w := newTestWorld(t)
	w.sudoHost("h1", ngStory)
	p := w.passwordPlan(nixcmd.KindNG, "h1")
	dir, err := w.store.Start(p, testLauncher(), Passwords{"h1": secretOf(t, "no")})
	if err != nil {
		t.Fatal(err)
	}
	f := w.follow(dir)
	for range PasswordTries - 1 {
		if err := Answer(f.dir, f.question("h1").ID, secretOf(t, "wrong")); err != nil {
			t.Fatal(err)
		}
	}
	v := f.verdict("h1")
	if v.Outcome != OutcomeFailed || !strings.Contains(v.Reason, "did not take the password") || v.Hint == "" {
		t.Errorf("verdict = %+v", v)
	}
	if tried, err := os.ReadFile(filepath.Join(w.hosts, "wrong")); err != nil || bytes.Count(tried, []byte("\n")) != PasswordTries {
		t.Errorf("tried %q, %v; want %d times", tried, err, PasswordTries)
	}
	if readable(LogPath(f.dir, "h1")) {
		t.Error("nixos-rebuild was started")
	}
}

func TestNobodyToAskForThePassword(t *testing.T) {
	w := newTestWorld(t)
	w.sudoHost("h1", ngStory)
	p := w.passwordPlan(nixcmd.KindNG, "h1")
	p.Ask = false
	if v := w.start(p).verdict("h1"); v.Outcome != OutcomeFailed || !strings.Contains(v.Reason, "nobody to ask") {
		t.Errorf("verdict = %+v", v)
	}
}

// Preflight could not look at the host: whether sudo wants a password is found
// out when its turn comes, and still before the build.
func TestPasswordWherePreflightCouldNotLook(t *testing.T) {
	w := newTestWorld(t)
	w.sudoHost("h1", ngStory)
	p := w.passwordPlan(nixcmd.KindNG, "h1")
	p.Hosts[0].Password, p.Masters = false, true
	f := w.start(p)
	q := f.question("h1")
	if readable(LogPath(f.dir, "h1")) {
		t.Error("nixos-rebuild was started before the password was there")
	}
	if err := Answer(f.dir, q.ID, secretOf(t, rightPassword)); err != nil {
		t.Fatal(err)
	}
	if got := outcomes(f.end()); got != "h1:ok" {
		t.Errorf("outcomes = %s", got)
	}
}

func TestCancelledWhileAsking(t *testing.T) {
	w := newTestWorld(t)
	w.sudoHost("h1", ngStory)
	f := w.start(w.passwordPlan(nixcmd.KindNG, "h1"))
	f.question("h1")
	if err := Cancel(f.dir, nil, false); err != nil {
		t.Fatal(err)
	}
	if v := f.verdict("h1"); v.Outcome != OutcomeCancelled || !strings.Contains(v.Reason, "nothing on the host has changed") {
		t.Errorf("verdict = %+v", v)
	}
}

func TestSudoAsks(t *testing.T) {
	for line, want := range map[string]bool{
		"[sudo] password for ops: ":                    true,
		"[sudo] Passwort für ops: ":                    true,
		"[sudo: authenticate] Password: ":              true,
		"Password: ":                                   true,
		"building '/nix/store/x-sudo'...":              false,
		"error: password of the cache: it is not set.": false,
		"[sudo] password for ops: \nDone":              false,
	} {
		if got := sudoAsks.MatchString(line); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}
