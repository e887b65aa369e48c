package demo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The words of Nix's worker protocol that the hosts know
// (src/libstore/worker-protocol.hh).
const (
	workerHello   = 0x6e697863
	workerReply   = 0x6478696f
	workerVersion = 1<<8 | 37
	workerLast    = 0x616c7473 // STDERR_LAST: nothing more to say before the answer
	workerTrusted = 1
	workerNot     = 2
	opIsValidPath = 1
	longestPath   = 512 // bytes of a string that a client may send
)

// worker is one conversation with the Nix daemon of a host.
type worker struct {
	in      io.Reader
	out     io.Writer
	snap    snapshot
	trusted bool // root is; others are not, as on NixOS
}

// talk shakes hands and answers until the client has asked all.
func (w worker) talk() error {
	hello, err := w.number()
	if err != nil {
		return err
	}
	if hello != workerHello {
		return fmt.Errorf("protocol mismatch, got %#x", hello)
	}
	if err := w.send(workerReply, workerVersion); err != nil {
		return err
	}
	for range 3 { // the client's version, and two settings that nobody uses any more
		if _, err := w.number(); err != nil {
			return err
		}
	}
	trust := uint64(workerNot)
	if w.trusted {
		trust = workerTrusted
	}
	var hi bytes.Buffer
	writeString(&hi, w.snap.current.nix)
	writeNumbers(&hi, trust, workerLast)
	if _, err := w.out.Write(hi.Bytes()); err != nil {
		return err
	}
	for {
		if err := w.operation(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil // between two operations: the client has asked all
			}
			return err
		}
	}
}

func (w worker) operation() error {
	op, err := w.number()
	if err != nil {
		return err
	}
	if op != opIsValidPath {
		return fmt.Errorf("the demo's hosts do not know operation %d", op)
	}
	path, err := w.text()
	if err != nil {
		return err
	}
	if w.snap.valid(path) {
		return w.send(workerLast, 1)
	}
	return w.send(workerLast, 0)
}

func (w worker) number() (uint64, error) {
	var b [8]byte
	_, err := io.ReadFull(w.in, b[:])
	return binary.LittleEndian.Uint64(b[:]), err
}

// text reads a string: its length, its bytes, and zeros up to a multiple of 8.
func (w worker) text() (string, error) {
	n, err := w.number()
	if err != nil {
		return "", err
	}
	if n > longestPath {
		return "", fmt.Errorf("a string of %d bytes is too long", n)
	}
	b := make([]byte, (n+7)/8*8)
	_, err = io.ReadFull(w.in, b)
	return string(b[:n]), err
}

func (w worker) send(numbers ...uint64) error {
	var b bytes.Buffer
	writeNumbers(&b, numbers...)
	_, err := w.out.Write(b.Bytes())
	return err
}

func writeNumbers(b *bytes.Buffer, numbers ...uint64) {
	for _, n := range numbers {
		b.Write(binary.LittleEndian.AppendUint64(nil, n))
	}
}

func writeString(b *bytes.Buffer, s string) {
	writeNumbers(b, uint64(len(s)))
	b.WriteString(s)
	b.Write(make([]byte, (8-len(s)%8)%8))
}
