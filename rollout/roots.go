package rollout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// Root is a garbage collector root that keeps a host's system where it was
// built, when that is not the host itself: without it, the next garbage
// collection there would cause everything to be built again.
type Root struct {
	Host  string    `json:"host"`  // or "HOST.next": built, but not yet on its host
	Where string    `json:"where"` // "local", or the name of the host or builder
	Path  string    `json:"path"`  // the system
	Link  string    `json:"link"`  // the root itself; on Where relative to the login's home
	Run   string    `json:"run"`
	At    time.Time `json:"at"`
}

// rootsFile is roots.json.
type rootsFile struct {
	Version int             `json:"version"`
	Roots   map[string]Root `json:"roots"` // by host and where
}

// Roots lists the roots that runs have made.
func (s *Store) Roots() ([]Root, error) {
	f, err := s.readRoots()
	if err != nil {
		return nil, err
	}
	roots := make([]Root, 0, len(f.Roots))
	for _, r := range f.Roots {
		roots = append(roots, r)
	}
	return roots, nil
}

func (s *Store) rootsPath() string { return filepath.Join(s.Dir, "roots.json") }

func (s *Store) readRoots() (rootsFile, error) {
	f := rootsFile{Version: 1, Roots: map[string]Root{}}
	err := readJSON(s.rootsPath(), &f)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	if f.Roots == nil {
		f.Roots = map[string]Root{}
	}
	return f, err
}

// keepRoot records a root (or, with an empty Path, forgets it).
func (s *Store) keepRoot(r Root) error {
	lock, err := tryLock(s.rootsPath() + ".lock")
	for tries := 0; errors.Is(err, errHeld) && tries < 100; tries++ {
		time.Sleep(lockPoll) // another run writes the same small file
		lock, err = tryLock(s.rootsPath() + ".lock")
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	f, err := s.readRoots()
	if err != nil {
		return err
	}
	key := r.Where + "/" + r.Host
	if r.Path == "" {
		delete(f.Roots, key)
	} else {
		f.Roots[key] = r
	}
	return writeJSON(s.rootsPath(), f)
}

// builtElsewhere says whether another machine than the host itself builds.
func (t *task) builtElsewhere() bool { return t.host.buildHost() != t.host.Name }

// nextRoot is the name of the root that keeps a system from when it was built
// until its host has it; then it replaces the one before, which was needed
// until then.
func nextRoot(host string) string { return host + ".next" }

// keepEarly roots the system where it was built as soon as the log shows its
// path: a garbage collection there must not win against a long activation.
func (t *task) keepEarly(ctx context.Context, found nixcmd.Findings) {
	if t.early != nil || found.System == "" || !t.builtElsewhere() {
		return
	}
	done := make(chan struct{})
	t.early = done
	go func() {
		defer close(done)
		t.keep(ctx, nextRoot(t.host.Name), found.System)
	}()
}

// root keeps what was built elsewhere from being collected there: one root per
// host, replaced once the host has what is new.
func (t *task) root(ctx context.Context, v Verdict) {
	if t.early != nil {
		<-t.early
	}
	if t.run.plan.Keep && v.Outcome == OutcomeOK && v.System != "" {
		t.keepIn(ctx, t.host.Name, nextRoot(t.host.Name), v.System)
		return // the root of what the host has now is still needed
	}
	arrived := v.Outcome == OutcomeOK || v.Outcome == OutcomeDegraded || v.Outcome == OutcomeReboot
	if t.host.Activate != nil && arrived {
		defer t.forget(ctx, nextRoot(t.host.Name))
	}
	if !t.builtElsewhere() || v.System == "" {
		return
	}
	switch v.Outcome {
	case OutcomeOK, OutcomeDegraded, OutcomeReboot:
		t.keep(ctx, t.host.Name, v.System)
		if t.early != nil {
			t.forget(ctx, nextRoot(t.host.Name))
		}
	}
}

func (t *task) keep(ctx context.Context, name, path string) {
	t.keepIn(ctx, t.host.BuildOn, name, path)
}

func (t *task) keepIn(ctx context.Context, where, name, path string) {
	ctx, cancel := context.WithTimeout(ctx, rootFor)
	defer cancel()
	link, err := t.makeRoot(ctx, where, name, path)
	if err == nil {
		err = t.run.Store.keepRoot(Root{Host: name, Where: where, Path: path, Link: link, Run: t.run.plan.ID, At: t.run.Now()})
	}
	if err != nil {
		t.note(fmt.Sprintf("what was built on %s could not be kept from garbage collection: %v", where, err))
	}
}

func (t *task) forget(ctx context.Context, name string) {
	roots, err := t.run.Store.Roots()
	for _, r := range roots {
		if r.Host == name && (r.Where == t.host.BuildOn || r.Where == t.host.Name) {
			err = errors.Join(err, t.run.Store.RemoveRoot(ctx, r, t.run.conn))
		}
	}
	if err != nil {
		t.note("an old garbage collector root could not be removed: " + err.Error())
	}
}

// remoteRoots is where roots lie on builders, below the login's home.
const remoteRoots = ".local/state/nixfleet/roots"

func (t *task) makeRoot(ctx context.Context, where, name, system string) (string, error) {
	path, ok := nixcmd.ParseStorePath(system)
	if !ok || string(path) != system { // it goes into a shell's command line
		return "", fmt.Errorf("%q is no store path", system)
	}
	if where == BuildOnLocal {
		return t.run.makeLocalRoot(ctx, name, system)
	}
	link, err := t.run.conn.Runner(ctx, where)
	if err != nil {
		return "", err
	}
	root := remoteRoots + "/" + fileName(name)
	line := fmt.Sprintf(`mkdir -p "$HOME/%s" && nix-store --add-root "$HOME/%s" --indirect --realise %s`, remoteRoots, root, path)
	res, err := link.Run(ctx, sshutil.Command{Line: line})
	if err != nil {
		return "", err
	}
	if res.ExitCode != 0 {
		return "", fmt.Errorf("nix-store exited with %d: %s", res.ExitCode, text.Line(lastLine(string(res.Stderr))))
	}
	return root, nil
}

func (r *run) makeLocalRoot(ctx context.Context, name, path string) (string, error) {
	if r.NixStore == "" {
		return "", errors.New("there is no nix-store here")
	}
	dir := filepath.Join(r.Store.Dir, "roots")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	link := filepath.Join(dir, fileName(name))
	cmd := exec.CommandContext(ctx, r.NixStore, "--add-root", link, "--indirect", "--realise", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, text.Line(lastLine(string(out))))
	}
	return link, nil
}

// RemoveRoot removes a root where it is and forgets it. connect is needed for
// roots that are not on this machine.
func (s *Store) RemoveRoot(ctx context.Context, r Root, connect Connector) error {
	if r.Where == BuildOnLocal {
		if err := os.Remove(r.Link); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	} else {
		link, err := connect.Runner(ctx, r.Where)
		if err != nil {
			return err
		}
		res, err := link.Run(ctx, sshutil.Command{Line: fmt.Sprintf(`rm -f "$HOME/%s"`, r.Link)})
		if err != nil {
			return err
		}
		if res.ExitCode != 0 {
			return fmt.Errorf("rm exited with %d: %s", res.ExitCode, text.Line(lastLine(string(res.Stderr))))
		}
	}
	r.Path = ""
	return s.keepRoot(r)
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
