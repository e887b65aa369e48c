package rollout

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// errHeld says that somebody else holds a lock.
var errHeld = errors.New("held by another process")

// tryLock opens (or makes) the file and takes its flock. The lock belongs to
// the open file description: it passes on to every process that inherits the
// descriptor, and is free when the last copy is closed.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock %s: %w", path, err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errHeld
		}
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return f, nil
}

// lockNow is tryLock that bears a moment's wait. A process that this one is just
// starting holds copies of all its descriptors until it has become the other
// program, so a lock can be held by nobody who means to.
func lockNow(path string) (*os.File, error) {
	for deadline := time.Now().Add(startingFor); ; time.Sleep(startingPause) {
		f, err := tryLock(path)
		if !errors.Is(err, errHeld) || time.Now().After(deadline) {
			return f, err
		}
	}
}

// isReallyHeld is isHeld, for as long as lockNow bears.
func isReallyHeld(path string) (bool, error) {
	for deadline := time.Now().Add(startingFor); ; time.Sleep(startingPause) {
		held, err := isHeld(path)
		if !held || err != nil || time.Now().After(deadline) {
			return held, err
		}
	}
}

// isHeld says whether anybody holds the flock of path. A file that does not
// exist is held by nobody.
func isHeld(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	// A shared lock is enough to find out, and two who ask do not mislead each other.
	err = unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

// ignoreHeld makes a lock that somebody else holds no error.
func ignoreHeld(err error) error {
	if errors.Is(err, errHeld) {
		return nil
	}
	return err
}
