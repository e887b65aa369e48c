package rollout

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// refusing is a Connector that counts how often it is asked, and never connects.
type refusing struct {
	asked int
	err   error
}

func (r *refusing) Runner(context.Context, string) (sshutil.Runner, error) {
	r.asked++
	return nil, r.err
}
func (*refusing) Drop(string)  {}
func (*refusing) Close() error { return nil }

// taskOn is a task on h1 whose logins go through this ssh program.
func taskOn(t *testing.T, ssh, config string, conn Connector) *task {
	t.Helper()
	dir := t.TempDir()
	sockets, err := os.MkdirTemp("", "nf") // short, as a socket's path must be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(sockets) })
	r := &run{
		Supervisor: Supervisor{SSH: ssh, Dir: dir, Now: time.Now}, dir: runDir(dir), conn: conn, working: map[string]*task{},
		plan: Plan{Action: nixcmd.Switch, Masters: true, Sockets: sockets, Hosts: []PlanHost{{Name: "h1", BuildOn: BuildOnTarget}}},
	}
	r.view = View{Plan: r.plan}
	if err := os.WriteFile(r.plan.SSHConfigLink(), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if r.log, err = openEventLog(r.dir.events(), "", 0, time.Now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.log.close() })
	return newTask(r, r.plan.Hosts[0])
}

// TestDeadHostTakesOneTimeout: who has kept silent to ssh is not asked again in
// other ways.
func TestDeadHostTakesOneTimeout(t *testing.T) {
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("no ssh here: install openssh-client")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // which nobody accepts from: the kernel alone answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn := &refusing{err: errors.New("asked all the same")}
	config := fmt.Sprintf("Host h1\n HostName 127.0.0.1\n Port %d\n ConnectTimeout 1\n IdentityFile none\n", l.Addr().(*net.TCPAddr).Port)
	task := taskOn(t, ssh, config, conn)
	_, err = task.reach(t.Context())
	if !isSilent(err) || conn.asked != 0 {
		t.Errorf("asked %d times more, %v", conn.asked, err)
	}
	if v := task.unreachable(err); v.Outcome != OutcomeFailed || !strings.Contains(v.Reason, "it cannot be reached") {
		t.Errorf("the verdict is %+v", v)
	}
}

// TestSkippedAtItsTurn: when its turn comes, a host that is down is skipped if
// the person wants that; one that shows another key fails all the same.
func TestSkippedAtItsTurn(t *testing.T) {
	task := taskOn(t, "ssh", "", &refusing{})
	task.run.plan.SkipDown = true
	if v := task.unreachable(&sshutil.Error{Kind: sshutil.KindRefused}); v.Outcome != OutcomeSkipped {
		t.Errorf("a host that is down: %+v", v)
	}
	v := task.unreachable(&sshutil.Error{Kind: sshutil.KindHostKeyChanged, Message: "the key has changed", Hint: "look"})
	if v.Outcome != OutcomeFailed || v.Reason != "it shows a host key that is not accepted: the key has changed" || v.Hint != "look" {
		t.Errorf("a host with another key: %+v", v)
	}
}

// sshScript stands in for ssh where a key wants a touch, which no server in a
// test can ask for: without such keys nobody gets in.
const sshScript = `#!/bin/sh
echo "$*" >>%s
case $* in
*-G*) printf 'hostname h1\nport 22\nuser u\ncontrolpath /run/nixfleet-sockets/x\npubkeyacceptedalgorithms ssh-ed25519,sk-ssh-ed25519@openssh.com\n' ;;
*PubkeyAcceptedAlgorithms=ssh-ed25519\ *) echo 'u@h1: Permission denied (publickey).' >&2; exit 255 ;;
*'-O exit'*) rm -f %s/x ;;
*-M*) : >%s/x ;;
*/bin/sh*) printf 'NF1\thost\tweb\nNF1\tend\t1\n' ;;
esac
`

// TestTouchIsAskedForOnce: keys that want a touch are used when no other is
// left, and that is said.
func TestTouchIsAskedForOnce(t *testing.T) {
	conn := &refusing{err: &sshutil.Error{Kind: sshutil.KindNeedsTouch, Host: "h1", Message: "only a key that wants a touch is left"}}
	task := taskOn(t, "", "", conn)
	sockets, words := task.run.plan.Sockets, filepath.Join(t.TempDir(), "words")
	task.run.SSH = filepath.Join(t.TempDir(), "ssh")
	script := fmt.Sprintf(sshScript, words, sockets, sockets)
	if err := os.WriteFile(task.run.SSH, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	reading, err := task.reach(t.Context())
	if err != nil || reading.Host != "web" {
		t.Fatalf("got %v, %v", reading, err)
	}
	said, err := os.ReadFile(words)
	if err != nil {
		t.Fatal(err)
	}
	var logins []bool // with a touch or without
	for line := range strings.Lines(string(said)) {
		if strings.Contains(line, " -M ") {
			logins = append(logins, !strings.Contains(line, "PubkeyAcceptedAlgorithms"))
		}
	}
	if !slices.Equal(logins, []bool{false, true}) {
		t.Errorf("it logged in with a touch: %v\n%s", logins, said)
	}
	events, err := os.ReadFile(task.run.dir.events())
	if err != nil || strings.Count(string(events), "touch your security key") != 1 {
		t.Errorf("the person was told: %s, %v", events, err)
	}
}

// TestRunsShareAnswers: what ssh says of a host's settings is asked once for all
// runs, each of which has its sockets elsewhere.
func TestRunsShareAnswers(t *testing.T) {
	t.Setenv("HOME", accountHome(t)) // where another one is set, no answer is kept
	words, ssh, answers := filepath.Join(t.TempDir(), "words"), filepath.Join(t.TempDir(), "ssh"), t.TempDir()
	if err := os.WriteFile(ssh, fmt.Appendf(nil, sshScript, words, t.TempDir(), t.TempDir()), 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p := Plan{Sockets: t.TempDir(), Answers: answers}
		if err := os.WriteFile(p.SSHConfigLink(), []byte("Host h1\nUser u\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		m, _, err := p.masterOf(t.Context(), ssh, "h1")
		if err != nil || m.Socket != filepath.Join(p.Sockets, "x") {
			t.Fatalf("%+v, %v", m, err)
		}
	}
	said, err := os.ReadFile(words)
	if err != nil || strings.Count(string(said), "-G") != 1 {
		t.Errorf("it was asked: %s, %v", said, err)
	}
}

// accountHome is the home directory that the user database knows.
func accountHome(t *testing.T) string {
	t.Helper()
	u, err := user.LookupId(strconv.Itoa(os.Getuid()))
	if err != nil {
		t.Fatal(err)
	}
	return u.HomeDir
}
