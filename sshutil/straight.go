package sshutil

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/kballard/go-shellquote"
)

// OpenSSH turns Nagle's algorithm off only after it has logged in. Before that
// its client writes twice without having been answered, when keys have been
// exchanged: the second packet waits until the first one is acknowledged, for
// which the host's kernel takes its time, 40 ms on Linux, and a round trip. Whoever
// makes the connection in ssh's stead and hands it over (ProxyUseFdpass) may
// have turned it off before, and a login to a host nearby takes a third less.

// ConnectName is the name by which ssh starts this program to make a connection.
const ConnectName = "nixfleet-connect"

// IsConnect says whether a program was started by that name.
func IsConnect(program string) bool { return filepath.Base(program) == ConnectName }

// Connect is what a program does that ssh has started as its ProxyCommand with
// a host and a port: it connects, and passes the socket on through stdout. If
// it does not within a second ssh is left to do it by itself, and to say why it
// cannot.
func Connect(args []string, stdout *os.File, stderr io.Writer) (code int) {
	if len(args) != 2 {
		fmt.Fprintln(stderr, "usage: "+ConnectName+" HOST PORT")
		return 2
	}
	if err := passConnection(args[0], args[1], stdout); err != nil {
		fmt.Fprintln(stderr, ConnectName+":", err)
		return 1
	}
	return 0
}

func passConnection(host, port string, stdout *os.File) error {
	n, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("the port: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), straightTimeout)
	defer cancel()
	conn, _, err := dialTCP(ctx, Target{HostName: host, Port: n})
	if err != nil {
		return err
	}
	defer conn.Close()
	socket, err := conn.(*net.TCPConn).File() // Go has turned Nagle's algorithm off
	if err != nil {
		return err
	}
	defer socket.Close()
	fd := int(socket.Fd())
	if err := firstError(syscall.SetNonblock(fd, false), syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)); err != nil {
		return err
	}
	return syscall.Sendmsg(int(stdout.Fd()), []byte{0}, syscall.UnixRights(fd), nil, 0)
}

// notConnected is what ssh says when it was handed no connection.
const notConnected = "proxy dialer did not pass back a connection"

// byConnector are the options with which ssh has a program connect.
func byConnector(program string) []string {
	command := strings.ReplaceAll(shellquote.Join(program), "%", "%%")
	return []string{"-o", "ProxyUseFdpass=yes", "-o", "ProxyCommand=" + command + " %h %p"}
}
