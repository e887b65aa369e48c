package rollout

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// keepToOurselves marks every descriptor that this process inherited beyond
// stdin, stdout and stderr as not to be passed on: a supervisor that lives on
// must not hold a caller's lock or pipe.
func keepToOurselves() error {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		return err
	}
	const first = 3
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd >= first {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}
