package rollout

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// availableMemory is the kernel's estimate of the bytes that new programs can
// use without swapping; 0 where it does not tell.
func availableMemory() int64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 2 && fields[0] == "MemAvailable:" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}

// maxRSSKiB is the largest resident set, which Linux counts in KiB.
func maxRSSKiB(ru *syscall.Rusage) int64 { return ru.Maxrss }
