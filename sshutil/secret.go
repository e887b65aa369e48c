package sshutil

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// Secret is a password or a passphrase, without its newline. It lies in a page
// of memory of its own, which is never swapped out or dumped and is overwritten
// by Wipe. One goroutine at a time uses it.
type Secret struct {
	page []byte // nil when it was wiped
	n    int
}

// errTooLong says that what should be a password goes on and on.
var errTooLong = fmt.Errorf("it is longer than %d bytes", secretMax)

// NewSecret returns an empty secret. An error says that no memory could be locked.
func NewSecret() (*Secret, error) {
	page, err := unix.Mmap(-1, 0, secretMax+1, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("getting memory for a password: %w", err)
	}
	if err := errors.Join(unix.Mlock(page), neverDumped(page)); err != nil {
		return nil, errors.Join(fmt.Errorf("locking memory for a password: %w", err), unix.Munmap(page))
	}
	return &Secret{page: page}, nil
}

// ReadSecret reads a line from r, byte by byte: what follows it is left there,
// and no buffer keeps a copy. The end of r ends the line too; io.EOF says that
// there was none.
func ReadSecret(r io.Reader) (*Secret, error) {
	s, err := NewSecret()
	if err != nil {
		return nil, err
	}
	if err := s.readLine(r); err != nil {
		s.Wipe()
		return nil, err
	}
	return s, nil
}

func (s *Secret) readLine(r io.Reader) error {
	for {
		// The last byte of the page is for the newline.
		got, err := r.Read(s.page[s.n : s.n+1])
		switch {
		case got == 1 && s.page[s.n] == '\n':
			return nil
		case got == 1 && s.n == secretMax:
			return errTooLong
		}
		s.n += got
		if errors.Is(err, io.EOF) && s.n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Add appends what was typed. A secret that is full takes no more.
func (s *Secret) Add(typed []byte) {
	s.n += copy(s.page[s.n:secretMax], typed)
}

// Drop takes the last n bytes away.
func (s *Secret) Drop(n int) {
	n = min(n, s.n)
	clear(s.page[s.n-n : s.n])
	s.n -= n
}

// Bytes are the secret itself, not a copy. Nil when it was wiped, or is none.
func (s *Secret) Bytes() []byte {
	if s == nil || s.page == nil {
		return nil
	}
	return s.page[:s.n]
}

// Line is the secret and a newline, as programs read it; not a copy.
func (s *Secret) Line() []byte {
	if s == nil || s.page == nil {
		return nil
	}
	s.page[s.n] = '\n'
	return s.page[:s.n+1]
}

// copied is the same secret in memory of its own.
func (s *Secret) copied() (*Secret, error) {
	other, err := NewSecret()
	if err == nil {
		other.Add(s.Bytes())
	}
	return other, err
}

// Wipe overwrites the secret. It may be called again, and of nil.
func (s *Secret) Wipe() {
	if s == nil || s.page == nil {
		return
	}
	clear(s.page)
	page := s.page
	s.page, s.n = nil, 0
	unix.Munmap(page) //nolint:errcheck // it holds nothing any more
}

// String keeps the secret out of messages.
func (s *Secret) String() string { return "(secret)" }

// GoString keeps the secret out of messages.
func (s *Secret) GoString() string { return "(secret)" }

// MarshalText refuses to write the secret anywhere.
func (s *Secret) MarshalText() ([]byte, error) {
	return nil, errors.New("a secret is not to be written")
}

// GuardMemory keeps this process's memory out of core files and, where the
// system can do that, from other processes of the same user. It is for
// processes that hold secrets.
func GuardMemory() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("keeping memory out of core files: %w", err)
	}
	return notDumpable()
}
