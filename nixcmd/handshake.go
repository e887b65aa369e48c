package nixcmd

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"nixfleet-tui/internal/text"
)

// Trust is whether a Nix daemon trusts who asks it.
type Trust int

// The answers. A daemon before Nix 2.15 does not say.
const (
	TrustUnknown Trust = iota
	Trusted
	NotTrusted
)

func (t Trust) String() string {
	return [...]string{"unknown", "trusted", "not trusted"}[t]
}

// Daemon is what a Nix daemon says of itself.
type Daemon struct {
	Protocol uint64 // major<<8 | minor, such as 0x125 for 1.37
	Version  string // of Nix, such as "2.26.3"; "" before Nix 2.7
	Trust    Trust
}

// ErrNotNix is that the other side does not speak the worker protocol: mostly a
// shell that prints a greeting.
var ErrNotNix = errors.New("it does not speak Nix's protocol")

// ErrTooOld is a daemon whose protocol is too old or too new to be understood.
var ErrTooOld = errors.New("its Nix speaks a protocol that is not known here")

// The worker protocol: worker-protocol.hh and worker-protocol-connection.cc.
// We offer 1.37, because from 1.38 on features are negotiated, which we do not
// need.
const (
	workerMagic1 = 0x6e697863
	workerMagic2 = 0x6478696f
	ourProtocol  = 1<<8 | 37

	minProtocol      = 1<<8 | 10
	protocolReserve  = 1<<8 | 11
	protocolAffinity = 1<<8 | 14
	protocolVersion  = 1<<8 | 33
	protocolTrust    = 1<<8 | 35

	frameNext  = 0x6f6c6d67
	frameLast  = 0x616c7473
	frameError = 0x63787470

	opIsValidPath = 1
)

// Connection is the client's side of the worker protocol, as far as asking how
// a daemon is takes it.
type Connection struct {
	wire   wire
	Daemon Daemon
}

// Connect shakes hands with `nix-daemon --stdio` at the other end of rw. It
// bounds all that it reads; time is for the caller to bound, by closing rw.
func Connect(rw io.ReadWriter) (*Connection, error) {
	c := &Connection{wire: wire{r: bufio.NewReaderSize(rw, maxGreeting), w: rw, who: "the nix daemon"}}
	if err := c.greet(); err != nil {
		return nil, err
	}
	if err := c.wire.drain(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Connection) greet() error {
	w := &c.wire
	w.writeNumbers(workerMagic1, ourProtocol)
	if magic := w.number(); w.err == nil && magic != workerMagic2 {
		return w.notNix(magic)
	}
	c.Daemon.Protocol = w.number()
	if w.err != nil {
		return w.failed("shaking hands")
	}
	if c.Daemon.Protocol>>8 != 1 || c.Daemon.Protocol < minProtocol {
		return fmt.Errorf("%w (%d.%d)", ErrTooOld, c.Daemon.Protocol>>8, c.Daemon.Protocol&0xff)
	}
	spoken := min(c.Daemon.Protocol, ourProtocol)
	if spoken >= protocolAffinity {
		w.writeNumbers(0)
	}
	if spoken >= protocolReserve {
		w.writeNumbers(0)
	}
	if spoken >= protocolVersion {
		c.Daemon.Version = text.Line(w.text(maxVersion))
	}
	if spoken >= protocolTrust {
		if trust := w.number(); trust <= uint64(NotTrusted) {
			c.Daemon.Trust = Trust(trust)
		}
	}
	return w.failed("shaking hands")
}

// IsValidPath asks whether the store has the path, which proves that the store
// behind the daemon answers. After an error the connection is of no more use.
func (c *Connection) IsValidPath(path string) (bool, error) {
	c.wire.writeNumbers(opIsValidPath)
	c.wire.writeText(path)
	if err := c.wire.drain(); err != nil {
		return false, err
	}
	valid := c.wire.number()
	return valid != 0, c.wire.failed("asking for a path")
}

// wire reads and writes the protocol's two shapes: numbers of 8 bytes, little
// end first, and texts as length, bytes and zeros up to a multiple of 8. After
// its first error it does nothing.
type wire struct {
	r   *bufio.Reader
	w   io.Writer
	who string // speaks at the other end
	err error
}

func (w *wire) writeNumbers(numbers ...uint64) {
	var b []byte
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	w.write(b)
}

func (w *wire) writeText(s string) {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(s)))
	b = append(b, s...)
	w.write(append(b, make([]byte, padding(uint64(len(s))))...))
}

func (w *wire) write(b []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(b)
	}
}

func (w *wire) number() uint64 {
	var b [8]byte
	w.read(b[:])
	return binary.LittleEndian.Uint64(b[:])
}

func (w *wire) text(limit uint64) string {
	n := w.number()
	if w.err == nil && n > limit {
		w.err = fmt.Errorf("%w: a text of %d bytes", ErrNotNix, n)
	}
	if w.err != nil {
		return ""
	}
	b := make([]byte, n+padding(n))
	w.read(b)
	return string(b[:n])
}

func (w *wire) read(b []byte) {
	if w.err == nil {
		_, w.err = io.ReadFull(w.r, b)
	}
}

func padding(n uint64) uint64 { return (8 - n%8) % 8 }

// drain reads log frames until the daemon has nothing more to say.
func (w *wire) drain() error {
	for range maxFrames {
		switch frame := w.number(); {
		case w.err != nil:
			return w.failed("waiting for its answer")
		case frame == frameLast:
			return nil
		case frame == frameNext:
			w.text(maxFrame)
		case frame == frameError:
			return w.daemonError()
		default:
			return fmt.Errorf("%w: a frame of kind %#x", ErrNotNix, frame)
		}
	}
	return fmt.Errorf("%w: more than %d messages", ErrNotNix, maxFrames)
}

// daemonError reads an error frame: type, level, name, message, and more that
// does not matter here.
func (w *wire) daemonError() error {
	w.text(maxFrame)
	w.number()
	w.text(maxFrame)
	said := text.Line(w.text(maxFrame))
	if w.err != nil {
		return w.failed("reading its error")
	}
	return errors.New("the nix daemon says: " + said)
}

// notNix tells what was there instead of the magic number.
func (w *wire) notNix(magic uint64) error {
	heard := binary.LittleEndian.AppendUint64(nil, magic)
	more, err := w.r.Peek(w.r.Buffered()) // what came with it; to wait for more could take for ever
	if err != nil {
		return err
	}
	return fmt.Errorf("%w, it says %q", ErrNotNix, text.Line(string(append(heard, more...))))
}

// failed wraps the first error, if there was one.
func (w *wire) failed(doing string) error {
	switch {
	case w.err == nil:
		return nil
	case errors.Is(w.err, io.EOF), errors.Is(w.err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s hung up while %s: %w", w.who, doing, w.err)
	}
	return fmt.Errorf("%s with %s: %w", doing, w.who, w.err)
}
