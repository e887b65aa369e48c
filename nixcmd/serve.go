package nixcmd

import (
	"bufio"
	"fmt"
	"io"
)

// The serve protocol, which Nix speaks to builders that are listed as ssh://:
// serve-protocol.hh and serve-protocol-connection.cc. What we ask has not
// changed since 2.1.
const (
	serveMagic1   = 0x390c9deb
	serveMagic2   = 0x5452eecb
	serveProtocol = 2<<8 | 7

	serveMinimum = 2<<8 | 1

	commandQueryValidPaths = 1
)

// ServeConnection is the client's side of the serve protocol. It tells neither
// Nix's version nor whom it trusts, and its greeting comes before the store is
// opened: only HasPath proves that there is one.
type ServeConnection struct {
	wire     wire
	Protocol uint64 // major<<8 | minor, such as 0x207 for 2.7
}

// ConnectServe shakes hands with `nix-store --serve` at the other end of rw. It
// bounds all that it reads; time is for the caller to bound, by closing rw.
func ConnectServe(rw io.ReadWriter) (*ServeConnection, error) {
	c := &ServeConnection{wire: wire{r: bufio.NewReaderSize(rw, maxGreeting), w: rw, who: "nix-store"}}
	w := &c.wire
	w.writeNumbers(serveMagic1, serveProtocol)
	if magic := w.number(); w.err == nil && magic != serveMagic2 {
		return nil, w.notNix(magic)
	}
	c.Protocol = w.number()
	if w.err != nil {
		return nil, w.failed("shaking hands")
	}
	if c.Protocol>>8 != serveProtocol>>8 || c.Protocol < serveMinimum {
		return nil, fmt.Errorf("%w (%d.%d)", ErrTooOld, c.Protocol>>8, c.Protocol&0xff)
	}
	return c, nil
}

// HasPath asks whether the store has the path, without locking or fetching it.
// After an error the connection is of no more use.
func (c *ServeConnection) HasPath(path string) (bool, error) {
	const no = 0
	w := &c.wire
	w.writeNumbers(commandQueryValidPaths, no, no, 1)
	w.writeText(path)
	count := w.number()
	if w.err == nil && count > 1 {
		return false, fmt.Errorf("%w: %d paths of the one that it was asked for", ErrNotNix, count)
	}
	has := count == 1 && w.text(maxFrame) == path
	return has, w.failed("asking for a path")
}
