// Package pty opens pseudo-terminals: for programs that ask only on a terminal,
// and for tests of what a person at one sees. It also tells and changes whether
// a terminal shows what is typed.
package pty

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Open opens a pseudo-terminal that becomes nobody's controlling one.
func Open() (ours, child *os.File, err error) {
	ours, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	var path string
	err = Control(ours, func(fd int) (err error) {
		path, err = unlock(fd)
		return err
	})
	if err == nil {
		child, err = os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
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
		modes, err := unix.IoctlGetTermios(fd, getModes)
		raw = err == nil && modes.Lflag&(unix.ICANON|unix.ECHO) == 0
		return err
	})
	return raw
}

// Hide has a terminal show nothing of what is typed. show undoes that, and
// drops what was typed meanwhile and read by nobody.
func Hide(terminal *os.File) (show func() error, err error) {
	var was unix.Termios
	err = Control(terminal, func(fd int) error {
		modes, err := unix.IoctlGetTermios(fd, getModes)
		if err != nil {
			return err
		}
		was = *modes
		modes.Lflag &^= unix.ECHO | unix.ECHONL
		return unix.IoctlSetTermios(fd, setModes, modes)
	})
	return func() error {
		return Control(terminal, func(fd int) error { return unix.IoctlSetTermios(fd, setModesDrop, &was) })
	}, err
}

// Control does something with a file's descriptor, which stays the runtime's
// to wait on: Fd would make it blocking, and a reader of it could not be ended.
func Control(f *os.File, do func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = do(int(fd)) }); err != nil {
		return err
	}
	return failed
}
