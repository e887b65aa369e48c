package nixcmd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
)

// words writes numbers and texts as the protocol does.
func words(items ...any) []byte {
	var b bytes.Buffer
	w := wire{w: &b}
	for _, item := range items {
		switch item := item.(type) {
		case int:
			w.writeNumbers(uint64(item))
		case string:
			w.writeText(item)
		case []byte:
			b.Write(item)
		}
	}
	return b.Bytes()
}

// talk lets a client meet a daemon that sends says and then hangs up, and
// returns what the client sent.
func talk(t *testing.T, says []byte, client func(io.ReadWriter)) []byte {
	t.Helper()
	ours, theirs := net.Pipe()
	sent := make(chan []byte, 1)
	go func() {
		got, err := io.ReadAll(theirs)
		if err != nil {
			t.Error(err)
		}
		sent <- got
	}()
	said := make(chan struct{})
	go func() {
		defer close(said)
		_, _ = theirs.Write(says) // the client may leave in the middle
	}()
	client(ours)
	ours.Close()
	<-said
	return <-sent
}

func TestHandshake(t *testing.T) {
	for _, c := range []struct {
		name string
		says []byte
		want Daemon
		sent []byte
	}{
		{"Nix 2.26", words(workerMagic2, 1<<8|38, "2.26.3", 1, frameNext, "a warning", frameLast),
			Daemon{1<<8 | 38, "2.26.3", Trusted}, words(workerMagic1, ourProtocol, 0, 0)},
		{"Lix", words(workerMagic2, 1<<8|35, "2.94.0", 2, frameLast), Daemon{1<<8 | 35, "2.94.0", NotTrusted}, words(workerMagic1, ourProtocol, 0, 0)},
		{"Nix 2.8", words(workerMagic2, 1<<8|34, "2.8.1", frameLast), Daemon{1<<8 | 34, "2.8.1", TrustUnknown}, words(workerMagic1, ourProtocol, 0, 0)},
		{"Nix 2.3", words(workerMagic2, 1<<8|21, frameLast), Daemon{1<<8 | 21, "", TrustUnknown}, words(workerMagic1, ourProtocol, 0, 0)},
		{"ancient", words(workerMagic2, 1<<8|10, frameLast), Daemon{1<<8 | 10, "", TrustUnknown}, words(workerMagic1, ourProtocol)},
		{"a trust from the future", words(workerMagic2, 1<<8|40, "3.0", 7, frameLast), Daemon{1<<8 | 40, "3.0", TrustUnknown}, words(workerMagic1, ourProtocol, 0, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got *Connection
			var err error
			sent := talk(t, c.says, func(rw io.ReadWriter) { got, err = Connect(rw) })
			if err != nil {
				t.Fatal(err)
			}
			if got.Daemon != c.want {
				t.Errorf("got %+v", got.Daemon)
			}
			if !bytes.Equal(sent, c.sent) {
				t.Errorf("sent %x", sent)
			}
		})
	}
}

func TestIsValidPath(t *testing.T) {
	const path = "/nix/store/33qffqmvgdh9qmj2brhjbn1ijgpgdldv-nixos-system-web1"
	says := words(workerMagic2, ourProtocol, "2.20.1", 1, frameLast, frameLast, 1, frameLast, 0, frameError, "Error", 0, "Error", "path \x1b[2J is bad", 0, 0)
	sent := talk(t, says, func(rw io.ReadWriter) {
		c, err := Connect(rw)
		if err != nil {
			t.Error(err)
			return
		}
		for _, want := range []bool{true, false} {
			if got, err := c.IsValidPath(path); err != nil || got != want {
				t.Errorf("got %v, %v", got, err)
			}
		}
		if _, err := c.IsValidPath(path); err == nil || err.Error() != `the nix daemon says: path \x1b[2J is bad` {
			t.Errorf("got %v", err)
		}
	})
	if want := words(workerMagic1, ourProtocol, 0, 0, opIsValidPath, path, opIsValidPath, path, opIsValidPath, path); !bytes.Equal(sent, want) {
		t.Errorf("sent %x", sent)
	}
}

func TestHandshakeIsBounded(t *testing.T) {
	good := words(workerMagic2, ourProtocol, "2.20.1", 1)
	var chatter []byte
	for range maxFrames {
		chatter = append(chatter, words(frameNext, "and then")...)
	}
	for _, c := range []struct {
		name string
		says []byte
		kind error
		text string
	}{
		{"a shell's greeting", []byte("Welcome to web1!\r\n\x1b[2JLast login: today\n"), ErrNotNix, `Welcome to web1!`},
		{"nothing", nil, io.EOF, "hung up"},
		{"half a number", []byte("abc"), io.ErrUnexpectedEOF, "hung up"},
		{"no daemon behind it", words(workerMagic2, ourProtocol), io.EOF, "hung up"},
		{"another major version", words(workerMagic2, 2<<8|1), ErrTooOld, "2.1"},
		{"too old", words(workerMagic2, 1<<8|9), ErrTooOld, "1.9"},
		{"an endless version", words(workerMagic2, ourProtocol, 1<<40), ErrNotNix, "bytes"},
		{"an endless message", words(good, frameNext, 1<<40), ErrNotNix, "bytes"},
		{"endless messages", words(good, chatter), ErrNotNix, "messages"},
		{"an unknown frame", words(good, 0x53545254), ErrNotNix, "0x53545254"},
		{"an error", words(good, frameError, "Error", 0, "Error", "no store", 0, 0), nil, "no store"},
		{"half an error", words(good, frameError, "Error"), io.EOF, "hung up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var err error
			ours, theirs := &bytes.Buffer{}, bytes.NewReader(c.says)
			_, err = Connect(struct {
				io.Reader
				io.Writer
			}{theirs, ours})
			if err == nil || c.kind != nil && !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("got %v", err)
			}
			if len(ours.Bytes()) < 16 || binary.LittleEndian.Uint64(ours.Bytes()) != workerMagic1 {
				t.Errorf("sent %x", ours.Bytes())
			}
		})
	}
}
