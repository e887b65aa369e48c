package sshutil

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"strings"
	"sync"
)

// wire is the network connection under a handshake. It reads in blocks
// (x/crypto reads the version byte by byte), remembers what a server that
// speaks no SSH said instead, and holds a computing slot between reads, so
// that a thousand hosts at once do not make each other late: who waits for
// bytes holds none.
type wire struct {
	net.Conn
	reader *bufio.Reader
	slots  chan struct{}
	closed chan struct{}
	close  func() error
	spoken func() // called when the host has said something

	mu      sync.Mutex
	holding bool
	done    bool // the handshake is over: slots are of no concern any more
	heard   []byte
	version string // the server's version line
	failed  error  // why reading or writing ended
}

// errOldProtocol is a server that speaks only SSH 1.
var errOldProtocol = errors.New("the server speaks only SSH 1")

func newWire(conn net.Conn, slots chan struct{}, spoken func()) *wire {
	w := &wire{Conn: conn, slots: slots, closed: make(chan struct{}), spoken: spoken}
	w.reader = bufio.NewReader(conn)
	w.close = sync.OnceValue(func() error {
		close(w.closed)
		w.leave()
		return conn.Close()
	})
	return w
}

// Read implements net.Conn. Only one goroutine reads at a time.
func (w *wire) Read(p []byte) (int, error) {
	w.leave()
	n, err := w.reader.Read(p)
	if listening := w.note(p[:n], err); !listening {
		return n, err
	}
	if n > 0 {
		w.spoken()
	}
	if w.old() {
		return 0, errOldProtocol
	}
	return n, w.enter(err)
}

// Write implements net.Conn. After a read has failed nothing is written: who
// opens a channel when x/crypto has told all who wait for answers, which it does
// before it refuses to write, must not wait for one that nobody gives.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	ended := w.failed
	w.mu.Unlock()
	if ended != nil {
		return 0, ended
	}
	n, err := w.Conn.Write(p)
	if err != nil {
		w.note(nil, err)
	}
	return n, err
}

// Close ends reads and writes that wait.
func (w *wire) Close() error { return w.close() }

// note keeps what was heard, and reports whether the handshake still goes on.
func (w *wire) note(p []byte, err error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil && w.failed == nil {
		w.failed = err
	}
	if w.done {
		return false
	}
	if w.version == "" && len(w.heard) < bannerKept {
		w.heard = append(w.heard, p...)
		w.version = versionLine(w.heard)
	}
	return true
}

// versionLine finds the line in which a server says which protocol it speaks.
func versionLine(heard []byte) string {
	for line := range bytes.Lines(heard) {
		if bytes.HasPrefix(line, []byte("SSH-")) && bytes.HasSuffix(line, []byte("\n")) {
			return strings.TrimRight(string(line), "\r\n")
		}
	}
	return ""
}

// old reports whether the server speaks only SSH 1; such a one would wait for
// ever for our answer.
func (w *wire) old() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.HasPrefix(w.version, "SSH-1.") && !strings.HasPrefix(w.version, "SSH-1.99-")
}

// enter takes a slot to compute what the bytes ask for.
func (w *wire) enter(err error) error {
	w.mu.Lock()
	waiting := !w.holding && !w.done && w.version != "" && err == nil
	w.mu.Unlock()
	if !waiting {
		return err
	}
	select {
	case w.slots <- struct{}{}:
	case <-w.closed:
		return net.ErrClosed
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done || isClosed(w.closed) {
		<-w.slots
		return nil
	}
	w.holding = true
	return nil
}

// leave gives the slot back.
func (w *wire) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.holding {
		w.holding = false
		<-w.slots
	}
}

// finish ends the bookkeeping, when the handshake is over.
func (w *wire) finish() {
	w.mu.Lock()
	w.done = true
	w.mu.Unlock()
	w.leave()
}

// broken is the first error of the connection, or nil.
func (w *wire) broken() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}

// said is the server's version line, and what it said before that.
func (w *wire) said() (version, before string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.version, string(w.heard)
}
