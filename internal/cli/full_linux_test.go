package cli

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// smallFileSystem is a directory with a quarter of a megabyte of space.
func smallFileSystem(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can make a small file system: run the tests as root to try a full disk")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no small file system can be mounted here (%v): run the tests where root may mount", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}
