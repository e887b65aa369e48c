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
	"nixfleet-tui/sshutil"
)

// Root is a garbage collector root that keeps a host's system where it was
// built, when that is not the host itself: without it, the next garbage
// collection there would cause everything to be built again.
type Root struct {
	Host  string    `json:"host"`
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

// root keeps what was built elsewhere from being collected there. One root per
// host: it replaces the one before, which was needed until now.
func (t *task) root(ctx context.Context, v Verdict) {
	where := t.host.BuildOn
	if t.host.buildHost() == t.host.Name || v.System == "" || !strings.HasPrefix(v.System, "/nix/store/") {
		return
	}
	switch v.Outcome {
	case OutcomeOK, OutcomeDegraded, OutcomeReboot, OutcomeUnknown:
	default:
		if v.Phase != "activating" { // what was not built cannot be kept
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, rootFor)
	defer cancel()
	link, err := t.makeRoot(ctx, where, v.System)
	if err == nil {
		err = t.run.Store.keepRoot(Root{Host: t.host.Name, Where: where, Path: v.System, Link: link, Run: t.run.plan.ID, At: t.run.Now()})
	}
	if err != nil {
		t.note(fmt.Sprintf("what was built on %s could not be kept from garbage collection: %v", where, err))
	}
}

// remoteRoots is where roots lie on builders, below the login's home.
const remoteRoots = ".local/state/nixfleet/roots"

func (t *task) makeRoot(ctx context.Context, where, path string) (string, error) {
	if where == BuildOnLocal {
		return t.run.makeLocalRoot(ctx, t.host.Name, path)
	}
	link, err := t.run.conn.Runner(ctx, where)
	if err != nil {
		return "", err
	}
	root := remoteRoots + "/" + fileName(t.host.Name)
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

func (r *run) makeLocalRoot(ctx context.Context, host, path string) (string, error) {
	if r.NixStore == "" {
		return "", errors.New("there is no nix-store here")
	}
	dir := filepath.Join(r.Store.Dir, "roots")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	link := filepath.Join(dir, fileName(host))
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

// closeSocket ends the shared connection behind a control socket.
func closeSocket(ssh, dir, name string) error {
	cmd := exec.Command(ssh, "-F", "none", "-o", "ControlPath="+filepath.Join(dir, name), "-O", "exit", "unused")
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return os.Remove(filepath.Join(dir, name)) // nobody listens: what is left is the name
	}
	if err != nil {
		return fmt.Errorf("closing a shared connection: %w: %s", err, text.Line(lastLine(string(out))))
	}
	return nil
}
