package cli

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh/agent"

	"nixfleet-tui/internal/sshdtest"
	"nixfleet-tui/rollout"
)

// TestLendingsAreIndependent: a task that hears of an agent and does not take it
// keeps it from no other.
func TestLendingsAreIndependent(t *testing.T) {
	dir, err := os.MkdirTemp("", "nf") // short, as a socket's path must be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	ours := filepath.Join(dir, "agent")
	sshdtest.ServeAgent(t, ours, agent.NewKeyring())

	lent := make(chan struct{})
	ok := func(w io.Writer) {
		if _, err := io.WriteString(w, "ok\n"); err != nil {
			t.Errorf("who lends has given up: %v", err)
		}
	}
	v := rollout.View{Tasks: []rollout.TaskView{
		asksAt(t, dir, "slow", func(w io.Writer) { <-lent; ok(w) }),
		asksAt(t, dir, "quick", func(w io.Writer) { ok(w); close(lent) }),
	}}
	p := &Program{Env: Env{Getenv: func(name string) string { return map[string]string{"SSH_AUTH_SOCK": ours}[name] }}}
	if wanted, failed := p.lendAgents(t.Context(), dir, v); !wanted || len(failed) > 0 {
		t.Errorf("wanted: %v, %q", wanted, failed)
	}
	gone := rollout.View{Tasks: []rollout.TaskView{{Host: "h1", Questions: []rollout.Question{{ID: "x", Wants: rollout.WantsSudo}}}}}
	if wanted, failed := p.lendAgents(t.Context(), dir, gone); wanted || len(failed) > 0 {
		t.Errorf("nobody wants an agent: %v, %q", wanted, failed)
	}
}

// asksAt is a task that asks for an agent, and what it does when it is lent one.
func asksAt(t *testing.T, dir, host string, take func(io.Writer)) rollout.TaskView {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(dir, host))
	if err != nil {
		t.Fatal(err)
	}
	sshdtest.Serve(t, l, func(c net.Conn) {
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, `"agent":`) {
			t.Errorf("%s heard %q, %v", host, line, err)
		}
		take(c)
	})
	q := rollout.Question{Version: 1, ID: host, Host: host, Wants: rollout.WantsAgent}
	raw, err := json.Marshal(struct {
		rollout.Question
		Socket string `json:"socket"`
	}{q, l.Addr().String()})
	if err == nil {
		err = os.MkdirAll(filepath.Join(dir, "questions"), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "questions", host+".json"), raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rollout.TaskView{Host: host, Questions: []rollout.Question{q}}
}
