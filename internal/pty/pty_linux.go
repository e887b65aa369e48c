package pty

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Open opens a pseudo-terminal that becomes nobody's controlling one.
func Open() (ours, child *os.File, err error) {
	ours, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	var number int
	err = Control(ours, func(fd int) (err error) {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
	if err == nil {
		child, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		return nil, nil, errors.Join(err, ours.Close())
	}
	return ours, child, nil
}

// IsRaw says whether somebody, such as ssh, has a terminal pass keys on as
// they come, without showing them.
func IsRaw(terminal *os.File) bool {
	raw := false
	Control(terminal, func(fd int) error { //nolint:errcheck // a terminal that is gone is not raw
		modes, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		raw = err == nil && modes.Lflag&(unix.ICANON|unix.ECHO) == 0
		return err
	})
	return raw
}
