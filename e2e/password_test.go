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
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/rollout"
)

const opsPassword = "Xeq-unlikely-4711"

// takeSudo makes sudo on a host want the password of ops, until the test ends.
func takeSudo(t *testing.T, host string) {
	t.Helper()
	takeSudoBy(t, host, opsPassword)
}

// takeSudoBy is takeSudo for a password of the host's own.
func takeSudoBy(t *testing.T, host, password string) {
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
	set.Stdin = strings.NewReader("ops:" + password + "\n")
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
	for _, by := range []struct{ name, dialect, command string }{
		{"ng", "ng", "switch"}, {"bash", "bash", "switch"}, {"second engine", "ng", "rollback"},
	} {
		t.Run(by.name, func(t *testing.T) {
			w := place(t)
			w.dialect = by.dialect
			w.shape("h3", "")
			cmd, trace := traced(t, w.command("exec nixfleet-tui "+by.command+" --on h3 --yes --plain"))
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
	if code := c.code(); code != 2 || !strings.Contains(unbroken(c.text()), "nothing was started: sudo on h3 did not take the password") {
		t.Errorf("it exited with %d\n%s", code, c.text())
	}
	if n := len(w.runs()); n != 0 {
		t.Errorf("%d runs were started", n)
	}
}

// Hosts have passwords of their own, or those of a first tag have the same: each
// is asked for, tried out, and handed on.
func TestSudoPasswordsThatDiffer(t *testing.T) {
	need(t, "h1", "h2", "h3")
	passwords := map[string]string{"h1": opsPassword, "h2": opsPassword, "h3": opsPassword + "-3"}
	for host, password := range passwords {
		takeSudoBy(t, host, password)
	}
	w := place(t)
	w.shape("h2", "")
	for _, by := range []struct {
		per    string
		groups [][]string
	}{
		{rollout.PerHost, [][]string{{"h1"}, {"h3"}}},
		{rollout.PerTag, [][]string{{"h1", "h2"}, {"h3"}}},
	} {
		c := w.onConsole(w.command("exec nixfleet-tui boot --on " + strings.Join(slices.Concat(by.groups...), ",") + " --password-per " + by.per + " --yes --plain"))
		for _, hosts := range by.groups {
			c.answer("sudo on "+strings.Join(hosts, ", ")+" wants your password there: ", passwords[hosts[0]])
		}
		if code := c.code(); code != 0 || strings.Count(c.text(), "wants your password there") != len(by.groups) {
			t.Errorf("per %s: it exited with %d\n%s", by.per, code, c.text())
		}
		for _, host := range slices.Concat(by.groups...) {
			if v := verdicts(t, w.last())[host]; v.Verdict != "ok" {
				t.Errorf("per %s: %s: %+v", by.per, host, v)
			}
		}
	}
}

// A key that wants its passphrase, with no agent: ssh asks before anything is
// begun, and once for all hosts.
func TestPassphraseIsAskedBeforeTheRun(t *testing.T) {
	need(t, "h2", "h3")
	w := place(t)
	w.shape("h2", "")
	w.shape("h3", "")
	w.must(`cp /root/.ssh/id_ed25519 %[1]s/locked && ssh-keygen -q -p -N %[2]s -f %[1]s/locked && chmod 600 %[1]s/locked
printf 'Host h2\n HostName 10.99.1.2\nHost h3\n HostName 10.99.1.3\nHost *\n User ops\n IdentityFile %[1]s/locked\n IdentitiesOnly yes\n' >%[1]s/config`, w.dir, opsPassword)
	c := w.onConsole(w.command("export NIX_SSHOPTS='-F " + w.dir + "/config'; exec nixfleet-tui switch --on h2,h3 --yes --plain"))
	c.await("ssh asks, to log in on h2 and 1 more host that waits for this key:")
	if n := len(w.runs()); n != 0 {
		t.Errorf("%d runs were started before it was asked", n)
	}
	c.answer("Passphrase", "wrong")
	c.answer("That was not right. ssh asks again, to log in on h2 and 1 more host that waits for this key:", opsPassword)
	if code := c.code(); code != 0 || strings.Count(c.text(), "to log in on") != 2 {
		t.Errorf("it exited with %d\n%s", code, c.text())
	}
}

// unbroken is what stands on a terminal, wherever its lines break.
func unbroken(text string) string { return strings.Join(strings.Fields(text), " ") }

// A host's key that is not known is asked about before the run. Who says no is
// told what to do, and ssh alone remembers a key.
func TestHostKeyIsAskedBeforeTheRun(t *testing.T) {
	need(t, "h3")
	w := place(t)
	known := w.dir + "/known"
	w.must("touch %s", known)
	fingerprint := strings.Fields(w.must("ssh-keygen -lf <(ssh-keyscan -t ed25519 10.99.1.3 2>/dev/null)"))[1]
	for _, c := range []struct {
		answer, says string
		code         int
		lines        string
	}{
		{"no", "it cannot be reached: its host key is not known, and was not accepted", 2, "0"},
		{fingerprint, "1 ok", 0, "1"},
	} {
		on := w.onConsole(w.command("export NIX_SSHOPTS='-o UserKnownHostsFile=" + known + "'; exec nixfleet-tui dry-build --on h3 --yes --plain"))
		on.await(fingerprint)
		on.answer("yes, no, or the fingerprint", c.answer)
		if code := on.code(); code != c.code || !strings.Contains(unbroken(on.text()), c.says) {
			t.Errorf("%s: it exited with %d\n%s", c.answer, code, on.text())
		}
		if lines := w.must("wc -l <%s", known); lines != c.lines {
			t.Errorf("%s: %s hosts are known", c.answer, lines)
		}
	}
	if n := len(w.runs()); n != 1 {
		t.Errorf("%d runs were started", n)
	}
}
