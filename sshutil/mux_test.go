package sshutil

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeMaster listens at a control socket and hands each who comes to speak.
func fakeMaster(t *testing.T, speak func(net.Conn)) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "nf") // a short path, as sockets need
	if err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			speak(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-over
		os.RemoveAll(dir)
	})
	return socket
}

// words is a message of a master's.
func words(fields ...uint32) []byte {
	said := binary.BigEndian.AppendUint32(nil, uint32(4*len(fields)))
	for _, f := range fields {
		said = binary.BigEndian.AppendUint32(said, f)
	}
	return said
}

// refusal is a message that ends in a reason.
func refusal() []byte {
	const reason = "Session open refused by peer"
	m := binary.BigEndian.AppendUint32(nil, uint32(12+len(reason)))
	for _, f := range []uint32{0x80000003, 0, uint32(len(reason))} {
		m = binary.BigEndian.AppendUint32(m, f)
	}
	return append(m, reason...)
}

// TestMasterSpeaksOtherwise has the ssh program asked where the master does not
// answer as agreed, and never where the command may have been run already.
func TestMasterSpeaksOtherwise(t *testing.T) {
	hello := words(muxHello, muxVersion)
	tests := []struct {
		name    string
		says    []byte
		program bool
	}{
		{"nothing", nil, true},
		{"half a word", hello[:6], true},
		{"another version", words(muxHello, muxVersion+1), true},
		{"no hello", words(muxOK, 0), true},
		{"too much", []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1}, true},
		{"too little", []byte{0, 0, 0, 3, 0, 0, 0, 1}, true},
		{"a refusal", append(bytes.Clone(hello), refusal()...), true},
		{"only hello", hello, false}, // it may have started the command
		{"half an answer", append(bytes.Clone(hello), 0, 0, 0, 12, 0x80), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			noLeaks(t)
			socket := fakeMaster(t, func(conn net.Conn) {
				readMux(conn) // its hello
				conn.Write(tt.says)
				if bytes.HasPrefix(tt.says, hello) {
					readMux(conn) // the request
					io.ReadFull(conn, make([]byte, 3))
				}
			})
			m := &Master{Program: sayingProgram(t), Host: "host", Socket: socket}
			r, err := m.Run(context.Background(), Command{Line: "the line"})
			if tt.program {
				if err != nil || string(r.Stdout) != "by program\n" {
					t.Errorf("%q, %v", r.Stdout, err)
				}
				stream, err := m.Stream(context.Background(), "the line")
				if err != nil {
					t.Fatal(err)
				}
				if said, err := io.ReadAll(stream); err != nil || string(said) != "by program\n" {
					t.Errorf("a stream: %q, %v", said, err)
				}
				stream.Close() // however a program ends that has said all
				return
			}
			wantKind(t, err, KindExitUnknown)
			_, err = m.Stream(context.Background(), "the line")
			wantKind(t, err, KindExitUnknown)
		})
	}
}

// sayingProgram stands where ssh would, and says that it was started.
func sayingProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "ssh")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho by program\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return program
}

// TestMasterByItself runs everything without the ssh program, once that has
// logged in, with the environment that ssh would send.
func TestMasterByItself(t *testing.T) {
	noLeaks(t)
	s := startSSHD(t, "AcceptEnv SAID SENT KEPT")
	m := newMaster(t, newPlace(t, s, vouch(t, s), "Host *", "SetEnv SAID=always", "SendEnv SENT"))
	ctx := context.Background()
	if err := m.Open(ctx); err != nil {
		t.Fatal(err)
	}
	m.Program = filepath.Join(s.Dir, "no-such-program")
	m.Env = append(os.Environ(), "SENT=along", "KEPT=here", "LONG="+strings.Repeat("long", 1<<20))
	if r, err := m.Run(ctx, Command{Line: "echo $SAID $SENT $KEPT"}); err != nil || string(r.Stdout) != "always along\n" {
		t.Errorf("the environment: %q, %v", r.Stdout, err)
	}
	long := strings.Repeat("many bytes ", 100_000)
	r, err := m.Run(ctx, Command{Line: "wc -c", Stdin: []byte(long)})
	if want := fmt.Sprintln(len(long)); err != nil || string(r.Stdout) != want {
		t.Errorf("long input: %q, %v", r.Stdout, err)
	}
	if r, err := m.Run(ctx, Command{Line: "exec <&-; echo deaf; exit 7", Stdin: []byte(long)}); err != nil || r.ExitCode != 7 || string(r.Stdout) != "deaf\n" {
		t.Errorf("who does not read: %q %d %v", r.Stdout, r.ExitCode, err)
	}
	if r, err := m.Run(ctx, Command{Line: "kill -KILL $$"}); err != nil || r.ExitCode != sshFailed {
		t.Errorf("killed by a signal: %d %v", r.ExitCode, err)
	}
	stream, err := m.Stream(ctx, "cat")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Write([]byte("echo")); err != nil {
		t.Error(err)
	}
	heard := make([]byte, 4)
	if _, err := stream.Read(heard); err != nil || string(heard) != "echo" {
		t.Errorf("%q, %v", heard, err)
	}
	if err := stream.Close(); err != nil {
		t.Error(err)
	}
	if err := m.Open(ctx); err != nil {
		t.Errorf("opening again: %v", err)
	}
}

// TestMasterIsStopped: who waits for a silent master, or for a command, waits
// no longer than the context lasts.
func TestMasterIsStopped(t *testing.T) {
	noLeaks(t)
	for _, at := range []string{"hello", "the answer", "the end"} {
		t.Run(at, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			socket := fakeMaster(t, func(conn net.Conn) {
				switch at {
				case "the answer":
					conn.Write(words(muxHello, muxVersion))
				case "the end":
					conn.Write(append(words(muxHello, muxVersion), words(muxOpened, 0, 1)...))
				}
				conn.Read(make([]byte, 12)) // our hello
				cancel()
				untilClosed(conn)
			})
			m := &Master{Program: sayingProgram(t), Host: "host", Socket: socket}
			_, err := m.Run(ctx, Command{Line: "the line"})
			wantKind(t, err, KindCanceled)
		})
	}
}

// TestEndMaster removes what a dead master left, and nothing of a live one that
// will not go.
func TestEndMaster(t *testing.T) {
	socket := fakeMaster(t, func(conn net.Conn) { conn.Write(words(muxHello, muxVersion+1)) })
	stubborn := filepath.Join(t.TempDir(), "ssh")
	if err := os.WriteFile(stubborn, []byte("#!/bin/sh\necho Permission denied >&2; exit 255\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := EndMaster(stubborn, socket); kindOf(err) == KindNone {
		t.Errorf("one that will not go: %v", err)
	}
	if !exists(socket) {
		t.Error("its socket is gone")
	}
	left := filepath.Join(t.TempDir(), "left")
	l, err := net.Listen("unix", left)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	for range 2 {
		if err := EndMaster("no-such-program", left); err != nil || exists(left) {
			t.Errorf("a dead one: %v", err)
		}
	}
}

// FuzzMux reads what a master says; the corpus begins with what real ones do.
func FuzzMux(f *testing.F) {
	f.Add(words(muxHello, muxVersion))
	f.Add(words(muxExitMessage, 1, 3))
	f.Add(refusal())
	f.Fuzz(func(t *testing.T, said []byte) {
		r := bytes.NewReader(said)
		for {
			before := r.Len()
			kind, body, err := readMux(r)
			if err != nil {
				if !errors.Is(err, errMuxSpeech) {
					t.Fatal(err)
				}
				return
			}
			if before-r.Len() != 8+len(body) || len(body) > muxMessageMax {
				t.Fatalf("%d bytes of %#x were read as %d", before-r.Len(), kind, len(body))
			}
		}
	})
}
