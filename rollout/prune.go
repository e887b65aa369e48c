package rollout

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Keep is how much history is kept. What is over, oldest first, goes when it is
// too old or all together is too large.
type Keep struct {
	Age  time.Duration
	Size int64 // bytes of all runs together
}

// UsualKeep is what is kept unless somebody says otherwise.
func UsualKeep() Keep { return Keep{Age: keepAge, Size: keepSize} }

// Pruned is a run that was removed, or would be.
type Pruned struct {
	ID    string
	Ended time.Time
	Size  int64 // bytes
}

// Prune removes runs that are over and not to be kept. One that goes on, or
// that has lost its supervisor before it had ended, is never touched; neither
// is the newest. With dry it only says which.
func (s *Store) Prune(k Keep, now time.Time, dry bool) ([]Pruned, error) {
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	var kept int64
	var gone []Pruned
	for i, id := range ids { // newest first
		d := runDir(filepath.Join(s.runs(), id))
		size, err := sizeOf(string(d))
		if err != nil {
			return gone, err
		}
		kept += size
		info, err := os.Stat(d.summary())
		if i == 0 || err != nil || now.Sub(info.ModTime()) <= k.Age && kept <= k.Size {
			continue
		}
		removed := true
		if !dry {
			if removed, err = s.removeRun(d); err != nil {
				return gone, err
			}
		}
		if removed {
			kept -= size
			gone = append(gone, Pruned{ID: id, Ended: info.ModTime(), Size: size})
		}
	}
	return gone, nil
}

// removeRun removes a run whose lock is free. It disappears at once from all
// lists, also when removing its files is interrupted.
func (s *Store) removeRun(d runDir) (bool, error) {
	lock, err := tryLock(d.lock())
	if err != nil {
		return false, ignoreHeld(err)
	}
	defer lock.Close()
	if _, err := os.Stat(d.summary()); err != nil {
		return false, nil
	}
	aside := filepath.Join(s.runs(), prunedPrefix+filepath.Base(string(d)))
	if err := os.Rename(string(d), aside); err != nil {
		return false, err
	}
	return true, os.RemoveAll(aside)
}

// prunedPrefix begins the names of directories that are being removed.
const prunedPrefix = ".pruned-"

// sizeOf is what the files below a directory hold.
func sizeOf(dir string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went while we looked
		}
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			sum += info.Size()
		} else if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return err
	})
	return sum, err
}

// pruneIfDue prunes as usual, at most once in a while, and finishes what
// somebody before began to remove.
func (s *Store) pruneIfDue(now time.Time) error {
	stamp := filepath.Join(s.Dir, "pruned")
	if info, err := os.Stat(stamp); err == nil && now.Sub(info.ModTime()) < pruneEvery {
		return nil
	}
	if err := os.WriteFile(stamp, nil, 0o600); err != nil {
		return err
	}
	left, err := filepath.Glob(filepath.Join(s.runs(), prunedPrefix+"*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	_, perr := s.Prune(UsualKeep(), now, false)
	return errors.Join(err, perr)
}
