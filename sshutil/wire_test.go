package sshutil

import (
	"errors"
	"io"
	"net"
	"testing"
)

// TestNothingIsWrittenAfterTheEnd: x/crypto tells those who wait for answers
// that the connection has ended before it refuses to write, and who opens a
// channel in between would wait for ever.
func TestNothingIsWrittenAfterTheEnd(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	halfClosed := &onlyReadsEnd{Conn: ours}
	w := newWire(halfClosed, make(chan struct{}, 1), func() {})
	if _, err := w.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatalf("reading: %v", err)
	}
	if n, err := w.Write([]byte("open")); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("%d bytes were written, %v", n, err)
	}
	if halfClosed.written {
		t.Error("it was passed on")
	}
	theirs.Close()
}

// onlyReadsEnd is a connection whose other side has ended, and that would take
// what is written all the same, as a socket does once.
type onlyReadsEnd struct {
	net.Conn
	written bool
}

func (*onlyReadsEnd) Read([]byte) (int, error) { return 0, io.EOF }

func (c *onlyReadsEnd) Write(p []byte) (int, error) {
	c.written = true
	return len(p), nil
}
