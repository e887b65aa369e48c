package demo

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// daemonProcess is a daemon that this process started. It outlives us; should
// it end while we are there, we reap it.
type daemonProcess struct {
	pid   int
	ended bool
}

// running reaps the daemon if it has ended, and says whether it has not.
func (p *daemonProcess) running() bool {
	if p == nil || p.ended {
		return false
	}
	for {
		pid, err := unix.Wait4(p.pid, nil, unix.WNOHANG, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		p.ended = err != nil || pid == p.pid
		return !p.ended
	}
}

// startDaemon starts the command in a session of its own, with nothing of ours
// but the environment. What it has to complain of stands in daemon.log.
func startDaemon(d directory, command []string) (*daemonProcess, error) {
	if len(command) == 0 {
		return nil, errors.New("the demo was not told how to start its hosts")
	}
	if err := keepDescriptors(); err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	log, err := os.OpenFile(d.daemonLog(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p, err := os.StartProcess(command[0], append(command[:len(command):len(command)], string(d)), &os.ProcAttr{
		Dir: "/", Env: os.Environ(), Files: []*os.File{null, log, log}, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return nil, fmt.Errorf("starting the demo's hosts: %w", err)
	}
	// Waiting is done by pid, without a goroutine that would outlive us. Release
	// forgets the pid.
	daemon := &daemonProcess{pid: p.Pid}
	return daemon, p.Release()
}

// keepDescriptors keeps open files from being inherited. A run gives locks to
// nixos-rebuild as descriptors; the daemon must not hold them after it.
func keepDescriptors() error {
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		return fmt.Errorf("looking at our open files: %w", err)
	}
	const firstOther = 3 // after stdin, stdout and stderr
	for _, e := range open {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd >= firstOther {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}

// lastWords is what a daemon that did not come up complained of.
func (d directory) lastWords() string {
	b, err := os.ReadFile(d.daemonLog())
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return lines[len(lines)-1]
}
