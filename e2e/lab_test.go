//go:build lab

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
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

const (
	pollEvery = 100 * time.Millisecond // how often a condition is looked at
	soon      = 30 * time.Second       // for what takes a moment
	aRun      = 3 * time.Minute        // for a whole run

	testsAtOnce = 100 // most of them wait for hosts
)

// lab is the fleet under test.
type lab struct {
	scripts string // directory of up, sh and down
	dir     string // LAB_DIR
	prefix  string // LAB_NS
	hosts   *hosts
}

var theLab lab // set by TestMain before any test, and never again

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

// run takes the lab for us alone, puts the program onto its controller, and
// runs the tests.
func run(m *testing.M) (int, error) {
	theLab = lab{scripts: os.Getenv("NIXFLEET_LAB"), dir: os.Getenv("LAB_DIR"), prefix: os.Getenv("LAB_NS"), hosts: &hosts{lent: map[string]bool{}}}
	if theLab.scripts == "" {
		return 1, errors.New("NIXFLEET_LAB does not say where the lab's scripts are")
	}
	if theLab.dir == "" {
		theLab.dir = "/var/lib/nixfleet-lab"
	}
	lock, err := os.OpenFile(filepath.Join(theLab.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return 1, err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return 1, err
	}
	build := exec.Command("go", "build", "-o", filepath.Join(theLab.dir, "ctl/root/tmp/e2e/nixfleet-tui"), "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("building the program: %w\n%s", err, out)
	}
	// Their hosts keep them apart. An explicit -parallel still wins.
	if err := flag.Set("test.parallel", strconv.Itoa(testsAtOnce)); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// where is a place on the controller of one test: a copy of the flake, and a
// state and cache directory.
type where struct {
	t       *testing.T
	dir     string // on the controller
	dialect string // LAB_DIALECT
}

// place makes a place for this test, with a flake whose systems are all new.
func place(t *testing.T) *where {
	t.Helper()
	// Short, since control sockets live below it.
	dir, err := os.MkdirTemp(file("/tmp/e2e"), "")
	if err != nil {
		t.Fatal(err)
	}
	w := &where{t: t, dir: filepath.Join("/tmp/e2e", filepath.Base(dir))}
	if out, err := theLab.controller(fmt.Sprintf("mkdir %[1]s/bin && cp -r /root/flake %[1]s/flake", w.dir)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w.newRevision()
	t.Cleanup(func() { w.finish() })
	return w
}

// finish waits for runs that a test left behind, so that they do not disturb the next.
func (w *where) finish() {
	deadline := time.Now().Add(aRun)
	for _, r := range w.runs() {
		if r.State == "running" && w.t.Failed() {
			w.sh("nixfleet-tui runs cancel %s --insist", r.ID)
		}
		for r.State == "running" && time.Now().Before(deadline) {
			<-time.After(pollEvery)
			r = w.find(r.ID)
		}
		if r.State == "running" {
			w.t.Errorf("run %s goes on after its test", r.ID)
		}
	}
	// Whoever has told a run's end has still something to write and to close.
	var left []int
	if !within(soon, func() bool { left = processes(w.t, w.dir); return len(left) == 0 }) {
		w.t.Errorf("the test leaves %v: %s", left, describe(left))
	}
	if !w.t.Failed() {
		w.must("rm -rf %s", w.dir)
	}
}

// newRevision commits a change from which every host's system differs.
func (w *where) newRevision() {
	w.t.Helper()
	rev := fmt.Sprintf("%x", time.Now().UnixNano())
	w.must("cd %s/flake && rm -f rev && printf %s >rev && git -c user.name=e2e -c user.email=e2e@localhost commit -qam %s", w.dir, rev, rev)
}

// command is a shell line to be run on the controller, in this place's flake.
// Builds on the controller use no build users: before and after each build Nix
// kills all processes of the one that it takes, and the controller, which
// shares this machine's processes, would reach those that build on the hosts.
func (w *where) command(line string) *exec.Cmd {
	cmd := theLab.controller(fmt.Sprintf("cd %[1]s/flake && export PATH=%[1]s/bin:/tmp/e2e:$PATH XDG_STATE_HOME=%[1]s/s XDG_CACHE_HOME=%[1]s/c NIX_CONFIG='build-users-group ='; %s", w.dir, line))
	cmd.Env = append(cmd.Env, "LAB_DIALECT="+w.dialect)
	return cmd
}

// controller is a script to be run on the lab's controller.
func (l lab) controller(script string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(l.scripts, "sh"), "bash", "-c", script)
	// The lab's sh would lay the current directory over /src; nobody needs that.
	cmd.Env = append(os.Environ(), "LAB_SRC=/nonexistent", "TERM=xterm-256color")
	return cmd
}

// result is what a command printed, and how it ended.
type result struct {
	stdout, stderr string
	code           int
}

// sh runs a shell line on the controller to its end.
func (w *where) sh(format string, args ...any) result {
	w.t.Helper()
	cmd := w.command(fmt.Sprintf(format, args...))
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		w.t.Fatal(err)
	}
	return result{out.String(), errOut.String(), cmd.ProcessState.ExitCode()}
}

// must runs a line that is not under test and returns what it printed.
func (w *where) must(format string, args ...any) string {
	w.t.Helper()
	r := w.sh(format, args...)
	if r.code != 0 {
		w.t.Fatalf("%s\nexited with %d\n%s%s", fmt.Sprintf(format, args...), r.code, r.stdout, r.stderr)
	}
	return strings.TrimSpace(r.stdout)
}

// wants runs nixfleet-tui and checks its exit code.
func (w *where) wants(code int, format string, args ...any) result {
	w.t.Helper()
	r := w.sh("nixfleet-tui "+format, args...)
	if r.code != code {
		w.t.Errorf("nixfleet-tui %s\nexited with %d, not %d\n%s%s", fmt.Sprintf(format, args...), r.code, code, r.stdout, r.stderr)
	}
	return r
}

// start runs nixfleet-tui in the background. The process is the program itself:
// every script before it made way for the next.
func (w *where) start(format string, args ...any) (*exec.Cmd, *bytes.Buffer) {
	w.t.Helper()
	cmd := w.command("exec nixfleet-tui " + fmt.Sprintf(format, args...))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
	return cmd, &out
}

// eventually waits until ok says so.
func (w *where) eventually(what string, within time.Duration, ok func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), within)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// decode reads a JSON document.
func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return v
}

// file is a file of the controller as this machine sees it.
func file(path string) string { return filepath.Join(theLab.dir, "ctl/root", path) }

// system is what a host runs.
func (w *where) system(host string) string {
	w.t.Helper()
	return w.must("ssh %s readlink -f /run/current-system", host)
}

// profile is the host's system profile.
func (w *where) profile(host string) string {
	w.t.Helper()
	return w.must("ssh %s readlink -f /nix/var/nix/profiles/system", host)
}

// link cuts a host off or connects it again.
func link(t *testing.T, host, state string) {
	t.Helper()
	out, err := exec.Command("ip", "-n", theLab.prefix+host, "link", "set", "e0", state).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
