package demo

import (
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// listener is where one host is reached; one that is off has a port on which
// nothing listens.
type listener struct {
	net.Listener
	port  int
	close func() error
}

func listen(offline bool) (listener, error) {
	if offline {
		return deadPort()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return listener{}, err
	}
	return listener{Listener: l, port: l.Addr().(*net.TCPAddr).Port, close: l.Close}, nil
}

// deadPort is a port that is taken, so that nobody else gets it, and refuses.
func deadPort() (listener, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return listener{}, err
	}
	unix.CloseOnExec(fd)
	release := func() error { return unix.Close(fd) }
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return listener{}, errors.Join(err, release())
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return listener{}, errors.Join(err, release())
	}
	in4, ok := sa.(*unix.SockaddrInet4)
	if !ok {
		return listener{}, errors.Join(fmt.Errorf("bound to %T", sa), release())
	}
	return listener{port: in4.Port, close: release}, nil
}
