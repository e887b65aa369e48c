package sshutil

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// KnownKey is a line of a known_hosts file that is about a host.
type KnownKey struct {
	File        string
	Line        int
	Type        string // as in the file, such as ssh-ed25519
	Fingerprint string // SHA256:…
}

// HostKeyError says why a host key was not accepted. It is the cause of an
// *Error of the same Kind.
type HostKeyError struct {
	Kind        Kind       // KindHostKeyUnknown, KindHostKeyChanged, KindHostKeyRevoked or KindHostCertBad
	Type        string     // of the key that the host showed
	Fingerprint string     // of that key: SHA256:…
	Known       []KnownKey // the lines that say otherwise
	Reason      string     // for KindHostCertBad: what is wrong with the certificate
	Skipped     int        // lines of known_hosts files that could not be read
}

func (e *HostKeyError) Error() string {
	switch e.Kind {
	case KindHostKeyChanged:
		return fmt.Sprintf("the host key has changed: it is %s (%s), but %s:%d says %s", e.Fingerprint, e.Type, e.Known[0].File, e.Known[0].Line, e.Known[0].Fingerprint)
	case KindHostKeyRevoked:
		return fmt.Sprintf("the host key %s is revoked by %s:%d", e.Fingerprint, e.Known[0].File, e.Known[0].Line)
	case KindHostCertBad:
		return "the host's certificate is not good: " + e.Reason
	}
	return fmt.Sprintf("the host key is not in known_hosts (%s, %s)", e.Fingerprint, e.Type)
}

// CheckKnownHosts says whether a known_hosts file vouches for a plain key of a
// host that is asked for at a port: nil if it does, else a *HostKeyError of
// KindHostKeyUnknown, KindHostKeyChanged or KindHostKeyRevoked. A file that is
// not there vouches for nothing.
func CheckKnownHosts(path, host string, port int, key ssh.PublicKey) error {
	files := new(knownFiles).read([]string{path})
	check := newHostKeyCheck(Target{HostName: host, Port: port}, files, nil, time.Time{})
	if refusal := check.check(key); refusal != nil {
		return refusal
	}
	return nil
}

// hostKeyCheck decides about the key of one host as OpenSSH with
// StrictHostKeyChecking=yes does (check_host_key in sshconnect.c).
type hostKeyCheck struct {
	files        []*knownFile
	hostName     string // for certificates: the name without a port
	names        []string
	caAlgorithms []string
	patterns     func() bool // whether a host certificate may have patterns as principals
	now          time.Time
}

// newHostKeyCheck prepares the check of t's host key.
func newHostKeyCheck(t Target, files []*knownFile, patterns func() bool, now time.Time) *hostKeyCheck {
	c := &hostKeyCheck{files: files, hostName: strings.ToLower(t.HostName), caAlgorithms: t.CASignatureAlgorithms, patterns: patterns, now: now}
	switch {
	case t.HostKeyAlias != "":
		c.hostName = strings.ToLower(t.HostKeyAlias)
		c.names = []string{c.hostName}
	case t.Port != 22 && t.Port != 0:
		c.names = []string{"[" + c.hostName + "]:" + strconv.Itoa(t.Port), c.hostName}
	default:
		c.names = []string{c.hostName}
	}
	return c
}

// keyLine is a line whose key was parsed.
type keyLine struct {
	KnownKey
	marker marker
	key    ssh.PublicKey
}

// about returns the lines for one name, and how many are no good.
func (c *hostKeyCheck) about(name string) (lines []keyLine, skipped int) {
	for _, f := range c.files {
		skipped += f.skipped
		for _, l := range f.about(name) {
			key, err := ssh.ParsePublicKey(l.blob)
			if err != nil {
				skipped++
				continue
			}
			known := KnownKey{File: f.path, Line: l.number, Type: l.keyType, Fingerprint: ssh.FingerprintSHA256(key)}
			lines = append(lines, keyLine{KnownKey: known, marker: l.marker, key: key})
		}
	}
	return lines, skipped
}

// check returns nil if key is known, else a *HostKeyError.
func (c *hostKeyCheck) check(key ssh.PublicKey) *HostKeyError {
	var worst *HostKeyError
	skipped := 0
	if cert, isCert := key.(*ssh.Certificate); isCert {
		for _, name := range c.names {
			lines, _ := c.about(name)
			refusal := c.checkCertificate(cert, lines)
			if refusal == nil {
				return nil
			}
			worst = graver(worst, refusal)
		}
		if worst.Kind == KindHostKeyRevoked {
			return worst
		}
		// As OpenSSH does, go on with the plain key that is in the certificate.
		key = cert.Key
	}
	for i, name := range c.names {
		lines, bad := c.about(name)
		skipped = bad
		refusal := checkPlain(key, lines)
		if refusal == nil {
			return nil
		}
		if i > 0 && refusal.Kind == KindHostKeyChanged {
			continue // another port of that machine is another server
		}
		worst = graver(worst, refusal)
		if refusal.Kind != KindHostKeyUnknown {
			break
		}
	}
	worst.Skipped = skipped
	return worst
}

// graver is the refusal that a person must hear of first.
func graver(a, b *HostKeyError) *HostKeyError {
	order := []Kind{KindHostKeyUnknown, KindHostCertBad, KindHostKeyChanged, KindHostKeyRevoked}
	if a == nil || slices.Index(order, b.Kind) > slices.Index(order, a.Kind) {
		return b
	}
	return a
}

func checkPlain(key ssh.PublicKey, lines []keyLine) *HostKeyError {
	e := &HostKeyError{Kind: KindHostKeyUnknown, Type: key.Type(), Fingerprint: ssh.FingerprintSHA256(key)}
	known := false
	for _, l := range lines {
		same := sameKey(l.key, key)
		switch {
		case l.marker == markRevoked && same:
			return &HostKeyError{Kind: KindHostKeyRevoked, Type: e.Type, Fingerprint: e.Fingerprint, Known: []KnownKey{l.KnownKey}}
		case l.marker == markPlain && same:
			known = true
		case l.marker == markPlain:
			e.Kind = KindHostKeyChanged
			e.Known = append(e.Known, l.KnownKey)
		}
	}
	if known {
		return nil
	}
	return e
}

// checkCertificate accepts a certificate whose authority a line names.
func (c *hostKeyCheck) checkCertificate(cert *ssh.Certificate, lines []keyLine) *HostKeyError {
	e := &HostKeyError{Kind: KindHostKeyUnknown, Type: cert.Type(), Fingerprint: ssh.FingerprintSHA256(cert.Key)}
	vouched := false
	for _, l := range lines {
		switch {
		case l.marker == markRevoked && (sameKey(l.key, cert.Key) || sameKey(l.key, cert.SignatureKey)):
			e.Kind, e.Known = KindHostKeyRevoked, []KnownKey{l.KnownKey}
			return e
		case l.marker == markAuthority && sameKey(l.key, cert.SignatureKey):
			vouched = true
		case l.marker == markAuthority:
			e.Kind, e.Reason = KindHostCertBad, "its authority "+ssh.FingerprintSHA256(cert.SignatureKey)+" is not the one in known_hosts"
			e.Known = append(e.Known, l.KnownKey)
		}
	}
	if !vouched {
		return e
	}
	if e.Reason = c.certificateFault(cert); e.Reason != "" {
		e.Kind = KindHostCertBad
		return e
	}
	return nil
}

// certificateFault says what is wrong with a host certificate of the right
// authority, or "".
func (c *hostKeyCheck) certificateFault(cert *ssh.Certificate) string {
	switch {
	case cert.CertType != ssh.HostCert:
		return "it is for users, not for hosts"
	case uint64(c.now.Unix()) < cert.ValidAfter:
		return "it is not valid before " + certTime(cert.ValidAfter)
	case cert.ValidBefore != ssh.CertTimeInfinity && uint64(c.now.Unix()) >= cert.ValidBefore:
		return "it expired at " + certTime(cert.ValidBefore)
	case len(c.caAlgorithms) > 0 && !slices.Contains(c.caAlgorithms, cert.Signature.Format):
		return "it is signed with " + cert.Signature.Format + ", which CASignatureAlgorithms leaves out"
	case len(cert.ValidPrincipals) == 0:
		return "it names no host"
	}
	principal := c.principal(cert)
	if principal == "" {
		return fmt.Sprintf("it is for %s, not for %s", strings.Join(cert.ValidPrincipals, ", "), c.hostName)
	}
	checker := ssh.CertChecker{Clock: func() time.Time { return c.now }}
	if err := checker.CheckCert(principal, cert); err != nil {
		return strings.TrimPrefix(err.Error(), "ssh: ")
	}
	return ""
}

// principal is the one in the certificate that stands for this host.
func (c *hostKeyCheck) principal(cert *ssh.Certificate) string {
	for _, p := range cert.ValidPrincipals {
		if p == c.hostName {
			return p
		}
	}
	for _, p := range cert.ValidPrincipals {
		if strings.ContainsAny(p, "*?") && matchPattern(strings.ToLower(p), c.hostName) && c.patterns() {
			return p
		}
	}
	return ""
}

// certTime is how a certificate's time is shown.
func certTime(t uint64) string {
	if t > 1<<62 {
		return "ever"
	}
	return time.Unix(int64(t), 0).Format("2006-01-02 15:04:05 MST")
}

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// algorithms is the list of host key algorithms to offer: what the person
// allows and x/crypto can do, with those first that the known lines can vouch
// for. So a host is never reported as changed only because it was asked for
// another of its keys.
func (c *hostKeyCheck) algorithms(allowed []string) []string {
	able := slices.Concat(ssh.SupportedAlgorithms().HostKeys, ssh.InsecureAlgorithms().HostKeys)
	if len(allowed) == 0 {
		allowed = ssh.SupportedAlgorithms().HostKeys
	}
	var known, rest []string
	vouched := map[string]bool{}
	authority := false
	for _, name := range c.names {
		lines, _ := c.about(name)
		for _, l := range lines {
			authority = authority || l.marker == markAuthority
			if l.marker == markPlain {
				vouched[l.Type] = true
			}
		}
	}
	for _, a := range allowed {
		switch isCert := strings.Contains(a, "-cert-v01@"); {
		case !slices.Contains(able, a):
		case isCert && authority, !isCert && vouched[keyTypeOf(a)]:
			known = append(known, a)
		default:
			rest = append(rest, a)
		}
	}
	if len(known)+len(rest) == 0 {
		return allowed // x/crypto would take none for its defaults; so nothing is in common
	}
	return append(known, rest...)
}

// keyTypeOf is the type of the keys that make signatures of that algorithm.
func keyTypeOf(algorithm string) string {
	if algorithm == ssh.KeyAlgoRSASHA256 || algorithm == ssh.KeyAlgoRSASHA512 {
		return ssh.KeyAlgoRSA
	}
	return algorithm
}
