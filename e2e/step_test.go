//go:build lab

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The steps of a run at which a test can hold it, by programs of its own that
// come first in PATH.
const (
	holdEval  = "eval"  // nix evaluates
	holdCopy  = "copy"  // the first path is being copied
	holdLogin = "login" // the supervisor looks for the host's login, to read it anew
)

// holders are those programs, by name. Each waits at its step as long as the
// test holds it, and is the real one otherwise.
var holders = map[string]string{
	"ssh": `case $* in *' -G '*) grep -q run-supervisor /proc/$PPID/cmdline && hold login ;; esac; exec /usr/bin/ssh "$@"`,
	"nix": `case $* in *.drvPath*) hold eval ;; esac; exec /usr/bin/nix "$@"`,
	"nix-copy-closure": `{ /usr/bin/nix-copy-closure "$@" 2>&1 1>&3 3>&- | while IFS= read -r line; do
  printf '%s\n' "$line" >&2; case $line in *"copying path"*) hold copy ;; esac; done; } 3>&1
exit "${PIPESTATUS[0]}"`,
}

// holding lets this test hold its runs.
func (w *where) holding() {
	w.t.Helper()
	for name, script := range holders {
		w.program(name, fmt.Sprintf("hold() { while [ -e %s/hold-$1 ]; do sleep 0.05; done; }\n%s", w.dir, script))
	}
}

// program puts a script before all others of its name.
func (w *where) program(name, script string) {
	w.t.Helper()
	if err := os.WriteFile(file(w.dir+"/bin/"+name), []byte("#!/bin/bash\n"+script+"\n"), 0o755); err != nil {
		w.t.Fatal(err)
	}
}

// hold makes runs wait at a step, until the function that it returns is called.
func (w *where) hold(step string) (release func()) {
	w.t.Helper()
	path := file(w.dir + "/hold-" + step)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		w.t.Fatal(err)
	}
	release = func() { os.Remove(path) } // the second time there is nothing to remove
	w.t.Cleanup(release)
	return release
}

// shape gives a host another system than the lab's flake does: see the words
// of `host` there.
func (w *where) shape(host, words string) {
	w.t.Helper()
	w.must(`cd %s/flake && sed -i 's|^\( *%[2]s = host { inherit rev; name = "%[2]s";\).*|\1 %s };|' flake.nix && git -c user.name=e2e -c user.email=e2e@localhost commit -qam shape`,
		w.dir, host, words)
}

// What of a host's system can be made to last, and what is read of the host.
const (
	itsBuild      = "delay"
	itsActivation = "settle"
	itsReading    = "reading"
)

// lasting gives a host a system whose build, or activation, goes on as long as
// the test stalls it: no machine is too slow, or too fast, to be met in the
// middle of it. Words are more of the host's shape.
func (w *where) lasting(host, what, words string) {
	w.t.Helper()
	w.shape(host, fmt.Sprintf(`%s = "0; while [ -e %s ]; do sleep 0.1; done"; %s`, what, w.stalls(), words))
}

// stalls is the file for which what lasts on a host waits that it goes.
func (w *where) stalls() string { return "/var/tmp/e2e-" + filepath.Base(w.dir) }

// stall keeps what lasts on a host going, until the function that it returns is called.
func (w *where) stall(host string) (release func()) {
	w.t.Helper()
	path := root(host, w.stalls())
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		w.t.Fatal(err)
	}
	release = func() { os.Remove(path) } // the second time there is nothing to remove
	w.t.Cleanup(release)
	return release
}

// stallReading keeps whoever reads a host waiting, until the function that it
// returns is called: by a program of the host's that every reading starts.
func (w *where) stallReading(host string) (release func()) {
	w.t.Helper()
	stalled, program := w.stalls()+"-"+itsReading, root(host, "/usr/local/bin/stat")
	script := fmt.Sprintf("#!/bin/sh\nwhile [ -e %s ]; do sleep 0.05; done\nexec /usr/bin/stat \"$@\"\n", stalled)
	if err := os.WriteFile(root(host, stalled), nil, 0o644); err != nil {
		w.t.Fatal(err)
	}
	release = func() { os.Remove(root(host, stalled)) } // the second time there is nothing to remove
	w.t.Cleanup(func() {
		release()
		os.Remove(program)
	})
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		w.t.Fatal(err)
	}
	return release
}

// inside runs a command on a host without its network.
func inside(t *testing.T, host, line string) (string, error) {
	t.Helper()
	cmd := exec.Command("ip", "netns", "exec", theLab.prefix+host, "chroot", filepath.Join(theLab.dir, "ctl/root"), "ssh", "-F", "none",
		"-i", "/root/.ssh/id_ed25519", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=5",
		"ops@127.0.0.1", line)
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// cutOff cuts a host off until the end of the test or the call of the function.
func cutOff(t *testing.T, host string) (connect func()) {
	t.Helper()
	link(t, host, "down")
	connect = func() { link(t, host, "up") }
	t.Cleanup(connect)
	return connect
}

// standing is what a host has: its profile and what it runs.
func (w *where) standing(host string) string {
	w.t.Helper()
	return w.must("ssh %s readlink -f /nix/var/nix/profiles/system /run/current-system", host)
}

// wanted is the system that the place's flake now has for a host.
func (w *where) wanted(host string) string {
	w.t.Helper()
	return w.must(`nix eval --raw '.#nixosConfigurations."%s".config.system.build.toplevel'`, host)
}

// matching are the processes of a host ("": of this machine) whose command lines
// hold one of the words.
func (w *where) matching(host string, words ...string) string {
	w.t.Helper()
	patterns := make([]string, len(words))
	for i, word := range words {
		// The brackets keep the pattern from matching the shell that looks for it.
		patterns[i] = "[" + word[:1] + "]" + word[1:]
	}
	line := fmt.Sprintf("pgrep -a -f '%s'", strings.Join(patterns, "|"))
	if host != "" {
		line = fmt.Sprintf("ssh %s %q", host, line)
	}
	return strings.TrimSpace(w.sh("%s", line).stdout)
}

// within says whether ok came about in time.
func within(limit time.Duration, ok func() bool) bool {
	deadline := time.After(limit)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			return false
		}
	}
	return true
}

// underWay is a run that was begun and is being watched.
type underWay struct {
	*where
	cmd *exec.Cmd
	out *bytes.Buffer
	dir string // of the run
}

// begin starts a run and waits until it has a directory.
func (w *where) begin(format string, args ...any) *underWay {
	w.t.Helper()
	before, fresh := w.dirs(), []string{}
	cmd, out := w.start(format, args...)
	w.t.Cleanup(func() {
		if w.t.Failed() {
			w.t.Logf("%s printed\n%s", fmt.Sprintf(format, args...), out)
		}
	})
	w.eventually("a run", aRun, func() bool {
		fresh = slices.DeleteFunc(w.dirs(), func(dir string) bool { return slices.Contains(before, dir) })
		return len(fresh) > 0
	})
	return &underWay{w, cmd, out, filepath.Dir(fresh[0])}
}

func (u *underWay) id() string { return idOf(u.dir) }

func idOf(dir string) string { return filepath.Base(dir) }

// reaches waits until a host is in a phase.
func (u *underWay) reaches(host, phase string) { u.t.Helper(); u.where.reaches(u.dir, host, phase) }

// ends waits for the command and returns its exit code.
func (u *underWay) ends() int {
	u.cmd.Wait()
	return u.cmd.ProcessState.ExitCode()
}

// verdict is the verdict on a host.
func (u *underWay) verdict(host string) event { return verdicts(u.t, u.dir)[host] }
