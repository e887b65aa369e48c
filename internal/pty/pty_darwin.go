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
	var number uint32
	err = Control(ours, func(fd int) error {
		if err := unix.IoctlSetInt(fd, unix.TIOCPTYGRANT, 0); err != nil {
			return err
		}
		if err := unix.IoctlSetInt(fd, unix.TIOCPTYUNLK, 0); err != nil {
			return err
		}
		var stat unix.Stat_t
		err := unix.Fstat(fd, &stat)
		number = unix.Minor(uint64(stat.Rdev))
		return err
	})
	if err == nil {
		child, err = os.OpenFile(fmt.Sprintf("/dev/ttys%03d", number), os.O_RDWR|unix.O_NOCTTY, 0)
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
		modes, err := unix.IoctlGetTermios(fd, unix.TIOCGETA)
		raw = err == nil && modes.Lflag&(unix.ICANON|unix.ECHO) == 0
		return err
	})
	return raw
}
