package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh/agent"

	"nixfleet-tui/rollout"
)

// agents are the ssh-agents of a person: one at a time, each with a key. No
// fault but their own reaches them.
type agents struct {
	t      *testing.T
	dir    string
	began  int
	socket string
	now    *exec.Cmd // nil when it has been killed
	alone  int       // files that it has open while nobody is connected
}

func newAgents(t *testing.T) *agents {
	t.Helper()
	dir, err := os.MkdirTemp("", "nfa") // short: it is in a socket's address
	if err != nil {
		t.Fatal(err)
	}
	a := &agents{t: t, dir: dir}
	t.Cleanup(func() {
		a.kill()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	a.beginElsewhere()
	return a
}

// beginElsewhere starts one at a socket of its own.
func (a *agents) beginElsewhere() {
	a.began++
	a.socket = filepath.Join(a.dir, strconv.Itoa(a.began))
	a.begin()
}

// begin starts one where the last one was.
func (a *agents) begin() {
	a.t.Helper()
	if err := os.Remove(a.socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		a.t.Fatal(err)
	}
	c := exec.Command("ssh-agent", "-D", "-a", a.socket)
	c.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := c.StdoutPipe()
	if err != nil {
		a.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		a.t.Fatalf("there is no ssh-agent here: install OpenSSH's client: %v", err)
	}
	a.now = c
	if _, err := out.Read(make([]byte, 1)); err != nil { // it says where it listens, when it does
		a.t.Fatal(err)
	}
	a.alone = a.files()
	conn, err := net.Dial("unix", a.socket)
	if err != nil {
		a.t.Fatal(err)
	}
	defer conn.Close()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err == nil {
		err = agent.NewClient(conn).Add(agent.AddedKey{PrivateKey: key, Comment: "soaked"})
	}
	if err != nil {
		a.t.Fatal(err)
	}
}

// files are how many it has open.
func (a *agents) files() int {
	a.t.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", a.now.Process.Pid))
	if err != nil {
		a.t.Error(err)
	}
	return len(open)
}

// kill ends the one that there is.
func (a *agents) kill() (struck bool) {
	if a.now == nil {
		return false
	}
	struck = a.now.Process.Kill() == nil
	_ = a.now.Wait() // it was killed
	a.now = nil
	return struck
}

// killAgent leaves nobody at the agent's socket for a while.
func (h *soaked) killAgent() (func(), bool) {
	h.bereft = true
	return func() {
		if h.agents.now == nil { // else it has moved meanwhile
			h.agents.begin()
		}
	}, h.agents.kill()
}

// moveAgent kills the agent, and starts another at a socket of which only those
// know that are started from now on. One of them must lend it.
func (h *soaked) moveAgent() (func(), bool) {
	h.agents.kill()
	h.agents.beginElsewhere()
	h.useAgent()
	h.bereft, h.moved = true, true
	return nil, true
}

// useAgent lets all that is started from now on find the agent.
func (h *soaked) useAgent() {
	const name = "SSH_AUTH_SOCK="
	h.env = append(slices.DeleteFunc(slices.Clone(h.env), func(kv string) bool { return strings.HasPrefix(kv, name) }), name+h.agents.socket)
}

// lend does what a person does who is told that a run wants an agent, and has
// another: they look at the run. Nobody else does where the agent has moved.
func (h *soaked) lend() {
	if !h.moved || h.lender != nil || h.agents.now == nil {
		return
	}
	open, err := rollout.OpenQuestions(h.run.Dir)
	if err != nil {
		h.t.Error(err)
	}
	if !slices.ContainsFunc(open, func(q rollout.Question) bool { return q.Wants == rollout.WantsAgent }) {
		return
	}
	h.sum.lent++
	h.lender = h.command("demo", "runs", "attach", filepath.Base(h.run.Dir), "--plain")
	if err := h.lender.Start(); err != nil {
		h.t.Error(err)
	}
}

// lentAll waits for whoever has lent an agent; the run has ended.
func (h *soaked) lentAll() {
	if h.lender != nil {
		if h.t.Failed() { // it may not have
			_ = h.lender.Process.Kill()
		}
		_ = h.lender.Wait() // how the run went, others tell
	}
	h.lender, h.bereft, h.moved = nil, false, false
}
