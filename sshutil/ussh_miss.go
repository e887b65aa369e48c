package sshutil

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"nixfleet-tui/internal/text"
)

// nearestMiss remembers, of the certificates that pam_ussh passes over in
// silence, the one that came nearest: the one with the fewest faults.
type nearestMiss struct {
	host        SudoHost
	agent       SudoAgent
	authorities []ssh.PublicKey
	allowed     []string
	caFile      string
	unread      bool // a certificate came that cannot be read here

	seen   bool
	name   string
	faults []certFault
}

// certFault is one reason for which a certificate does not do.
type certFault struct{ reason, hint string }

const signAgain = "Make one that fits: nixfleet-tui cert sign."

// check says whether the module passes over a certificate without asking for
// a signature.
func (m *nearestMiss) check(cert *ssh.Certificate) bool {
	faults := m.ofCertificate(cert)
	if len(faults) > 0 {
		m.remember(certName(cert), append(faults, m.ofPrincipals(cert)...))
	}
	return len(faults) > 0
}

// lacksPrincipal notes that a certificate is good, but not for sudo.
func (m *nearestMiss) lacksPrincipal(cert *ssh.Certificate) {
	m.remember(certName(cert), m.ofPrincipals(cert))
}

func (m *nearestMiss) remember(name string, faults []certFault) {
	if !m.seen || len(faults) < len(m.faults) {
		m.seen, m.name, m.faults = true, name, faults
	}
}

// ofCertificate are the faults for which the module passes a certificate over.
// The checks are those of x/crypto in 2022: nobody looked at its type then, and
// source-address was left to sshd.
func (m *nearestMiss) ofCertificate(cert *ssh.Certificate) (faults []certFault) {
	checker := ssh.CertChecker{SupportedCriticalOptions: []string{"source-address"}, Clock: func() time.Time { return m.host.Clock }}
	err := checker.CheckCert(m.host.User, cert)
	if err != nil {
		faults = m.explain(cert)
	}
	if !slices.ContainsFunc(m.authorities, func(k ssh.PublicKey) bool { return sameKey(k, cert.SignatureKey) }) {
		faults = append(faults, certFault{fmt.Sprintf("was signed by %s, which is not in %s there", ssh.FingerprintSHA256(cert.SignatureKey), m.caFile),
			"Sign it with the authority that the host trusts (ca in fleet.nix)."})
	}
	if err != nil && len(faults) == 0 {
		faults = append(faults, certFault{"is refused: " + err.Error(), signAgain})
	}
	return faults
}

// explain finds out what CheckCert has against a certificate.
func (m *nearestMiss) explain(cert *ssh.Certificate) (faults []certFault) {
	for name := range cert.CriticalOptions {
		if name != "source-address" {
			faults = append(faults, certFault{fmt.Sprintf("has the critical option %s, which pam_ussh does not know", name), "Sign one without it."})
		}
	}
	if len(cert.ValidPrincipals) > 0 && !slices.Contains(cert.ValidPrincipals, m.host.User) {
		faults = append(faults, certFault{fmt.Sprintf("is for %s and not for %s, the login user, whom pam_ussh wants in it too", list(cert.ValidPrincipals), m.host.User), signAgain})
	}
	from, until := certClock(cert.ValidAfter), certClock(cert.ValidBefore)
	switch now := m.host.Clock; {
	case int64(cert.ValidAfter) < 0, cert.ValidBefore == 0, int64(cert.ValidBefore) < 0 && cert.ValidBefore != ssh.CertTimeInfinity:
		faults = append(faults, certFault{"is never valid", signAgain})
	case now.Before(from):
		faults = append(faults, certFault{"is not valid for another " + span(from.Sub(now)), "Wait, or set the host's clock if it is slow."})
	case !until.IsZero() && !now.Before(until):
		faults = append(faults, certFault{"expired " + span(now.Sub(until)) + " ago", "Make a new one: nixfleet-tui cert sign."})
	}
	return faults
}

// ofPrincipals is the fault that no principal is one that sudo takes.
func (m *nearestMiss) ofPrincipals(cert *ssh.Certificate) []certFault {
	if len(m.allowed) == 0 || slices.ContainsFunc(cert.ValidPrincipals, func(p string) bool { return slices.Contains(m.allowed, p) }) {
		return nil
	}
	for _, p := range cert.ValidPrincipals {
		role, there, bound := strings.Cut(p, "@")
		here := m.boundHere(role)
		if bound && here != "" && there != here {
			return []certFault{{fmt.Sprintf("has the principal `%s`, which is for %s, and this is %s", p, there, here),
				"Make one for this host: nixfleet-tui cert sign --on " + m.host.Name + "."}}
		}
	}
	return []certFault{{fmt.Sprintf("has none of the principals that sudo there takes (%s)", list(m.allowed)), signAgain}}
}

// boundHere is the host that sudo there takes a role for: "kelyus" where it
// takes sudoer@kelyus.
func (m *nearestMiss) boundHere(role string) string {
	for _, p := range m.allowed {
		if r, there, bound := strings.Cut(p, "@"); bound && r == role {
			return there
		}
	}
	return ""
}

// word is the module's refusal, with the nearest miss for a reason.
func (m *nearestMiss) word() moduleWord {
	for _, c := range m.agent.OnDisk {
		if c.raw == nil || len(m.ofCertificate(c.raw)) > 0 || len(m.ofPrincipals(c.raw)) > 0 {
			continue
		}
		return refuses("Load it with its key: ssh-add "+strings.TrimSuffix(c.File, "-cert.pub")+".",
			"%s lies in %s and is not in the agent, where alone sudo there looks", certName(c.raw), c.File)
	}
	switch {
	case m.seen:
		said := m.name + " " + m.faults[0].reason
		if more := len(m.faults) - 1; more > 0 {
			said += ", and " + m.faults[1].reason
		}
		w := refuses(m.faults[0].hint, "%s", said)
		w.key = m.name
		return w
	case m.unread:
		return unsure("", "the agent holds a certificate of a kind that is unknown here")
	case !HoldsCertificates(m.agent.Program):
		return refuses("Start OpenSSH's ssh-agent and set SSH_AUTH_SOCK to it.", "sudo there asks the agent for a certificate, and %s cannot hold one", m.agent.Program)
	}
	return refuses("Make one: nixfleet-tui cert sign.", "the agent holds no certificate, and sudo there asks for one")
}

// span is a time as people say it.
func span(d time.Duration) string {
	unit := func(n int, name string) string {
		if n == 1 {
			return "1 " + name
		}
		return fmt.Sprintf("%d %ss", n, name)
	}
	switch {
	case d < time.Minute:
		return unit(max(1, int(d/time.Second)), "second")
	case d < 2*time.Hour:
		return unit(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return unit(int(d/time.Hour), "hour")
	}
	return unit(int(d/(24*time.Hour)), "day")
}

// list is some names, not too many of them.
func list(names []string) string {
	const shown = 4
	more := ""
	if n := len(names) - shown; n > 0 {
		names, more = names[:shown], fmt.Sprintf(" and %d more", n)
	}
	return text.Line(strings.Join(names, ", ")) + more
}
