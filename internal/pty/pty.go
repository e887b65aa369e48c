// Package pty opens pseudo-terminals: for programs that ask only on a terminal,
// and for tests of what a person at one sees.
package pty

import "os"

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
