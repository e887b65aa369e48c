package rollout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"nixfleet-tui/sshutil"
)

// attendance hears what the ssh processes of one of our processes ask, for as
// long as they run.
type attendance struct {
	desk    *desk                  // nil when there is nothing to put on it
	askpass *sshutil.AskpassServer // nil when nobody may be asked
	relay   *sshutil.AgentRelay    // before the person's agent; nil without
	link    string                 // by which a shared login finds the relay, or ""
	env     []string               // for those that may ask
	telling sync.WaitGroup         // of touches

	mu    sync.Mutex
	asked sshutil.Wants // what ssh asked last
	why   error         // that got no answer; nil if it did
}

// attend begins to hear questions about a host. purpose says what its ssh is
// started for, such as "to log in on web1". What opens keys is asked once for all
// that share keys.
func attend(d runDir, plan *Plan, host, purpose string, keys *sshutil.Passphrases) (*attendance, error) {
	if !plan.asks() {
		return &attendance{env: []string{"SSH_ASKPASS_REQUIRE=never"}}, nil
	}
	program, err := ownProgram(plan.Sockets, sshutil.AskpassName)
	if err != nil {
		return nil, err
	}
	a := &attendance{}
	if err := a.openDesk(d, plan, host); err != nil {
		return nil, err
	}
	a.askpass = &sshutil.AskpassServer{Admit: sshutil.Peer.OurChild, Answer: func(ctx context.Context, p sshutil.Prompt) (*sshutil.Secret, error) {
		secret, err := keys.Answer(ctx, p, func(ctx context.Context, attempt int) (*sshutil.Secret, error) {
			if err := sshutil.GuardMemory(); err != nil {
				return nil, err
			}
			return a.desk.Ask(ctx, Question{Program: "ssh", Purpose: purpose + alsoWaiting(keys, p.Key), Wants: p.Wants, Words: p.Words, Attempt: attempt})
		})
		a.mu.Lock()
		defer a.mu.Unlock()
		a.asked, a.why = p.Wants, err
		return secret, err
	}}
	socket := filepath.Join(plan.Sockets, randomHex(socketDigits))
	if err := a.askpass.Listen(socket); err != nil {
		return nil, errors.Join(err, a.desk.close())
	}
	a.env = sshutil.AskpassEnv(program, socket)
	return a, nil
}

// alsoWaiting says for how many more hosts a key is asked for, if that is known.
func alsoWaiting(keys *sshutil.Passphrases, key string) string {
	if key == "" || keys.Others == nil {
		return ""
	}
	switch n := keys.Others(key); n {
	case 0:
		return ""
	case 1:
		return " and 1 more host that waits for this key"
	default:
		return fmt.Sprintf(" and %d more hosts that wait for this key", n)
	}
}

// openDesk opens the desk, if it is not open yet.
func (a *attendance) openDesk(d runDir, plan *Plan, host string) (err error) {
	if a.desk == nil {
		a.desk, err = openDesk(d, plan.Sockets, host)
	}
	return err
}

// close ends it; what is still asked is refused.
func (a *attendance) close() error {
	if a.desk == nil {
		return nil
	}
	err := a.desk.close() // first: the others wait for its answers
	if a.askpass != nil {
		err = errors.Join(err, a.askpass.Close())
	}
	return errors.Join(err, a.closeRelay())
}

// unanswered is what ssh asked last, and why it got no answer.
func (a *attendance) unanswered() (sshutil.Wants, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked, a.why
}

// ask puts a question of our own.
func (a *attendance) ask(ctx context.Context, q Question) (*sshutil.Secret, error) {
	if a.askpass == nil {
		return nil, errNobodyIn
	}
	return a.desk.Ask(ctx, q)
}

// withoutAsking are the variables of an environment but those by which
// programs would find a way to ask, and those that a run sets itself.
func withoutAsking(environ []string) []string {
	env := make([]string, 0, len(environ))
	for _, kv := range environ {
		switch name, _, _ := strings.Cut(kv, "="); name {
		case "NIX_SSHOPTS", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "NIXOS_REBUILD_USE_NOM":
		default:
			env = append(env, kv)
		}
	}
	return env
}

// ownProgram is this program under a name by which ssh is to call it, in the
// directory for sockets. Processes that guard their memory cannot be started
// again through /proc, so the file itself is linked, which also keeps it while
// it is replaced or removed (`go run` does that).
func ownProgram(sockets, name string) (string, error) {
	path := filepath.Join(sockets, name)
	if readable(path) {
		return path, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	err = os.Link(self, path)
	if err != nil && !readable(path) { // elsewhere, or somebody else's; the store keeps what is in it
		err = os.Symlink(self, path)
	}
	if err != nil && !readable(path) {
		return "", fmt.Errorf("making a link for ssh to call: %w", err)
	}
	return path, nil
}
