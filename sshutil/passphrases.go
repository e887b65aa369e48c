package sshutil

import (
	"context"
	"sync"
)

// Passphrases keeps what a person said the passphrases of key files are, so
// that many ssh processes that use the same key ask once. Programs on this
// machine are all that ever hears them. It is wiped by Wipe, and may be used by
// many at a time until then.
type Passphrases struct {
	Program string // the ssh that asks; default "ssh"

	// Others says how many more logins are known to wait for a key, while it is
	// asked for; nil where nobody knows.
	Others func(key string) int

	mu     sync.Mutex
	byKey  map[string]*passphrase
	marked *bool // what marksPrompts says of the program; nil: not asked yet
}

// passphrase is that of one key.
type passphrase struct {
	turn   chan struct{} // holds a token while somebody looks, and maybe asks
	secret *Secret
	err    error       // why there will be none; nil: there may be
	number int         // of answers so far
	told   map[int]int // by ssh process: the number of the answer that it has had
}

// Answer is the answer to a prompt. It asks if the prompt is for no key file, if
// the passphrase is not known, or if the ssh that wants it was told it already:
// then it is wrong, and attempt is how often ask is called for it by now. Who
// refuses is not asked about that key again. The secret is the caller's to wipe.
func (k *Passphrases) Answer(ctx context.Context, p Prompt, ask func(ctx context.Context, attempt int) (*Secret, error)) (*Secret, error) {
	if p.Key == "" || !k.marks(ctx) {
		return ask(ctx, 1)
	}
	one := k.of(p.Key)
	select {
	case one.turn <- struct{}{}:
		defer func() { <-one.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if one.err == nil && one.told[p.Asker] == one.number {
		secret, err := ask(ctx, one.number+1)
		if err != nil && ctx.Err() != nil {
			return nil, err // it is not wanted there any more, which says nothing about others
		}
		one.secret.Wipe()
		one.secret, one.err = secret, err
		one.number++
	}
	one.told[p.Asker] = one.number
	if one.err != nil || one.secret == nil {
		return nil, one.err
	}
	return one.secret.copied()
}

func (k *Passphrases) of(key string) *passphrase {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byKey == nil {
		k.byKey = map[string]*passphrase{}
	}
	if k.byKey[key] == nil {
		k.byKey[key] = &passphrase{turn: make(chan struct{}, 1), told: map[int]int{}}
	}
	return k.byKey[key]
}

// marks says whether the program tells a host's prompts from its own. One that
// did not say which it is, be it that who asked left meanwhile, is asked again.
func (k *Passphrases) marks(ctx context.Context) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.marked == nil {
		major, minor := versionOf(ctx, k.Program)
		if major == 0 {
			return false
		}
		yes := marksPrompts(major, minor)
		k.marked = &yes
	}
	return *k.marked
}

// Wipe overwrites them all. What is asked meanwhile is waited for.
func (k *Passphrases) Wipe() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, one := range k.byKey {
		one.turn <- struct{}{}
		one.secret.Wipe()
		<-one.turn
	}
	k.byKey = nil
}
