package pty

import (
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	getModes     = unix.TCGETS
	setModes     = unix.TCSETS
	setModesDrop = unix.TCSETSF // and drop what was typed and not read
)

// unlock makes the other side of a new pseudo-terminal ready, and says where it is.
func unlock(fd int) (path string, err error) {
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return "", err
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	return fmt.Sprintf("/dev/pts/%d", number), err
}
