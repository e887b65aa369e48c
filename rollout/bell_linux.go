package rollout

import (
	"os"
	"syscall"
)

// ring has the kernel tell of every write to a file, or to one in a directory.
func (b *Bell) ring(path string) {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return // a person may have only so many
	}
	told := os.NewFile(uintptr(fd), "inotify")
	watch, err := syscall.InotifyAddWatch(fd, path, syscall.IN_CREATE|syscall.IN_MODIFY|syscall.IN_MOVED_TO)
	if err != nil {
		told.Close()
		return
	}
	rings := make(chan struct{}, 1)
	b.rings, b.told, b.watch, b.over = rings, told, watch, make(chan struct{})
	go func() {
		defer close(b.over)
		news := make([]byte, 4<<10) // one event is at most 272 bytes
		for {
			if _, err := told.Read(news); err != nil {
				return
			}
			select {
			case rings <- struct{}{}:
			default: // it rings already
			}
		}
	}()
}

// forget has the kernel tell no more, and does not wait until it has.
func (b *Bell) forget() {
	conn, err := b.told.SyscallConn()
	if err != nil {
		return // it is closed
	}
	conn.Control(func(fd uintptr) {
		syscall.InotifyRmWatch(int(fd), uint32(b.watch)) //nolint:errcheck // what it watched may be gone
	})
}
