package sshutil

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// neverDumped keeps a page out of core files, whatever the process's limits.
func neverDumped(page []byte) error { return unix.Madvise(page, unix.MADV_DONTDUMP) }

// notDumpable keeps debuggers of the same user away.
func notDumpable() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("keeping memory from debuggers: %w", err)
	}
	return nil
}
