package rollout

import (
	"os"
	"syscall"
)

// ring has the kernel tell of every write to a file in the run's directory.
func (b *Bell) ring(dir string) {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return // a person may have only so many
	}
	told := os.NewFile(uintptr(fd), "inotify")
	if _, err := syscall.InotifyAddWatch(fd, dir, syscall.IN_CREATE|syscall.IN_MODIFY|syscall.IN_MOVED_TO); err != nil {
		told.Close()
		return
	}
	rings := make(chan struct{}, 1)
	b.rings, b.told, b.over = rings, told, make(chan struct{})
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
