package sshutil

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Peer is the process at the other end of a socket.
type Peer struct {
	UID int
	PID int // as of when it connected
}

// PeerOf asks the system who is at the other end.
func PeerOf(conn *net.UnixConn) (p Peer, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return Peer{}, err
	}
	var asked error
	if err := raw.Control(func(fd uintptr) { p, asked = peerOf(int(fd)) }); err != nil {
		return Peer{}, err
	}
	return p, asked
}

// Ours says whether it is a process of this user.
func (p Peer) Ours() bool { return p.UID == os.Getuid() }

// OurChild says whether it is a process of this user, in our own session or in
// one that a child of ours leads: what a person has started elsewhere is not.
// Where the system does not tell, being of this user is enough.
func (p Peer) OurChild() bool {
	if !p.Ours() {
		return false
	}
	session, err := unix.Getsid(p.PID)
	if err != nil {
		return !tellsSessions
	}
	if own, err := unix.Getsid(0); err == nil && own == session {
		return true
	}
	parent, err := parentOf(session)
	if err != nil {
		return !tellsSessions
	}
	return parent == os.Getpid()
}
