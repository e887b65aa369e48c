package rollout

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Store is the directory of all runs, machine locks and roots of one person.
type Store struct{ Dir string }

// OpenStore makes the directory if need be, and makes sure that it can be
// written: a run must not fail half-way for that.
func OpenStore(dir string) (*Store, error) {
	s := &Store{Dir: dir}
	for _, d := range []string{dir, s.runs(), s.machines()} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("the state directory %s cannot be made: %w", dir, err)
		}
	}
	if err := tryWriting(dir); err != nil {
		return nil, fmt.Errorf("the state directory %s cannot be written: %w", dir, err)
	}
	return s, nil
}

// tryWriting writes a file of some size into dir, which shows a full disk too.
// Each has one of its own: others may be opening the same store. An error does not
// name it, as nobody can look at it.
func tryWriting(dir string) error {
	f, err := os.CreateTemp(dir, ".writable-*")
	if err == nil {
		_, err = f.Write(make([]byte, 4096))
		err = errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

func (s *Store) runs() string     { return filepath.Join(s.Dir, "runs") }
func (s *Store) machines() string { return filepath.Join(s.Dir, "machines") }

func (s *Store) machineLock(id string) string {
	return filepath.Join(s.machines(), id+".lock")
}

// ids lists all run directories' names, newest first.
func (s *Store) ids() ([]string, error) {
	entries, err := os.ReadDir(s.runs())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the runs: %w", err)
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			ids = append(ids, e.Name())
		}
	}
	slices.SortFunc(ids, s.newerFirst)
	return ids, nil
}

// newerFirst orders runs by their IDs, which begin with the second in which
// they were made, and those of one second by when their plans were written.
func (s *Store) newerFirst(a, b string) int {
	const second = len("20060102T150405Z")
	if len(a) < second || len(b) < second || a[:second] != b[:second] {
		return cmp.Compare(b, a)
	}
	return cmp.Or(s.planned(b).Compare(s.planned(a)), cmp.Compare(b, a))
}

func (s *Store) planned(id string) time.Time {
	info, err := os.Stat(runDir(filepath.Join(s.runs(), id)).plan())
	if err != nil {
		return time.Time{} // a broken one
	}
	return info.ModTime()
}

// List reads all runs, newest first. Broken directories are listed as such. Of
// runs that are over it may tell only what lists show; a Reader tells the rest.
func (s *Store) List() ([]View, error) {
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	return s.list(ids), nil
}

// ErrNoRun says that no run, or more than one, has the ID that was asked for.
var ErrNoRun = errors.New("no such run")

// Find returns the directory of the run whose ID is, or begins with, id; ""
// and "last" mean the newest. The last word of an ID, which is random, will do too.
func (s *Store) Find(id string) (dir string, err error) {
	ids, err := s.ids()
	if err != nil {
		return "", err
	}
	if len(ids) == 0 {
		return "", fmt.Errorf("%w: there are no runs yet", ErrNoRun)
	}
	if id == "" || id == "last" {
		return filepath.Join(s.runs(), ids[0]), nil
	}
	found := slices.DeleteFunc(slices.Clone(ids), func(have string) bool {
		return have != id && !strings.HasPrefix(have, id) && !strings.HasSuffix(have, "-"+id)
	})
	if slices.Contains(found, id) {
		found = []string{id}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("%w: %q", ErrNoRun, id)
	case 1:
		return filepath.Join(s.runs(), found[0]), nil
	}
	return "", fmt.Errorf("%w: %q could be %s", ErrNoRun, id, strings.Join(found, " or "))
}

// Relist is List for who has listed before: runs that were over then are not
// read again. changed says whether anything is different now.
func (s *Store) Relist(known []View) (views []View, changed bool, err error) {
	ids, err := s.ids()
	if err != nil {
		return nil, false, err
	}
	if len(known) == 0 {
		return s.list(ids), len(ids) > 0, nil
	}
	old := make(map[string]View, len(known))
	for _, v := range known {
		old[filepath.Base(v.Dir)] = v // a copied directory has another's ID
	}
	changed = len(ids) != len(known)
	for _, id := range ids {
		v, had := old[id]
		if had && v.Over() {
			views = append(views, v)
			continue
		}
		now := s.read(id)
		changed = changed || !had || now.Seq != v.Seq || now.Alive != v.Alive || now.Broken != v.Broken
		views = append(views, now)
	}
	return views, changed, nil
}

// read is the view of one run; a broken one says so.
func (s *Store) read(id string) View {
	v, err := readAll(filepath.Join(s.runs(), id))
	var broken *BrokenError
	switch {
	case errors.As(err, &broken):
		v.Broken, v.Plan.ID = broken.Why, id
	case err != nil:
		v = View{Dir: v.Dir, Plan: Plan{ID: id}, Broken: err.Error()}
	}
	return v
}
