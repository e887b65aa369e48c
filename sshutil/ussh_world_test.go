package sshutil

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// usshWorld makes up certificates, agents and hosts. Keys are few, because
// some kinds are slow to make.
type usshWorld struct {
	*rand.Rand
	now         time.Time
	authorities []ssh.Signer // the first are trusted by most hosts
	keys        []worldKey
}

// worldKey is a person's key: in software, or in hardware made of software.
type worldKey struct {
	public      ssh.PublicKey
	private     []byte
	application string
}

// worldIdentity is one identity in both worlds' words.
type worldIdentity struct {
	oracle oracleIdentity
	ours   AgentKey
}

func newUsshWorld(t *testing.T, r *rand.Rand) *usshWorld {
	t.Helper()
	w := &usshWorld{Rand: r, now: time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)}
	softCA, untouched := newSoftKey(t), newSoftKey(t)
	untouched.flags = 0
	for _, key := range w.privates(t) {
		signer, err := ssh.NewSignerFromKey(key)
		if err != nil {
			t.Fatal(err)
		}
		w.authorities = append(w.authorities, signer)
	}
	w.authorities = append(w.authorities, softCA, untouched, newSigner(t)) // the last is trusted by nobody
	for _, key := range w.privates(t) {
		encoded, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		public, err := ssh.NewPublicKey(key.(crypto.Signer).Public())
		if err != nil {
			t.Fatal(err)
		}
		w.keys = append(w.keys, worldKey{public: public, private: encoded})
	}
	for _, application := range []string{"ssh:", "ssh:work", "sudo"} {
		soft := newSoftKeyFor(t, application)
		w.keys = append(w.keys, worldKey{soft.public, soft.private.Seed(), application})
	}
	return w
}

// privates is one private key of each kind.
func (w *usshWorld) privates(t *testing.T) []crypto.PrivateKey {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const bits = 2048
	rs, err := rsa.GenerateKey(crand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return []crypto.PrivateKey{ed, ec, rs}
}

func (w *usshWorld) n(most int) int             { return w.IntN(most) }
func (w *usshWorld) rarely(one int) bool        { return w.IntN(one) == 0 }
func (w *usshWorld) often(of int) bool          { return w.IntN(of) != 0 }
func (w *usshWorld) pick(some ...string) string { return some[w.IntN(len(some))] }
func (w *usshWorld) trusted() []ssh.Signer      { return w.authorities[:len(w.authorities)-1] }
func (w *usshWorld) subset(some []string) []string {
	var all []string
	for _, s := range some {
		if w.rarely(3) {
			all = append(all, s)
		}
	}
	return all
}

// authority signs a certificate; that of RSA is slow, and seldom chosen.
func (w *usshWorld) authority() ssh.Signer {
	a := w.authorities[w.IntN(len(w.authorities))]
	if a.PublicKey().Type() == ssh.KeyAlgoRSA && w.often(4) {
		return w.authorities[0]
	}
	return a
}

// options are those of the module, mostly sensible ones.
func (w *usshWorld) options() []string {
	var all []string
	if w.often(5) {
		all = append(all, "ca_file="+w.pick("/etc/ssh/ca", "/etc/ssh/ca", "/etc/ssh/ca", "/etc/ssh/trusted_user_ca", "/nowhere", "/etc/ssh/ca=x"))
	}
	switch w.n(4) {
	case 0:
		all = append(all, "authorized_principals="+w.pick("sudoer", "sudoer", "sudoer,sudoer@kelyus", "sudoer,sudoer@kelyus", "sudoer, admin", "", "sudoer=x", "admin"))
	case 1:
		all = append(all, "authorized_principals_file="+w.pick("/etc/ssh/p", "/etc/ssh/p", "/etc/ssh/p", "/nowhere"))
	case 2:
		all = append(all, "authorized_principals=sudoer", "authorized_principals_file=/etc/ssh/p", "authorized_principals=extra")
	}
	if w.rarely(12) {
		all = append(all, "group="+w.pick("wheel", "admins", "", "users"))
	}
	if w.rarely(30) {
		all = append(all, w.pick("ca_file", "group", "authorized_principals", "authorized_principals_file"))
	}
	if w.rarely(10) {
		all = append(all, w.pick("debug", "no_such=thing"))
	}
	w.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func (w *usshWorld) authoritiesFile() string {
	var lines []string
	for _, a := range w.trusted() {
		if w.rarely(8) {
			continue
		}
		key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(a.PublicKey())))
		switch w.n(8) {
		case 0:
			key = `cert-authority,principals="nobody" ` + key
		case 1:
			key += " of the fleet"
		case 2:
			lines = append(lines, w.pick("# the fleet's", "", "ssh-ed25519 AAAA", "garbage", "ssh-ed25519 "+key[len(key)/2:]))
		}
		lines = append(lines, key)
	}
	return strings.Join(lines, "\n") + w.pick("\n", "")
}

func (w *usshWorld) principalsFile() string {
	lines := w.subset([]string{"sudoer", "sudoer@kelyus", " sudoer", "admin", "", "# comment", "ops", "sudoer\r"})
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// identity is a key, a certificate, or a key and its certificate.
func (w *usshWorld) identity(t *testing.T) []worldIdentity {
	t.Helper()
	key := w.keys[w.IntN(len(w.keys))]
	plain := w.held(t, key, key.public)
	if w.rarely(6) {
		return []worldIdentity{plain}
	}
	cert := w.held(t, key, w.certificate(t, key))
	if w.rarely(3) {
		return []worldIdentity{plain, cert}
	}
	return []worldIdentity{cert}
}

// held is what both worlds see of an identity. A blob that x/crypto of today
// cannot read stays unread, as in ListAgent.
func (w *usshWorld) held(t *testing.T, key worldKey, public ssh.PublicKey) worldIdentity {
	t.Helper()
	blob := public.Marshal()
	i := worldIdentity{oracle: oracleIdentity{blob, key.private, key.application}, ours: AgentKey{Kind: public.Type(), Comment: "key"}}
	if parsed, err := ssh.ParsePublicKey(blob); err == nil {
		i.ours.Public = parsed
	}
	return i
}

func (w *usshWorld) certificate(t *testing.T, key worldKey) *ssh.Certificate {
	t.Helper()
	c := &ssh.Certificate{Key: key.public, KeyId: w.pick("ops@laptop", "", "x"), CertType: uint32(ssh.UserCert), Serial: uint64(w.n(9))}
	if w.rarely(10) {
		c.CertType = uint32(w.n(4))
	}
	c.ValidPrincipals = []string{"ops", "sudoer"}
	if w.rarely(3) {
		c.ValidPrincipals = w.subset([]string{"ops", "deploy", "sudoer", "sudoer@kelyus", "sudoer@indri", " sudoer", "", "admin", "extra"})
	}
	at := func(d time.Duration) uint64 { return uint64(w.now.Add(d).Unix()) }
	c.ValidAfter, c.ValidBefore = at(-5*time.Minute), at(20*time.Hour)
	if w.rarely(8) {
		c.ValidAfter = []uint64{0, at(0), at(time.Second), at(-time.Second), math.MaxInt64, 1 << 63, ssh.CertTimeInfinity}[w.n(7)]
	}
	if w.rarely(6) {
		c.ValidBefore = []uint64{0, at(0), at(time.Second), at(-time.Second), at(-3 * time.Minute), ssh.CertTimeInfinity, ssh.CertTimeInfinity - 1, 1 << 63, math.MaxInt64}[w.n(9)]
	}
	if w.rarely(10) {
		c.CriticalOptions = map[string]string{w.pick("force-command", "source-address", "source-address", "verify-required", "x@y"): w.pick("", "10.0.0.0/8")}
	}
	if err := c.SignCert(crand.Reader, w.authority()); err != nil {
		t.Fatal(err)
	}
	if w.rarely(15) {
		c.Signature.Blob[w.n(len(c.Signature.Blob))] ^= 1
	}
	if w.rarely(25) {
		c.ValidPrincipals = append(c.ValidPrincipals, "sudoer") // after it was signed
	}
	return c
}
