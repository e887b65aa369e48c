package demo

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"nixfleet-tui/internal/atomicfile"

	"golang.org/x/crypto/ssh"
)

// readOrMakeKey returns the key at path; where there is none (or none that can
// be read), a new one is put there.
func readOrMakeKey(path, comment string) (ssh.Signer, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		if key, perr := ssh.ParsePrivateKey(b); perr == nil {
			return key, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(private, comment)
	if err != nil {
		return nil, err
	}
	if err := atomicfile.Write(path, pem.EncodeToMemory(block)); err != nil {
		return nil, fmt.Errorf("keeping a key: %w", err)
	}
	return ssh.NewSignerFromKey(private)
}

// publicLine is a public key as known_hosts and authorized_keys spell it.
func publicLine(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

// keyOfBefore is a host key that nobody has the private half of: what the host
// with the changed key is known by.
func keyOfBefore(name string) (ssh.PublicKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, storeHash("the key that "+name+" had before"))
	return ssh.NewPublicKey(ed25519.NewKeyFromSeed(seed).Public())
}
