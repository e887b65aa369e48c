package sshutil

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPrivateSockets: whatever the umask, a socket lets nobody else in, and is
// not made where others could put one in its place.
func TestPrivateSockets(t *testing.T) {
	for _, mask := range []int{0, 0o22, 0o77} {
		dir, err := os.MkdirTemp("", "nf") // short enough for a socket
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		before := unix.Umask(mask)
		l, err := ListenPrivate(filepath.Join(dir, "s"))
		unix.Umask(before)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Lstat(filepath.Join(dir, "s")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("umask %o: %v, %v", mask, info.Mode(), err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if l, err := ListenPrivate(filepath.Join(dir, "t")); err == nil {
			t.Error("it listens where others may look", l.Close())
		}
	}
}
