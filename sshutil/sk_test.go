package sshutil

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// softKey is a FIDO key made of software: what it signs, sshd takes.
type softKey struct {
	public  ssh.PublicKey
	private ed25519.PrivateKey
	count   uint32
	flags   byte // 1: somebody touched it
	is      string
}

const softKeyApplication = "ssh:"

func newSoftKey(t testing.TB) *softKey { return newSoftKeyFor(t, softKeyApplication) }

// newSoftKeyFor makes a key for an application, as ssh-keygen -O application= does.
func newSoftKeyFor(t testing.TB, application string) *softKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	blob := ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, application})
	parsed, err := ssh.ParsePublicKey(blob)
	if err != nil {
		t.Fatal(err)
	}
	return &softKey{public: parsed, private: private, flags: 1, is: application}
}

func (k *softKey) PublicKey() ssh.PublicKey { return k.public }

func (k *softKey) Sign(_ io.Reader, message []byte) (*ssh.Signature, error) {
	k.count++
	rest := binary.BigEndian.AppendUint32([]byte{k.flags}, k.count)
	application, digest := sha256.Sum256([]byte(k.is)), sha256.Sum256(message)
	signed := append(append(application[:], rest...), digest[:]...)
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(k.private, signed), Rest: rest}, nil
}

// hardwareCertificate signs the host key with a FIDO authority: bysk-cert.pub.
func (r *ring) hardwareCertificate(t *testing.T) {
	t.Helper()
	authority := newSoftKey(t)
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(read(t, filepath.Join(r.dir, "hk.pub"))))
	if err != nil {
		t.Fatal(err)
	}
	cert := &ssh.Certificate{
		Key: key, CertType: ssh.HostCert, KeyId: "bysk", ValidPrincipals: []string{"127.0.0.1"},
		ValidAfter: uint64(time.Now().Add(-time.Hour).Unix()), ValidBefore: uint64(time.Now().Add(time.Hour).Unix()),
	}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(r.dir, "bysk-cert.pub"), string(ssh.MarshalAuthorizedKey(cert)))
	r.skca = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(authority.public)))
}
