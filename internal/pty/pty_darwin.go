package pty

import (
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	getModes     = unix.TIOCGETA
	setModes     = unix.TIOCSETA
	setModesDrop = unix.TIOCSETAF // and drop what was typed and not read
)

// unlock makes the other side of a new pseudo-terminal ready, and says where it is.
func unlock(fd int) (path string, err error) {
	if err := unix.IoctlSetInt(fd, unix.TIOCPTYGRANT, 0); err != nil {
		return "", err
	}
	if err := unix.IoctlSetInt(fd, unix.TIOCPTYUNLK, 0); err != nil {
		return "", err
	}
	var stat unix.Stat_t
	err = unix.Fstat(fd, &stat)
	return fmt.Sprintf("/dev/ttys%03d", unix.Minor(uint64(stat.Rdev))), err
}
