//go:build lab

package e2e

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const opsPassword = "Xeq-unlikely-4711"

// takeSudo makes sudo on a host want the password of ops, until the test ends.
func takeSudo(t *testing.T, host string) {
	t.Helper()
	rule := root(host, "etc/sudoers.d/ops")
	before, err := os.ReadFile(rule)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(rule, before, 0o440); err != nil {
			t.Error(err)
		}
	})
	set := exec.Command("chroot", root(host, "/"), "/usr/sbin/chpasswd")
	set.Stdin = strings.NewReader("ops:" + opsPassword + "\n")
	if out, err := set.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.WriteFile(rule, []byte("ops ALL=(ALL) ALL\n"), 0o440); err != nil {
		t.Fatal(err)
	}
}

// traced is the command under strace, with all that it starts: what is written
// and where, and every command line with its environment.
func traced(t *testing.T, cmd *exec.Cmd) (*exec.Cmd, string) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("strace is missing: apt-get install strace")
	}
	file := filepath.Join(t.TempDir(), "trace")
	words := []string{"-f", "--seccomp-bpf", "-qq", "-yy", "-v", "-s", "4096", "-o", file,
		"-e", "trace=execve,execveat,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendmmsg,link,symlink,symlinkat,rename,renameat2"}
	under := exec.Command(strace, append(words, cmd.Args...)...)
	under.Env = cmd.Env
	return under, file
}

// passedOn is how a line of a trace may hold the password: written to a pipe,
// to a pseudo-terminal, or to a socket of this machine on which it was asked for.
var passedOn = regexp.MustCompile(`^\d+ +(write|sendto)\(\d+<(pipe:|[^>]*/dev/ptmx|[^>]*/dev/pts/|UNIX-STREAM:)`)

// keptSecret checks that the password went through nothing but pipes and
// terminals, and that no file of the run holds it.
func (w *where) keptSecret(trace string) {
	w.t.Helper()
	f, err := os.Open(trace)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	passed := 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		switch line := lines.Text(); {
		case !strings.Contains(line, opsPassword):
		case passedOn.MatchString(line):
			passed++
		default:
			w.t.Errorf("the password got out: %s", line[:min(len(line), 300)])
		}
	}
	if lines.Err() != nil || passed == 0 {
		w.t.Errorf("the trace shows nothing of the password: %v", lines.Err())
	}
	err = filepath.WalkDir(file(w.dir), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(opsPassword)) {
			w.t.Errorf("%s holds the password", path)
		}
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
}

func TestSudoPassword(t *testing.T) {
	need(t, "h3")
	takeSudo(t, "h3")
	for _, dialect := range []string{"ng", "bash"} {
		t.Run(dialect, func(t *testing.T) {
			w := place(t)
			w.dialect = dialect
			w.shape("h3", "")
			cmd, trace := traced(t, w.command("exec nixfleet-tui switch --on h3 --yes --plain"))
			c := w.onConsole(cmd)
			c.answer("sudo on h3 wants your password there: ", "wrong")
			c.answer("That was not right.", opsPassword)
			if code := c.code(); code != 0 {
				t.Errorf("it exited with %d\n%s", code, c.text())
			}
			if strings.Contains(c.text(), opsPassword) {
				t.Error("the terminal shows the password")
			}
			if v := verdicts(t, w.last())["h3"]; v.Verdict != "ok" || !v.Changed {
				t.Errorf("verdict = %+v", v)
			}
			w.keptSecret(trace)
		})
	}
}

func TestSudoPasswordWrong(t *testing.T) {
	need(t, "h3")
	takeSudo(t, "h3")
	w := place(t)
	c := w.onConsole(w.command("exec nixfleet-tui switch --on h3 --yes"))
	for range 3 {
		c.answer("wants your password there: ", "wrong")
	}
	if code := c.code(); code != 2 || !strings.Contains(c.text(), "nothing was started: sudo on h3 did not take the password") {
		t.Errorf("it exited with %d\n%s", code, c.text())
	}
	if n := len(w.runs()); n != 0 {
		t.Errorf("%d runs were started", n)
	}
}

// A key that wants its passphrase, with no agent: ssh asks through the run.
func TestPassphraseIsAskedInTheRun(t *testing.T) {
	need(t, "h3")
	w := place(t)
	w.shape("h3", "")
	w.must(`cp /root/.ssh/id_ed25519 %[1]s/locked && ssh-keygen -q -p -N %[2]s -f %[1]s/locked && chmod 600 %[1]s/locked
printf 'Host h3\n HostName 10.99.1.3\n User ops\n IdentityFile %[1]s/locked\n IdentitiesOnly yes\n' >%[1]s/config`, w.dir, opsPassword)
	c := w.onConsole(w.command("export NIX_SSHOPTS='-F " + w.dir + "/config'; exec nixfleet-tui switch --on h3 --yes --plain"))
	c.await("ssh asks, to log in on h3:")
	c.answer("Passphrase", opsPassword)
	if code := c.code(); code != 0 {
		t.Errorf("it exited with %d\n%s", code, c.text())
	}
}
