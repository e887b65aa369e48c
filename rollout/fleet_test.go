package rollout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// The tests start real supervisors and task parents: this test binary, called
// with these words. Hosts are folders with the links of a NixOS host, read by
// the real script; nixos-rebuild is a shell script that moves those links.

const (
	wordSupervisor = "test-run-supervisor"
	wordTask       = "test-run-task"
	wordActivate   = "test-run-activate"
)

func TestMain(m *testing.M) {
	if sshutil.IsAskpass(os.Args[0]) {
		os.Exit(sshutil.Askpass(os.Args[1:], os.Getenv, os.Stdout))
	}
	if sshutil.IsConnect(os.Args[0]) {
		os.Exit(sshutil.Connect(os.Args[1:], os.Stdout, os.Stderr))
	}
	if len(os.Args) > 2 && os.Args[1] == wordSupervisor {
		os.Exit(runTestSupervisor(os.Args[2]))
	}
	if len(os.Args) > 3 && os.Args[1] == wordTask {
		dieEarly(os.Args[2], os.Args[3])
		if err := RunTask(os.Args[2], os.Args[3], os.Environ()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) > 3 && os.Args[1] == wordActivate {
		os.Exit(RunActivation(context.Background(), os.Args[2], os.Args[3], folderRemote, Streams{os.Stdin, os.Stdout, os.Stderr}))
	}
	os.Exit(m.Run())
}

func runTestSupervisor(dir string) int {
	hosts := os.Getenv("TEST_HOSTS")
	s := Supervisor{
		Store: &Store{Dir: filepath.Dir(filepath.Dir(dir))}, Dir: dir, Lock: InheritedLock(), Log: os.Stderr,
		Launcher: testLauncher(), Now: time.Now, Processors: 99, // many a story stands still before it has evaluated
		Connect: func(*Plan) (Connector, error) { return folders(hosts), nil },
		Fingerprint: func(context.Context, string) (string, error) {
			data, err := os.ReadFile(filepath.Join(hosts, "fingerprint"))
			return string(data), err
		},
	}
	var err error
	if s.Passwords, err = InheritedPasswords(); err == nil {
		err = s.Run(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func testLauncher() Launcher {
	return Launcher{Supervisor: []string{wordSupervisor}, Task: []string{wordTask}, Activate: []string{wordActivate}}
}

// folders connects to hosts that are folders below it.
type folders string

func (f folders) Runner(_ context.Context, host string) (sshutil.Runner, error) {
	root := filepath.Join(string(f), host)
	if _, err := os.Stat(filepath.Join(root, "down")); err == nil {
		return nil, &sshutil.Error{Kind: sshutil.KindUnreachable, Host: host, Message: "no route to " + host, Hint: "Is it switched on?"}
	}
	return folder(root), nil
}

func (folders) Drop(string)  {}
func (folders) Close() error { return nil }

type folder string

func (f folder) Run(ctx context.Context, c sshutil.Command) (sshutil.Result, error) {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", c.Line)
	cmd.Env = append(os.Environ(), "NF_ROOT="+string(f))
	cmd.Stdin = bytes.NewReader(c.Stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return sshutil.Result{}, &sshutil.Error{Kind: sshutil.KindExecFailed, Message: err.Error(), Err: err}
	}
	return sshutil.Result{Stdout: out.Bytes(), Stderr: errs.Bytes(), ExitCode: cmd.ProcessState.ExitCode()}, nil
}

func (folder) Close() error { return nil }

// rebuildScript stands in for nixos-rebuild: --target-host names a folder in
// $TEST_HOSTS, whose file "story" says what happens after the build.
const rebuildScript = `#!/bin/sh
while [ $# -gt 0 ]; do case $1 in --target-host) host=$2; shift ;; switch|boot|test|build) action=$1 ;; esac; shift; done
root=$TEST_HOSTS/$host; p=$root/nix/var/nix/profiles; new=/nix/store/11111111111111111111111111111111-nixos-system-$host-2
echo "building the system configuration..." >&2
. "$root/story"
set_profile() { mkdir -p $root$new; ln -sfn $root$new $p/system-2-link; ln -sfn system-2-link $p/system; }
activate() { echo "activating the configuration..." >&2; ln -sfn $root$new $root/run/current-system; }
finish() { echo "Done. The new configuration is" >&2; echo $new; }
story
`

// world is a test's store, hosts and nixos-rebuild.
type testWorld struct {
	t     testing.TB
	hosts string
	store *Store
}

func newTestWorld(t testing.TB) *testWorld {
	t.Helper()
	w := &testWorld{t: t, hosts: t.TempDir()}
	t.Setenv("TEST_HOSTS", w.hosts)
	var err error
	if w.store, err = OpenStore(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	w.write("nixos-rebuild", rebuildScript, 0o755)
	t.Cleanup(w.settle)
	return w
}

// settle waits until no supervisor writes into the test's directories any more.
func (w *testWorld) settle() {
	ids, err := w.store.ids()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, id := range ids {
		waitUntil(w.t, "the supervisor of "+id+" to end", func() bool {
			held, err := isHeld(runDir(filepath.Join(w.store.runs(), id)).lock())
			return err == nil && !held
		})
	}
}

func (w *testWorld) write(name, content string, mode os.FileMode) {
	w.t.Helper()
	path := filepath.Join(w.hosts, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		w.t.Fatal(err)
	}
}

// host makes a host whose nixos-rebuild does what story says.
func (w *testWorld) host(name, machine, story string) {
	w.t.Helper()
	root := filepath.Join(w.hosts, name)
	old := root + "/nix/store/00000000000000000000000000000000-nixos-system-" + name + "-1"
	w.write(name+"/story", "story() {\n"+story+"\n}\n", 0o644)
	w.write(name+"/etc/machine-id", machine+"\n", 0o644)
	for _, dir := range []string{old, root + "/nix/var/nix/profiles", root + "/run"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			w.t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"/nix/var/nix/profiles/system-1-link": old, "/nix/var/nix/profiles/system": "system-1-link",
		"/run/current-system": old, "/run/booted-system": old,
	} {
		if err := os.Symlink(to, root+link); err != nil {
			w.t.Fatal(err)
		}
	}
}

// gate makes a story wait until open is called.
func (w *testWorld) gate(name string) (wait string, open func()) {
	path := filepath.Join(w.hosts, "gate-"+name)
	open = func() { w.write("gate-"+name, "", 0o644) }
	w.t.Cleanup(open) // a test that failed leaves nobody waiting
	return fmt.Sprintf("while [ ! -e %s ]; do sleep 0.02; done", path), open
}

func (w *testWorld) plan(action nixcmd.Action, hosts ...string) Plan {
	p := Plan{
		Version: PlanVersion, ID: NewID(string(action), time.Now()), Action: action, Created: time.Now(), Invoked: time.Now(),
		Program: []string{filepath.Join(w.hosts, "nixos-rebuild")}, Dialect: nixcmd.Dialect{Kind: "ng", Sudo: true, NoReexec: true},
		Flake: Flake{Ref: ".", URL: "git+file:///flake", Pinned: "git+file:///flake?rev=1"}, Parallel: 4,
	}
	for _, h := range hosts {
		p.Hosts = append(p.Hosts, PlanHost{Name: h, BuildOn: BuildOnTarget, Sudo: true})
	}
	return p
}

func (w *testWorld) start(p Plan) *follower {
	w.t.Helper()
	dir, err := w.store.Start(p, testLauncher(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.follow(dir)
}

func (w *testWorld) follow(dir string) *follower {
	w.t.Helper()
	r, err := NewReader(dir)
	if err != nil {
		w.t.Fatal(err)
	}
	return &follower{t: w.t, dir: dir, reader: r}
}

// follower waits for events of a run.
type follower struct {
	t      testing.TB
	dir    string
	reader *Reader
	ahead  []Event // read, but not looked at yet
}

// until looks at events until one fits.
func (f *follower) until(what string, fits func(Event) bool) Event {
	f.t.Helper()
	timeout := time.After(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		events, err := f.reader.Next()
		if err != nil {
			f.t.Fatal(err)
		}
		f.ahead = append(f.ahead, events...)
		for len(f.ahead) > 0 {
			e := f.ahead[0]
			f.ahead = f.ahead[1:]
			if fits(e) {
				return e
			}
		}
		select {
		case <-timeout:
			log, _ := os.ReadFile(runDir(f.dir).supervisor())
			events, _ := os.ReadFile(runDir(f.dir).events())
			f.t.Fatalf("waited in vain for %s\nsupervisor: %s\nevents: %s", what, log, events)
		case <-tick.C:
		}
	}
}

func (f *follower) end() View {
	f.t.Helper()
	f.until("the end", func(e Event) bool { return e.Event == EventEnd })
	return f.reader.View()
}

func (f *follower) verdict(host string) Verdict {
	f.t.Helper()
	e := f.until("the verdict on "+host, func(e Event) bool { return e.Event == EventVerdict && e.Host == host })
	return *e.Verdict
}

func (f *follower) started(host string) Event {
	f.t.Helper()
	return f.until(host+" to start", func(e Event) bool { return e.Host == host && e.State == TaskStarted })
}

func (f *follower) log(host string) string {
	f.t.Helper()
	data, err := os.ReadFile(LogPath(f.dir, host))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(data)
}

func outcomes(v View) string {
	var words []string
	for _, t := range v.Tasks {
		o := "none"
		if t.Verdict != nil {
			o = string(t.Verdict.Outcome)
		}
		words = append(words, t.Host+":"+o)
	}
	return strings.Join(words, " ")
}

// waitUntil waits until something outside this process has come about.
func waitUntil(t testing.TB, what string, is func() bool) {
	t.Helper()
	timeout := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-timeout:
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}
