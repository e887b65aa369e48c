package rollout

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// availableMemory is half of what the machine has: macOS compresses and swaps
// long before it runs out, and has no figure for what is available.
func availableMemory() int64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return int64(n / 2)
}

// maxRSSKiB is the largest resident set, which macOS counts in bytes.
func maxRSSKiB(ru *syscall.Rusage) int64 { return ru.Maxrss >> 10 }
