package sshutil

import (
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// peerProgram asks the kernel who listens, and /proc what that is.
func peerProgram(socket string) string {
	conn, err := net.DialTimeout("unix", socket, agentListTimeout)
	if err != nil {
		return "" // whoever needs the agent is told
	}
	defer conn.Close()
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return ""
	}
	name := ""
	err = raw.Control(func(fd uintptr) {
		peer, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err != nil {
			return
		}
		if comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", peer.Pid)); err == nil {
			name = strings.TrimSpace(string(comm))
		}
	})
	if err != nil {
		return ""
	}
	return name
}
