package sshutil

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// keeper is a client of a real sshd, which runs the shell's command line.
type keeper struct {
	*Client
	line string
}

func newKeeper(t *testing.T, sshd ...string) keeper {
	t.Helper()
	s := startSSHD(t, sshd...)
	k := keeper{dial(t, newPlace(t, s, vouch(t, s)).dialer(), "host"), "/bin/sh -s"}
	k.wait(forEver)
	return k
}

// soon is the patience with a shell that will not answer.
const soon = 50 * time.Millisecond

// wait sets the patience for what is asked from now on.
func (k keeper) wait(patience time.Duration) { k.link.(*native).keeping.patience = patience }

// kept is the shell that is kept now.
func (k keeper) kept(t *testing.T) *keptShell {
	t.Helper()
	keeping := &k.link.(*native).keeping
	keeping.mu.Lock()
	defer keeping.mu.Unlock()
	if keeping.shell == nil {
		t.Fatal("no shell is kept")
	}
	return keeping.shell
}

// repeat runs a script that must succeed, and returns what it said.
func (k keeper) repeat(t *testing.T, script string) string {
	t.Helper()
	r, err := k.Repeat(context.Background(), Command{Line: k.line, Stdin: []byte(script)})
	if err != nil || r.ExitCode != 0 {
		t.Fatalf("%d, %v (%s)", r.ExitCode, err, r.Stderr)
	}
	return strings.TrimSuffix(string(r.Stdout), "\n")
}

// pid is the process of the shell that runs the script: the same for all turns
// of a kept one.
func (k keeper) pid(t *testing.T) int {
	t.Helper()
	pid, err := strconv.Atoi(k.repeat(t, "echo $$"))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// until waits for something that comes true by itself.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(forEver); !is(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("it never came true that %s", what)
		}
	}
}

// wantNoProcess waits until a process on this machine has ended.
func wantNoProcess(t *testing.T, pid int) {
	t.Helper()
	until(t, fmt.Sprintf("process %d is gone", pid), func() bool { return !runs(pid) })
}

// gate is a file whose reader waits until it is opened.
type gate struct{ path string }

func newGate(t *testing.T) gate {
	t.Helper()
	g := gate{filepath.Join(t.TempDir(), "gate")}
	if err := syscall.Mkfifo(g.path, 0o600); err != nil {
		t.Fatal(err)
	}
	return g
}

// reached waits until somebody stands there, and returns how to let him pass.
func (g gate) reached(t *testing.T) (open func()) {
	t.Helper()
	f, err := os.OpenFile(g.path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return func() { f.Close() }
}

func TestRepeatIsRun(t *testing.T) {
	k := newKeeper(t)
	for _, script := range []string{"", "echo out; echo err >&2; exit 3", "printf 'no newline'", "cat"} {
		cmd := Command{Line: k.line, Stdin: []byte(script)}
		want, err := k.Run(context.Background(), cmd)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			got, err := k.Repeat(context.Background(), cmd)
			if err != nil || string(got.Stdout) != string(want.Stdout) || got.ExitCode != want.ExitCode {
				t.Errorf("%q: %q %d %v, alone %q %d", script, got.Stdout, got.ExitCode, err, want.Stdout, want.ExitCode)
			}
		}
	}
}

func TestRepeatKeepsItsShell(t *testing.T) {
	k := newKeeper(t)
	first := k.pid(t)
	for range 3 {
		if pid := k.pid(t); pid != first {
			t.Errorf("%d, and then %d", first, pid)
		}
	}
	if other := k.repeat(t, "echo of another script; : $$"); other != "of another script" {
		t.Errorf("got %q", other)
	}
	wantNoProcess(t, first)
}

// shellLines start the shells that /bin/sh may be, as far as they are here, and
// /bin/sh from login shells that are none.
func shellLines() map[string]string {
	found := map[string]string{}
	for name, line := range map[string]string{
		"the system's": "/bin/sh -s", "dash": "dash -s", "bash": "bash --posix -s", "busybox": "busybox sh -s",
		"ksh": "ksh -s", "mksh": "mksh -s", "zsh": "zsh --emulate sh -s", "fish": "fish -c '/bin/sh -s'", "csh": "tcsh -c '/bin/sh -s'",
	} {
		program, _, _ := strings.Cut(line, " ")
		if _, err := exec.LookPath(program); err == nil {
			found[name] = line
		}
	}
	return found
}

// TestTurnsLeaveNothingBehind: each turn finds what the first one found.
func TestTurnsLeaveNothingBehind(t *testing.T) {
	const script = `set -- a "b c"
echo "${left-nothing} $# $PWD $(umask) $-"
IFS=' '; x='1 2'; set -- $x; echo $#; nl='
'
for n in 1 2 3; do [ $n = 2 ] || continue; done
left=something nfk=7 IFS=$nl; export left nfk
alias printf=false read=false
set -f; set -u; cd /tmp; umask 077; trap 'echo trapped' EXIT; PATH=/nonexistent
exec 3</dev/null
/bin/cat <<'X'
a heredoc ) with all that } may ' go " wrong
X
read -r stdin; echo "stdin: $stdin"; exit 4
`
	for name, line := range shellLines() {
		t.Run(name, func(t *testing.T) {
			k := newKeeper(t)
			var first string
			for turn := range 4 {
				r, err := k.Repeat(context.Background(), Command{Line: line, Stdin: []byte(script)})
				if err != nil || r.ExitCode != 4 {
					t.Fatalf("turn %d: %d, %v: %s", turn+1, r.ExitCode, err, r.Stderr)
				}
				if turn == 0 {
					first = string(r.Stdout)
				}
				if string(r.Stdout) != first || !strings.HasPrefix(first, "nothing 2 / ") || !strings.HasSuffix(first, "stdin: \ntrapped\n") {
					t.Errorf("turn %d: %q, at first %q", turn+1, r.Stdout, first)
				}
			}
			k.kept(t)
		})
	}
}

func TestKeptShellThatDied(t *testing.T) {
	k := newKeeper(t)
	pid := k.pid(t)
	shell := k.kept(t)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-shell.ended
	if again := k.pid(t); again == pid || again != k.pid(t) {
		t.Error("there is no new shell that is kept")
	}
}

// TestKeptShellFailsWhileAsked has it do in the second turn what the script
// alone does not, and wants the answer all the same.
func TestKeptShellFailsWhileAsked(t *testing.T) {
	for name, fault := range map[string]string{
		"killed":  "kill -9 $$",
		"stopped": "kill -STOP $$",
		"cut off": "echo half; kill -9 $$",
	} {
		t.Run(name, func(t *testing.T) {
			k := newKeeper(t)
			script := "if [ \"${nfk-}\" = 2 ]; then " + fault + "; fi; echo $$"
			first := k.repeat(t, script)
			if name == "stopped" { // nothing else ends the wait for it
				k.wait(soon)
			}
			second := k.repeat(t, script)
			if _, err := strconv.Atoi(second); err != nil || second == first {
				t.Errorf("it said %q, at first %q", second, first)
			}
			if third := k.repeat(t, script); third == second {
				t.Error("this host was troubled with another shell")
			}
			if name == "stopped" {
				pid, err := strconv.Atoi(first)
				if err != nil {
					t.Fatal(err)
				}
				until(t, "the stopped shell ends when it may go on", func() bool {
					err := syscall.Kill(pid, syscall.SIGCONT) // it may stop only now
					return errors.Is(err, syscall.ESRCH) || !runs(pid)
				})
			}
		})
	}
}

// TestCommandsThatAreNoShell are what logins may be forced to.
func TestCommandsThatAreNoShell(t *testing.T) {
	t.Run("reads all of its stdin first", func(t *testing.T) {
		k := newKeeper(t, `ForceCommand script=$(cat); eval "$script"`)
		k.wait(soon)
		for range 3 {
			if got := k.repeat(t, "echo one; echo two"); got != "one\ntwo" {
				t.Errorf("got %q", got)
			}
		}
	})
	t.Run("nologin", func(t *testing.T) {
		k := newKeeper(t, "ForceCommand echo This account is currently not available.; exit 1")
		for range 2 {
			r, err := k.Repeat(context.Background(), Command{Line: k.line, Stdin: []byte("echo in")})
			if err != nil || r.ExitCode != 1 || string(r.Stdout) != "This account is currently not available.\n" {
				t.Errorf("%q %d %v", r.Stdout, r.ExitCode, err)
			}
		}
	})
	t.Run("answers something else for ever", func(t *testing.T) {
		k := newKeeper(t, "ForceCommand cat")
		k.wait(soon)
		if got := k.repeat(t, "echo in"); got != "echo in" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("greets", func(t *testing.T) {
		k := newKeeper(t, "ForceCommand printf 'Welcome! '; echo and more >&2; exec /bin/sh -s")
		if pid := k.pid(t); pid != k.pid(t) {
			t.Error("a greeting is no reason not to keep the shell")
		}
	})
}
