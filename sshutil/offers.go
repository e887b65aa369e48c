package sshutil

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// offer is a key that may log us in.
type offer struct {
	name   string // for people
	signer ssh.Signer
}

// offers is what there is to log in with, in the order in which it is tried,
// and what there would be.
type offers struct {
	list     []offer
	touch    []string // keys left out because they want a touch
	locked   []string // key files left out because they want a passphrase
	faults   []string // key files left out for other reasons
	stale    []string // certificates that are not valid now, and why
	agentErr error    // the agent did not answer
}

// keyring is where the keys of one login come from.
type keyring struct {
	target Target
	files  []keyFile          // IdentityFile, in order
	certs  []*ssh.Certificate // CertificateFile, in order
	agent  []agentKey
	sign   func(ssh.PublicKey) ssh.Signer // by the agent
	touch  bool                           // keys that want a touch may be used
	now    time.Time
}

// keyringFor reads the keys that t may be logged in with.
func (d *Dialer) keyringFor(ctx context.Context, t Target, touch bool) (keyring, offers) {
	var o offers
	k := keyring{target: t, touch: touch, now: d.now()}
	state := d.shared()
	for _, path := range t.IdentityFiles {
		k.files = append(k.files, state.keys.read(path))
	}
	for _, path := range t.CertificateFiles {
		if cert := loadCertificate(path); cert != nil {
			k.certs = append(k.certs, cert)
		} else if exists(path) {
			o.faults = append(o.faults, path+" is no certificate")
		}
	}
	socket := d.agentSocket(t)
	if socket == "" {
		return k, o
	}
	k.agent, o.agentErr = state.agents.list(ctx, socket, d.now)
	k.sign = func(public ssh.PublicKey) ssh.Signer { return newAgentSigner(ctx, socket, public) }
	return k, o
}

// agentSocket is where t's agent listens; "" if it has none.
func (d *Dialer) agentSocket(t Target) string {
	switch t.IdentityAgent {
	case "none":
		return ""
	case "":
		return d.AgentSocket
	}
	return t.IdentityAgent
}

// arrange puts the keys in order: certificates that are valid now, those that
// name the user first; then keys of the agent, those that the configuration
// names first; then keys that are only files. With IdentitiesOnly only what
// the configuration names.
func (k keyring) arrange(o offers) offers {
	seen := map[string]bool{}
	add := func(name string, signer ssh.Signer) {
		blob := string(signer.PublicKey().Marshal())
		if seen[blob] {
			return
		}
		seen[blob] = true
		switch signer = restrict(signer, k.target.PubkeyAcceptedAlgorithms); {
		case signer == nil:
			o.faults = append(o.faults, name+" is of a kind that PubkeyAcceptedAlgorithms leaves out")
		case wantsTouch(signer.PublicKey()) && !k.touch:
			o.touch = append(o.touch, name)
		default:
			o.list = append(o.list, offer{name, signer})
		}
	}
	k.addCertificates(&o, add)
	for _, f := range k.files {
		if a, ok := k.inAgent(f.public); ok {
			add(f.path, k.signerFor(f.public, a))
		}
	}
	if !k.target.IdentitiesOnly {
		for _, a := range k.agent {
			if _, isCert := a.public.(*ssh.Certificate); !isCert {
				add(agentName(a), k.sign(a.public))
			}
		}
	}
	for _, f := range k.files {
		switch {
		case f.signer != nil:
			add(f.path, f.signer)
		case f.public != nil && seen[string(f.public.Marshal())]:
		case f.public != nil && wantsTouch(f.public):
			o.touch = append(o.touch, f.path)
		case f.locked:
			o.locked = append(o.locked, f.path)
		case f.fault != "":
			o.faults = append(o.faults, f.path+": "+f.fault)
		}
	}
	return o
}

// addCertificates adds the certificates that have a key.
func (k keyring) addCertificates(o *offers, add func(string, ssh.Signer)) {
	type named struct {
		cert *ssh.Certificate
		name string
	}
	var all []named
	for _, cert := range k.certs {
		all = append(all, named{cert, "certificate " + cert.KeyId})
	}
	for _, f := range k.files {
		if f.cert != nil {
			all = append(all, named{f.cert, f.path + "-cert.pub"})
		}
	}
	for _, a := range k.agent {
		if cert, ok := a.public.(*ssh.Certificate); ok && (!k.target.IdentitiesOnly || k.namesCertificate(cert)) {
			all = append(all, named{cert, agentName(a)})
		}
	}
	for _, own := range []bool{true, false} {
		for _, c := range all {
			if slices.Contains(c.cert.ValidPrincipals, k.target.User) != own {
				continue
			}
			if fault := userCertFault(c.cert, k.now); fault != "" {
				o.stale = append(o.stale, c.name+" "+fault)
				continue
			}
			if signer := k.certSigner(c.cert); signer != nil {
				add(c.name, signer)
			}
		}
	}
}

// namesCertificate reports whether cert lies beside an IdentityFile. (That a
// CertificateFile names it does not make ssh take it from the agent.)
func (k keyring) namesCertificate(cert *ssh.Certificate) bool {
	return slices.ContainsFunc(k.files, func(f keyFile) bool { return f.cert != nil && sameKey(f.cert, cert) })
}

// userCertFault says why a certificate cannot log in, or "".
func userCertFault(cert *ssh.Certificate, now time.Time) string {
	switch t := uint64(now.Unix()); {
	case cert.CertType != ssh.UserCert:
		return "is for hosts"
	case t < cert.ValidAfter:
		return "is not valid before " + certTime(cert.ValidAfter)
	case cert.ValidBefore != ssh.CertTimeInfinity && t >= cert.ValidBefore:
		return "expired at " + certTime(cert.ValidBefore)
	}
	return ""
}

// certSigner pairs a certificate with its key, wherever that is; nil if it is
// nowhere.
func (k keyring) certSigner(cert *ssh.Certificate) ssh.Signer {
	var key ssh.Signer
	for _, f := range k.files {
		if f.signer != nil && sameKey(f.public, cert.Key) {
			key = f.signer
		}
	}
	for _, a := range k.agent {
		switch {
		case key != nil:
		case sameKey(a.public, cert) && (!k.target.IdentitiesOnly || k.namesCertificate(cert)): // the agent pairs them itself
			return k.sign(a.public)
		case sameKey(a.public, cert.Key) && (!k.target.IdentitiesOnly || k.namesKey(cert.Key)):
			key = k.sign(a.public)
		}
	}
	if key == nil {
		return nil
	}
	signer, err := ssh.NewCertSigner(cert, key)
	if err != nil {
		return nil // the keys differ, which was just ruled out
	}
	return signer
}

// namesKey reports whether the configuration names a plain key.
func (k keyring) namesKey(key ssh.PublicKey) bool {
	return slices.ContainsFunc(k.files, func(f keyFile) bool { return f.public != nil && sameKey(f.public, key) })
}

// inAgent finds a plain key in the agent.
func (k keyring) inAgent(key ssh.PublicKey) (agentKey, bool) {
	if key == nil {
		return agentKey{}, false
	}
	i := slices.IndexFunc(k.agent, func(a agentKey) bool { return sameKey(a.public, key) })
	if i < 0 {
		return agentKey{}, false
	}
	return k.agent[i], true
}

// signerFor prefers the key file, if it is readable: it saves a question to the agent.
func (k keyring) signerFor(key ssh.PublicKey, a agentKey) ssh.Signer {
	for _, f := range k.files {
		if f.signer != nil && sameKey(f.public, key) {
			return f.signer
		}
	}
	return k.sign(a.public)
}

func agentName(a agentKey) string {
	if a.comment != "" {
		return "agent key " + a.comment
	}
	return "agent key " + ssh.FingerprintSHA256(a.public)
}

// wantsTouch reports whether using the key may make somebody touch something.
func wantsTouch(key ssh.PublicKey) bool { return strings.HasPrefix(key.Type(), "sk-") }

// restrict leaves only allowed signature algorithms; nil if none is left. An
// RSA key never signs with SHA-1 unless that was allowed by name.
func restrict(signer ssh.Signer, allowed []string) ssh.Signer {
	keyType := signer.PublicKey().Type()
	if keyType != ssh.KeyAlgoRSA && keyType != ssh.CertAlgoRSAv01 {
		if len(allowed) > 0 && !slices.Contains(allowed, keyType) {
			return nil
		}
		return signer
	}
	algorithms := []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	if len(allowed) > 0 {
		algorithms = slices.DeleteFunc([]string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}, func(a string) bool {
			if keyType == ssh.CertAlgoRSAv01 {
				return !slices.Contains(allowed, certAlgorithm(a))
			}
			return !slices.Contains(allowed, a)
		})
	}
	able, ok := signer.(ssh.AlgorithmSigner)
	if !ok || len(algorithms) == 0 {
		return nil
	}
	restricted, err := ssh.NewSignerWithAlgorithms(able, algorithms)
	if err != nil {
		return nil
	}
	return restricted
}

// certAlgorithm is the name of an RSA signature algorithm where a certificate is offered.
func certAlgorithm(algorithm string) string { return algorithm + "-cert-v01@openssh.com" }
