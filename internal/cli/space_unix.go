//go:build linux || darwin

package cli

import "golang.org/x/sys/unix"

// freeSpace is how many bytes we could still write at path.
func freeSpace(path string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
