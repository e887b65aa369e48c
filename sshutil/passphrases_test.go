package sshutil

import (
	"context"
	"errors"
	"testing"

	"nixfleet-tui/internal/sshdtest"
)

// told is a person who answers passphrases.
type told struct {
	t       *testing.T
	answers []string // "" refuses
	asked   []int    // attempts
}

var errNo = errors.New("no")

func (p *told) ask(_ context.Context, attempt int) (*Secret, error) {
	p.asked = append(p.asked, attempt)
	words := p.answers[0]
	p.answers = p.answers[1:]
	if words == "" {
		return nil, errNo
	}
	return secretOf(p.t, words), nil
}

// hears has an ssh ask for a key.
func (p *told) hears(k *Passphrases, asker int, key string) string {
	p.t.Helper()
	secret, err := k.Answer(p.t.Context(), Prompt{Wants: WantsPassphrase, Key: key, Asker: asker}, p.ask)
	if err != nil {
		return err.Error()
	}
	defer secret.Wipe()
	return string(secret.Bytes())
}

func TestPassphrasesOfManyAskers(t *testing.T) {
	noLeaks(t)
	k := &Passphrases{marked: new(bool)}
	*k.marked = true
	p := &told{t: t, answers: []string{"wrong", "right", "other", "", "host's"}}
	for i, step := range []struct {
		asker  int
		key    string
		want   string
		asking int // how often a person was asked by then
	}{
		{1, "/a", "wrong", 1},
		{2, "/a", "wrong", 1},
		{1, "/a", "right", 2}, // it was wrong
		{2, "/a", "right", 2}, // and the other need not ask for that
		{3, "/a", "right", 2},
		{1, "/b", "other", 3},
		{1, "/c", "no", 4},
		{2, "/c", "no", 4},
		{1, "", "host's", 5}, // what may come from a host is never taken from here
	} {
		if got := p.hears(k, step.asker, step.key); got != step.want || len(p.asked) != step.asking {
			t.Errorf("step %d: %q, asked for attempts %v", i+1, got, p.asked)
		}
	}
	secret := k.byKey["/a"].secret
	k.Wipe()
	if secret.Bytes() != nil || len(k.byKey) > 0 {
		t.Error("it was not wiped")
	}
}

// TestAnAskerThatLeavesRefusesForNobody: a host that is given up is no "no".
func TestAnAskerThatLeavesRefusesForNobody(t *testing.T) {
	noLeaks(t)
	k := &Passphrases{}
	defer k.Wipe()
	ctx, leave := context.WithCancel(t.Context())
	_, err := k.Answer(ctx, Prompt{Key: "/a", Asker: 1}, func(context.Context, int) (*Secret, error) {
		leave()
		return nil, ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	p := &told{t: t, answers: []string{"right"}}
	if got := p.hears(k, 2, "/a"); got != "right" {
		t.Errorf("the next one hears %q", got)
	}
}

// TestAnAskerThatLeavesWhileSSHIsAskedWhichItIs does not make the others ask
// for what is known.
func TestAnAskerThatLeavesWhileSSHIsAskedWhichItIs(t *testing.T) {
	sshdtest.Program(t)
	k := &Passphrases{}
	defer k.Wipe()
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if k.marks(ctx) {
		t.Error("who has left is told")
	}
	if want := marksPrompts(versionOf(t.Context(), "")); k.marks(t.Context()) != want {
		t.Error("it is not asked again")
	}
}

// An ssh that shows a host's question like its own is not trusted with what is kept.
func TestPassphrasesNeedAnSSHThatMarksPrompts(t *testing.T) {
	k := &Passphrases{Program: "no-such-ssh"}
	defer k.Wipe()
	p := &told{t: t, answers: []string{"one", "two"}}
	if one, two := p.hears(k, 1, "/a"), p.hears(k, 2, "/a"); one != "one" || two != "two" {
		t.Errorf("%q, %q", one, two)
	}
}

func TestKeysOfPrompts(t *testing.T) {
	for prompt, want := range map[string]string{
		"Enter passphrase for key '/home/u/.ssh/it's': ":          "/home/u/.ssh/it's",
		"(ops@web1) Enter passphrase for key '/home/u/.ssh/id': ": "",
		"Enter passphrase for key '/home/u/.ssh/id'":              "",
		"ops@web1's password: ":                                   "",
	} {
		if got := readPrompt(prompt, "").Key; got != want {
			t.Errorf("%q: %q, want %q", prompt, got, want)
		}
	}
}
