package sshutil

import (
	"maps"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"
)

// Certificate is an SSH certificate as people know it. What it says of itself
// (KeyID, Principals, options) may hold anything.
type Certificate struct {
	KeyID      string
	Serial     uint64
	ForHosts   bool // it proves a host, not a person
	Principals []string
	From       time.Time // zero: it was always valid
	Until      time.Time // zero: for ever
	Authority  string    // fingerprint of the key that signed it
	Key        string    // fingerprint of the key that it is for
	Kind       string    // of that key, such as "ssh-ed25519"
	Extensions []string  // such as "permit-pty"
	Critical   []CertOption
	Touch      bool   // its key wants to be touched
	Comment    string // the agent's
	KeyHeld    bool   // the key is there too: in the agent, or beside the file
	File       string // where it lies; "" if it is in the agent

	raw *ssh.Certificate
}

// CertOption is a critical option, such as force-command.
type CertOption struct{ Name, Value string }

// describe tells of a certificate.
func describe(cert *ssh.Certificate) Certificate {
	c := Certificate{
		KeyID: cert.KeyId, Serial: cert.Serial, ForHosts: cert.CertType == ssh.HostCert, Principals: slices.Clone(cert.ValidPrincipals),
		From: certClock(cert.ValidAfter), Until: certClock(cert.ValidBefore),
		Authority: ssh.FingerprintSHA256(cert.SignatureKey), Key: ssh.FingerprintSHA256(cert.Key), Kind: cert.Key.Type(),
		Extensions: slices.Sorted(maps.Keys(cert.Extensions)), Touch: wantsTouch(cert.Key),
		raw: cert,
	}
	for _, name := range slices.Sorted(maps.Keys(cert.CriticalOptions)) {
		c.Critical = append(c.Critical, CertOption{name, cert.CriticalOptions[name]})
	}
	return c
}

// certClock is a time in a certificate; zero for its first and last ones.
func certClock(t uint64) time.Time {
	if t == 0 || t == ssh.CertTimeInfinity || int64(t) < 0 {
		return time.Time{}
	}
	return time.Unix(int64(t), 0).UTC()
}

// Certificates are those among the keys of an agent, in its order.
func Certificates(keys []AgentKey) []Certificate {
	var all []Certificate
	for _, k := range keys {
		cert := k.certificate()
		if cert == nil {
			continue
		}
		c := describe(cert)
		// An agent lists what it can sign with. That the plain key is there as
		// well only says that ssh-add loaded both.
		c.Comment, c.KeyHeld = k.Comment, true
		all = append(all, c)
	}
	return all
}

// ReadCertificate reads a certificate's file; the second result says whether
// it is one.
func ReadCertificate(path string) (Certificate, bool) {
	cert := loadCertificate(path)
	if cert == nil {
		return Certificate{}, false
	}
	c := describe(cert)
	c.File = path
	return c, true
}

// Holds says whether the agent has the certificate itself, and whether it has
// the key that the certificate is for.
func (c Certificate) Holds(keys []AgentKey) (cert, key bool) {
	for _, k := range keys {
		if k.Public == nil || ssh.FingerprintSHA256(plainKey(k.Public)) != c.Key {
			continue
		}
		key = true
		cert = cert || sameKey(k.Public, c.raw)
	}
	return cert, key
}

// Valid says whether the certificate is valid at a moment.
func (c Certificate) Valid(now time.Time) bool {
	return !now.Before(c.From) && (c.Until.IsZero() || now.Before(c.Until))
}
