package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// errLocked says that another process holds a lock in the way.
var errLocked = errors.New("locked by another process")

// tryLock opens (or makes) the file and takes its flock, exclusive or shared.
// The lock is free when the file is closed, or its process dead.
func tryLock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
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
	f, err := tryLock(d.daemonLock(), unix.LOCK_SH)
	if errors.Is(err, errLocked) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, errors.Join(remove(d.endpoint()), f.Close())
}
