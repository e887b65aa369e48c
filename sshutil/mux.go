package sshutil

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// The words of OpenSSH's protocol between those who share a connection and the
// master that has it. Source: PROTOCOL.mux, which comes with OpenSSH; there a
// bool is a uint32.
const (
	muxVersion = 4

	muxHello       = 0x00000001
	muxNewSession  = 0x10000002
	muxAliveCheck  = 0x10000004
	muxTerminate   = 0x10000005
	muxOK          = 0x80000001
	muxExitMessage = 0x80000004
	muxAlive       = 0x80000005
	muxOpened      = 0x80000006

	muxNoEscape = 0xffffffff // no character of the input means anything
	muxRequest  = 0          // number of the only request of a conversation
)

// Why a master could not be talked to.
var (
	errNoMaster   = errors.New("nobody listens at the control socket")
	errMuxSpeech  = errors.New("the master does not speak as agreed")
	errMuxRefused = errors.New("the master does not do what it was asked")
	errMuxLost    = errors.New("the master is gone, and may have done what it was asked")
)

// muxConn is a conversation with a master, over its control socket. It serves
// one request, as those of the ssh program do.
type muxConn struct {
	conn *net.UnixConn
	hang func() bool // no longer ends the conversation with its context
}

// dialMux begins a conversation, which ends with the context. The error is
// errNoMaster, errMuxSpeech, or that of the context.
func dialMux(ctx context.Context, socket string) (*muxConn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	switch {
	case ctx.Err() != nil:
		if err == nil {
			conn.Close()
		}
		return nil, ctx.Err()
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, errNoMaster
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errMuxSpeech, err)
	}
	m := &muxConn{conn: conn.(*net.UnixConn)}
	m.hang = context.AfterFunc(ctx, func() { conn.Close() })
	if err := m.hello(); err != nil {
		m.close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return m, nil
}

func (m *muxConn) close() {
	m.hang()
	m.conn.Close()
}

// hello tells each other the version. A master of another one is left to the
// ssh program that it came with.
func (m *muxConn) hello() error {
	if err := m.send(ssh.Marshal(struct{ Type, Version uint32 }{muxHello, muxVersion})); err != nil {
		return err
	}
	kind, body, err := m.receive()
	if err != nil {
		return err
	}
	if kind != muxHello || len(body) < 4 || binary.BigEndian.Uint32(body) != muxVersion {
		return errMuxSpeech
	}
	return nil
}

// send sends one message.
func (m *muxConn) send(body []byte) error {
	if _, err := m.conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)); err != nil {
		return fmt.Errorf("%w: %w", errMuxSpeech, err)
	}
	return nil
}

// receive reads one message: its type and what follows it.
func (m *muxConn) receive() (kind uint32, body []byte, err error) { return readMux(m.conn) }

func readMux(r io.Reader) (kind uint32, body []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, fmt.Errorf("%w: %w", errMuxSpeech, err)
	}
	size := binary.BigEndian.Uint32(head[:])
	if size < 4 || size > muxMessageMax {
		return 0, nil, errMuxSpeech
	}
	body = make([]byte, size-4)
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, nil, fmt.Errorf("%w: %w", errMuxSpeech, err)
	}
	return binary.BigEndian.Uint32(head[4:]), body, nil
}

// ask sends a request and waits for the one answer that grants it.
func (m *muxConn) ask(request, granted uint32) error {
	if err := m.send(ssh.Marshal(struct{ Type, Request uint32 }{request, muxRequest})); err != nil {
		return err
	}
	return m.granted(granted)
}

// granted waits for that answer.
func (m *muxConn) granted(want uint32) error {
	kind, _, err := m.receive()
	switch {
	case err != nil:
		return errMuxLost
	case kind != want:
		return errMuxRefused
	}
	return nil
}

// askAlive asks the master at a control socket whether it is there.
func askAlive(ctx context.Context, socket string) error {
	m, err := dialMux(ctx, socket)
	if err != nil {
		return err
	}
	defer m.close()
	return m.ask(muxAliveCheck, muxAlive)
}

// askToEnd ends the master at a control socket, and returns when it is gone.
func askToEnd(ctx context.Context, socket string) error {
	m, err := dialMux(ctx, socket)
	if err != nil {
		return err
	}
	defer m.close()
	err = m.ask(muxTerminate, muxOK)
	if unspoken(err) {
		return err
	}
	io.Copy(io.Discard, m.conn) // it hangs up last of all, when its socket is gone; mostly without an answer
	return ctx.Err()
}

// session has the master start a command. The ends of pipes that are given
// become the command's stdin, stdout and stderr. Of env (nil: ours) the master
// sends on what the person's SendEnv names, and SetEnv's without being told. The
// error is errMuxLost if the command may have started all the same.
func (m *muxConn) session(cmd Command, env []string, ends [3]*os.File) error {
	request := struct {
		Type, Request              uint32
		Reserved                   string
		TTY, X11, Agent, Subsystem uint32
		Escape                     uint32
		Terminal, Line             string
		Env                        []byte `ssh:"rest"`
	}{Type: muxNewSession, Request: muxRequest, Escape: muxNoEscape, Line: cmd.Line, Env: muxEnv(env)}
	if cmd.ForwardAgent {
		request.Agent = 1
	}
	if err := m.send(ssh.Marshal(request)); err != nil {
		return err
	}
	for _, f := range ends {
		if err := m.pass(f); err != nil {
			return err
		}
	}
	return m.granted(muxOpened)
}

// muxEnv are an environment's variables as a request has them, without those
// that nobody can mean to send.
func muxEnv(env []string) (packed []byte) {
	if env == nil {
		env = os.Environ()
	}
	for _, variable := range env {
		if len(variable) <= muxVariableMax && len(packed) < muxEnvMax {
			packed = append(binary.BigEndian.AppendUint32(packed, uint32(len(variable))), variable...)
		}
	}
	return packed
}

// pass hands the master a file of ours.
func (m *muxConn) pass(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var sent error
	err = raw.Control(func(fd uintptr) {
		_, _, sent = m.conn.WriteMsgUnix([]byte{0}, syscall.UnixRights(int(fd)), nil)
	})
	if err := firstError(err, sent); err != nil {
		return fmt.Errorf("%w: %w", errMuxSpeech, err)
	}
	return nil
}

// exit waits until the master has ended the session, and says with what status
// the command ended. There is none if a signal ended it or the connection is lost.
func (m *muxConn) exit() (code int, ended bool) {
	for {
		kind, body, err := m.receive()
		if err != nil {
			return code, ended
		}
		if kind == muxExitMessage && len(body) == 8 { // the session's number, of which there is one, and the status
			code, ended = int(binary.BigEndian.Uint32(body[4:])), true
		}
	}
}
