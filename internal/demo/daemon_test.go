package demo

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nixfleet-tui/internal/atomicfile"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

func TestDaemonEndsAfterItsLastClient(t *testing.T) {
	dir := t.TempDir()
	clock, watch := &testClock{now: time.Now()}, make(chan time.Time)
	d := testDaemon(dir)
	d.Now, d.Watch, d.Grace = clock.Now, watch, graceAfterClients
	s := serveHere(t, d)
	// look has the daemon look around, and fails the test if it ended at that.
	look := func() {
		t.Helper()
		for range 2 { // that it takes the second means that it is done with the first
			select {
			case watch <- clock.Now():
			case err := <-s.ended:
				t.Fatalf("it ended too soon: %v", err)
			}
		}
	}
	first, second := connect(t, dir), connect(t, dir)
	clock.pass(time.Hour)
	look()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	clock.pass(time.Hour)
	look()
	if got := hostname(t, second); got != "tenrec" {
		t.Errorf("with a client left, tenrec answers %q", got)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	look()
	clock.pass(graceAfterClients - time.Millisecond)
	look()
	third := connect(t, dir) // in time
	clock.pass(time.Hour)
	look()
	if err := third.Close(); err != nil {
		t.Fatal(err)
	}
	look()
	clock.pass(graceAfterClients)
	close(watch) // from now on it looks around all the time
	if err := <-s.ended; err != nil {
		t.Errorf("it ended with: %v", err)
	}
	if _, err := os.Stat(directory(dir).endpoint()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it leaves its endpoint behind: %v", err)
	}
	checkNothingLeft(t)
}

func TestDaemonEndsWithItsDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	s := serveHere(t, testDaemon(dir))
	c := connect(t, dir)
	defer c.Close()
	if err := os.Rename(dir, dir+".gone"); err != nil {
		t.Fatal(err)
	}
	if err := <-s.ended; err != nil {
		t.Errorf("it ended with: %v", err)
	}
	checkNothingLeft(t)
}

// TestDirectoryThatGoesAtOnce is moved away in the moment in which the hosts can be
// reached.
func TestDirectoryThatGoesAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	d := testDaemon(dir)
	d.Ready = func() {
		if err := os.Rename(dir, dir+".gone"); err != nil {
			t.Error(err)
		}
	}
	if err := d.Serve(t.Context()); err != nil {
		t.Errorf("it ended with: %v", err)
	}
}

// TestNothingIsMadeInADirectoryThatGoes: who removes one finds it empty in the
// end, also when the daemon, or a client, looks at its locks just then.
func TestNothingIsMadeInADirectoryThatGoes(t *testing.T) {
	dir := directory(t.TempDir())
	watch := make(chan time.Time)
	d := testDaemon(string(dir))
	d.Watch = watch
	s := serveHere(t, d)
	if err := errors.Join(os.Remove(dir.clientsLock()), os.Remove(dir.daemonLock())); err != nil {
		t.Fatal(err)
	}
	watch <- time.Now()
	if err := <-s.ended; err != nil {
		t.Errorf("it ended with: %v", err)
	}
	if serving, err := dir.serving(); serving || err != nil {
		t.Errorf("somebody serves: %v, %v", serving, err)
	}
	for _, path := range []string{dir.clientsLock(), dir.daemonLock()} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s was made again: %v", path, err)
		}
	}
}

func TestOnlyOneDaemonServes(t *testing.T) {
	dir := t.TempDir()
	s := serveHere(t, testDaemon(dir))
	c := connect(t, dir)
	defer c.Close()
	if err := testDaemon(dir).Serve(t.Context()); !errors.Is(err, ErrServed) {
		t.Errorf("the second daemon ended with: %v", err)
	}
	if got := hostname(t, c); got != "tenrec" {
		t.Errorf("the first one's tenrec answers %q", got)
	}
	s.end(t)
}

// TestManyComeAtOnce starts real daemons, of which one wins.
func TestManyComeAtOnce(t *testing.T) {
	dir := t.TempDir()
	const many = 4
	clients := make(chan *Client, many)
	errs := make(chan error, many)
	for range many {
		go func() {
			c, err := Connect(t.Context(), dir, self())
			clients <- c
			errs <- err
		}()
	}
	var all []*Client
	for range many {
		if err := <-errs; err != nil {
			t.Error(err)
		}
		all = append(all, <-clients)
	}
	if got := hostname(t, all[0]); got != "tenrec" {
		t.Errorf("tenrec answers %q", got)
	}
	for _, c := range all {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	reap(t, all...)
}

// TestOtherVersionIsAskedToEnd: who comes anew replaces it; who was there
// before stays, and finds the hosts of the new one.
func TestOtherVersionIsAskedToEnd(t *testing.T) {
	dir := directory(t.TempDir())
	s := serveHere(t, testDaemon(string(dir)))
	old := connect(t, string(dir))
	defer old.Close()
	where, err := dir.readEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	where.Version++
	b, err := json.Marshal(where)
	if err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(dir.endpoint(), b); err != nil {
		t.Fatal(err)
	}
	if got := hostname(t, old); got != "tenrec" {
		t.Errorf("to who was there before, tenrec answers %q", got)
	}
	fresh := connect(t, string(dir))
	if err := <-s.ended; err != nil {
		t.Errorf("the other version ended with: %v", err)
	}
	now, err := dir.readEndpoint()
	if err != nil || now.Version != protocolVersion || now.PID == os.Getpid() {
		t.Errorf("now %+v serves (%v)", now, err)
	}
	if got := hostname(t, old); got != "tenrec" {
		t.Errorf("to who was there before, the new tenrec answers %q", got)
	}
	if err := errors.Join(fresh.Close(), old.Close()); err != nil {
		t.Error(err)
	}
	reap(t, fresh, old)
}

// TestKilledDaemonIsStartedAgain, with the state that it had.
func TestKilledDaemonIsStartedAgain(t *testing.T) {
	dir := directory(t.TempDir())
	c := connect(t, string(dir))
	want := wanted(t, "ankarana")
	if got := callRebuild(t.Context(), string(dir), deployArgs("switch", "ankarana", "ankarana")...); got.status != 0 {
		t.Fatalf("status %d, log:\n%s", got.status, got.log)
	}
	where, err := dir.readEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(where.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for serving := true; serving; {
		if serving, err = dir.serving(); err != nil {
			t.Fatal(err)
		}
	}
	if got := printed(t, &sshutil.Dialer{Resolver: c}, "ankarana", "readlink /run/current-system"); got != want {
		t.Errorf("it runs %s, want %s", got, want)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	reap(t, c)
}

func TestReset(t *testing.T) {
	dir := t.TempDir()
	c := connect(t, dir)
	if got := callRebuild(t.Context(), dir, deployArgs("switch", "ankarana", "ankarana")...); got.status != 0 {
		t.Fatalf("status %d, log:\n%s", got.status, got.log)
	}
	if err := Reset(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory is still there: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := Reset(t.Context(), dir); err != nil {
		t.Errorf("a second reset: %v", err)
	}
	again := connect(t, dir)
	if got := printed(t, &sshutil.Dialer{Resolver: again}, "ankarana", "readlink /run/current-system"); got == wanted(t, "ankarana") {
		t.Error("after a reset ankarana still runs what was deployed")
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	reap(t, c, again)
}

// TestResetLeavesOthersAlone: a directory that is not the demo's stays.
func TestResetLeavesOthersAlone(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "letters")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Reset(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
}

// TestBrokenState: what cannot be read is made anew.
func TestBrokenState(t *testing.T) {
	dir := directory(t.TempDir())
	if err := dir.make(); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"ankarana": "{", "tenrec": `{"version":1,"name":"tenrec"}`, "indri": `{"version":99}`, "kelyus": ""} {
		if err := os.WriteFile(dir.machine(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(dir.hostKey("tenrec"), []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serveHere(t, testDaemon(string(dir)))
	c := connect(t, string(dir))
	for _, name := range []string{"ankarana", "tenrec", "indri", "kelyus"} {
		if got := printed(t, &sshutil.Dialer{Resolver: c}, name, "hostname"); got != name {
			t.Errorf("%s answers %q", name, got)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	s.end(t)
}

// TestAcceptedKeyStays: a person who has accepted the new key of the host that
// was installed again finds it deployable, after a restart too.
func TestAcceptedKeyStays(t *testing.T) {
	dir := directory(t.TempDir())
	s := serveHere(t, testDaemon(string(dir)))
	s.end(t)
	b, err := os.ReadFile(dir.knownHosts())
	if err != nil {
		t.Fatal(err)
	}
	key, err := readOrMakeKey(dir.hostKey("vanga"), "")
	if err != nil {
		t.Fatal(err)
	}
	var mended strings.Builder
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "vanga ") {
			mended.WriteString(line)
		}
	}
	mended.WriteString("vanga " + publicLine(key.PublicKey()) + "\n")
	if err := os.WriteFile(dir.knownHosts(), []byte(mended.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s = serveHere(t, testDaemon(string(dir)))
	c := connect(t, string(dir))
	if got := printed(t, &sshutil.Dialer{Resolver: c}, "vanga", "hostname"); got != "vanga" {
		t.Errorf("vanga answers %q", got)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	s.end(t)
}

// TestDaemonThatDoesNotComeUp tells what it complained of.
func TestDaemonThatDoesNotComeUp(t *testing.T) {
	dir := directory(t.TempDir())
	if err := dir.make(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir.clientKey(), 0o700); err != nil { // no key can be put there
		t.Fatal(err)
	}
	_, err := Connect(t.Context(), string(dir), self())
	if err == nil || !strings.Contains(err.Error(), "id_ed25519") {
		t.Errorf("the error is: %v", err)
	}
}

// TestFilesArePrivate: keys and state are for nobody else.
func TestFilesArePrivate(t *testing.T) {
	dir, _ := fleetHere(t)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if path != dir && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestStateIsThere: what happened stands on disk when the command returns.
func TestStateIsThere(t *testing.T) {
	dir, _ := fleetHere(t)
	if got := callRebuild(t.Context(), dir, deployArgs(string(nixcmd.Boot), "ayeaye", "indri")...); got.status != 0 {
		t.Fatalf("status %d, log:\n%s", got.status, got.log)
	}
	b, err := os.ReadFile(directory(dir).machine("ayeaye"))
	if err != nil {
		t.Fatal(err)
	}
	var m machine
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	if m.profile() != wanted(t, "ayeaye") || m.Current == m.profile() {
		t.Errorf("on disk: %+v", m)
	}
}
