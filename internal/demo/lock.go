package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// errLocked says that another process holds a lock in the way.
var errLocked = errors.New("locked by another process")

// tryLock opens (or makes) the file and takes its flock, exclusive or shared.
// The lock is free when the file is closed, or its process dead.
func tryLock(path string, how int) (*os.File, error) {
	return tryLockWith(os.O_CREATE, path, how)
}

// tryLockThere is tryLock for who only looks: a file that has gone is not made
// again, since its directory may just be going, too.
func tryLockThere(path string, how int) (*os.File, error) { return tryLockWith(0, path, how) }

func tryLockWith(flags int, path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock %s: %w", path, err)
	}
	switch err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB); {
	case err == nil:
		return f, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, errors.Join(errLocked, f.Close())
	default:
		return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), f.Close())
	}
}

// makeClientsLock makes the file that clients lock, for who looks before the
// first of them has come.
func (d directory) makeClientsLock() error {
	f, err := os.OpenFile(d.clientsLock(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("making the lock of the demo's clients: %w", err)
	}
	return f.Close()
}

// waitLock is tryLock again and again until the context ends or limit is over.
func waitLock(ctx context.Context, path string, how int, limit time.Duration) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		f, err := tryLock(path, how)
		if err == nil || !errors.Is(err, errLocked) {
			return f, err
		}
		if perr := pause(ctx, lockPoll); perr != nil {
			return nil, errors.Join(err, perr)
		}
	}
}

// serving says whether a daemon holds its lock. When none does, what one that
// was killed may have left as its endpoint is removed: nobody is to take it for
// that of the next. Those who look hold the lock shared for a moment, which is
// why a daemon that starts tries more than once.
func (d directory) serving() (bool, error) {
	f, err := tryLockThere(d.daemonLock(), unix.LOCK_SH)
	switch {
	case errors.Is(err, errLocked):
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	return false, errors.Join(remove(d.endpoint()), f.Close())
}
