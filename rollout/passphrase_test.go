package rollout

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nixfleet-tui/internal/sshdtest"
	"nixfleet-tui/sshutil"
)

// lockedFleet is a plan whose hosts h0 to h2 are sshds that take a key that is
// locked with "open".
func lockedFleet(t *testing.T) (plan *Plan, ssh string) {
	t.Helper()
	dir := t.TempDir()
	hostKey, key := sshdtest.NewKey(t, dir, "hk", "ed25519"), filepath.Join(dir, "id")
	sshdtest.Keygen(t, "-t", "ed25519", "-a", "1", "-N", "open", "-f", key)
	var known, config string
	for i := range 3 {
		at := filepath.Join(dir, fmt.Sprint(i))
		for from, to := range map[string]string{hostKey: "hk", hostKey + ".pub": "hk.pub", key + ".pub": "authorized_keys"} {
			if err := errors.Join(os.MkdirAll(at, 0o700), os.Link(from, filepath.Join(at, to))); err != nil {
				t.Fatal(err)
			}
		}
		server := sshdtest.StartIn(t, at)
		known += server.KnownHosts(t, "127.0.0.1")
		config += fmt.Sprintf("Host h%d\n HostName 127.0.0.1\n Port %d\n", i, server.Port)
	}
	config += fmt.Sprintf("Host h*\n IdentityFile %s\n IdentitiesOnly yes\n IdentityAgent none\n UserKnownHostsFile %s/known_hosts\n", key, dir)
	sockets, err := os.MkdirTemp("", "nf") // short, as a socket's path must be
	if err != nil {
		t.Fatal(err)
	}
	plan = &Plan{Masters: true, Ask: true, Sockets: sockets}
	for path, content := range map[string]string{plan.SSHConfigLink(): config, filepath.Join(dir, "known_hosts"): known} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if ssh, err = exec.LookPath("ssh"); err != nil {
		t.Fatal(err) // sshdtest has looked for it
	}
	t.Cleanup(func() {
		if err := CloseSockets(ssh, sockets); err != nil {
			t.Error(err)
		}
	})
	return plan, ssh
}

// person answers questions with one word after the other, and refuses when
// there is none left. what is asked is kept, and told by done.
func person(t *testing.T, dir string, words ...string) (done func() []Question) {
	t.Helper()
	over, gone := make(chan struct{}), make(chan struct{})
	var asked []Question
	go func() {
		defer close(gone)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
			}
			open, err := OpenQuestions(dir)
			if err != nil {
				t.Error(err)
			}
			for _, q := range open {
				if slices.ContainsFunc(asked, func(was Question) bool { return was.ID == q.ID }) {
					continue
				}
				asked = append(asked, q)
				if len(words) == 0 {
					err = RefuseQuestion(dir, q.ID)
				} else {
					err = answerWords(dir, q.ID, words[0])
					words = words[1:]
				}
				if err != nil {
					t.Error(err)
				}
			}
		}
	}()
	return func() []Question {
		close(over)
		<-gone
		return asked
	}
}

func answerWords(dir, id, words string) error {
	secret, err := sshutil.ReadSecret(strings.NewReader(words + "\n"))
	if err != nil {
		return err
	}
	defer secret.Wipe()
	return Answer(dir, id, secret)
}

// lockedOut is how many of the hosts but the first a login without a person leaves
// the key out for.
func lockedOut(t *testing.T, plan *Plan, key string) (n int) {
	d := &sshutil.Dialer{Resolver: &sshutil.OpenSSH{Options: []string{"-F", plan.SSHConfigLink()}}}
	for _, host := range []string{"h1", "h2"} {
		var e *sshutil.Error
		if _, err := d.Dial(t.Context(), host); errors.As(err, &e) && slices.Contains(e.Locked, key) {
			n++
		}
	}
	return n
}

// loginAll logs in on all hosts, at the same time or one after the other.
func loginAll(t *testing.T, plan *Plan, ssh string, together bool) (errs []error) {
	t.Helper()
	keys := &sshutil.Passphrases{Program: ssh}
	if !together {
		keys.Others = func(key string) int { return lockedOut(t, plan, key) }
	}
	defer keys.Wipe()
	var going sync.WaitGroup
	errs = make([]error, 3)
	masters := make([]*sshutil.Master, len(errs))
	for i := range errs {
		going.Go(func() {
			masters[i], errs[i] = plan.LoginAsking(t.Context(), plan.Sockets, ssh, fmt.Sprintf("h%d", i), keys)
		})
		if !together {
			going.Wait()
		}
	}
	going.Wait()
	for i, m := range masters {
		if errs[i] != nil {
			continue
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	return errs
}

// TestALockedKeyIsAskedForOnce for all hosts that take it, whether they come
// together or not. A wrong passphrase is asked for again, with a word about it;
// and a no is one for all of them, each of which says so.
func TestALockedKeyIsAskedForOnce(t *testing.T) {
	plan, ssh := lockedFleet(t)
	for name, c := range map[string]struct {
		together bool
		words    []string
		asked    int
		reason   string // of each host; "": it lets us in
	}{
		"one after the other": {false, []string{"shut", "open"}, 2, ""},
		"together":            {true, []string{"open"}, 1, ""},
		"no":                  {true, nil, 1, "ssh asked for the passphrase of a key, and got no answer"},
	} {
		done := person(t, plan.Sockets, c.words...)
		for _, err := range loginAll(t, plan, ssh, c.together) {
			var u *unansweredError
			if errors.As(err, &u) != (c.reason != "") || u != nil && (u.reason != c.reason || u.hint == "") || u == nil && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		asked := done()
		for i, q := range asked {
			if strings.Contains(q.Purpose, " and 2 more hosts that wait for this key") == c.together {
				t.Errorf("%s: asked %q", name, q.Purpose)
			}
			if q.Wants != sshutil.WantsPassphrase || q.Attempt != i+1 {
				t.Errorf("%s: asked for %+v", name, q)
			}
		}
		if len(asked) != c.asked {
			t.Errorf("%s: asked %d times", name, len(asked))
		}
	}
}
