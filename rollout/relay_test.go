package rollout

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh/agent"

	"nixfleet-tui/internal/sshdtest"
	"nixfleet-tui/nixcmd"
)

// serveAgent is an agent with one key, until stop is called.
func serveAgent(t *testing.T, comment string) (socket string, stop func()) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "agent")
	return socket, serveAgentAt(t, socket, comment)
}

// serveAgentAt is serveAgent at a socket.
func serveAgentAt(t *testing.T, socket, comment string) (stop func()) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	keyring := agent.NewKeyring()
	if err := keyring.Add(agent.AddedKey{PrivateKey: key, Comment: comment}); err != nil {
		t.Fatal(err)
	}
	return sshdtest.ServeAgent(t, socket, keyring)
}

func TestAgentIsRelayedAndReplaced(t *testing.T) {
	for name, ask := range map[string]bool{"somebody may be asked": true, "nobody may be asked": false} {
		t.Run(name, func(t *testing.T) { relayedAndReplaced(t, ask) })
	}
}

func relayedAndReplaced(t *testing.T, ask bool) {
	w := newTestWorld(t)
	wait, open := w.gate("g")
	w.host("h1", "m1", "ssh-add -l >&2; "+wait+"; ssh-add -l >&2; "+wellStory)
	socket, stop := serveAgent(t, "first-key")
	other, _ := serveAgent(t, "other-key")
	t.Setenv(agentVariable, socket)
	p := w.plan(nixcmd.Switch, "h1")
	p.Ask = ask
	f := w.start(p)
	f.started("h1")
	waitUntil(t, "the agent to be asked", func() bool {
		log, err := os.ReadFile(LogPath(f.dir, "h1"))
		return err == nil && strings.Contains(string(log), "first-key")
	})
	stop() // as a forwarded agent ends with its login
	open()
	q := f.question("h1")
	if q.Wants != WantsAgent || !q.NoAnswer() {
		t.Errorf("asked for %+v", q)
	}
	if r := f.reader.View().Tasks[0].Reason; !strings.Contains(r, "agent has gone") {
		t.Errorf("the task does not say that it needs an agent: %q", r)
	}
	if err := LendAgent(f.dir, q.ID, other); err != nil {
		t.Fatal(err)
	}
	if got := outcomes(f.end()); got != "h1:ok" {
		t.Errorf("outcomes = %s", got)
	}
	if log := f.log("h1"); !strings.Contains(log, "other-key") {
		t.Errorf("it did not go on with the agent that was lent:\n%s", log)
	}
}

// TestAgentThatComesBackIsTaken: a service may start it anew while nobody looks.
func TestAgentThatComesBackIsTaken(t *testing.T) {
	w := newTestWorld(t)
	wait, open := w.gate("g")
	w.host("h1", "m1", "ssh-add -l >&2; "+wait+"; ssh-add -l >&2; "+wellStory)
	socket, stop := serveAgent(t, "first-key")
	t.Setenv(agentVariable, socket)
	f := w.start(w.plan(nixcmd.Switch, "h1"))
	f.started("h1")
	waitUntil(t, "the agent to be asked", func() bool {
		log, err := os.ReadFile(LogPath(f.dir, "h1"))
		return err == nil && strings.Contains(string(log), "first-key")
	})
	stop()
	open()
	f.question("h1")
	serveAgentAt(t, socket, "other-key")
	if got := outcomes(f.end()); got != "h1:ok" {
		t.Errorf("outcomes = %s", got)
	}
	if log := f.log("h1"); !strings.Contains(log, "other-key") {
		t.Errorf("it did not go on with the agent that came back:\n%s", log)
	}
	if open, err := OpenQuestions(f.dir); len(open) > 0 || err != nil {
		t.Errorf("it still asks: %v, %v", open, err)
	}
}

func TestSharedLoginFindsTheAgentByALink(t *testing.T) {
	dir := t.TempDir()
	p := &Plan{Sockets: dir}
	env := p.loginEnv("h1", []string{"A=b", "SSH_AUTH_SOCK=/run/agent"})
	link := agentOf(env)
	if to, err := os.Readlink(link); err != nil || to != "/run/agent" || len(link) > 100 {
		t.Fatalf("%q leads to %q, %v", link, to, err)
	}
	if err := relink("/run/other", link); err != nil {
		t.Fatal(err)
	}
	if again := agentOf(p.loginEnv("h1", []string{"SSH_AUTH_SOCK=/run/agent"})); again != link {
		t.Errorf("another time it is %q", again)
	}
	if to, err := os.Readlink(link); err != nil || to != "/run/other" {
		t.Errorf("whoever logs in later changes it to %q, %v", to, err)
	}
	if env := p.loginEnv("h1", []string{"A=b"}); env != nil {
		t.Errorf("without an agent: %q", env)
	}
}
