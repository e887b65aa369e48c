package sshutil

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// usshDefaultCA is the file of authorities that pam_ussh reads when its rule
// names none.
const usshDefaultCA = "/etc/ssh/trusted_user_ca"

// ussh is how a rule of PAM sets pam_ussh up. It promises to agree with the
// module as nixpkgs ships it, whose rules about certificates are those of
// x/crypto from March 2022.
type ussh struct {
	caFile, group string
	principals    []string
	file          string // of principals, which stands for those named before it
	crash         string // an option by which the module crashes sudo
}

func parseUssh(args []string) ussh {
	u := ussh{caFile: usshDefaultCA}
	for _, arg := range args {
		parts := strings.Split(arg, "=")
		name := parts[0]
		if !slices.Contains([]string{"ca_file", "group", "authorized_principals", "authorized_principals_file"}, name) {
			continue
		}
		if len(parts) < 2 {
			u.crash = name
			return u
		}
		switch value := parts[1]; name {
		case "ca_file":
			u.caFile = value
		case "group":
			u.group = value
		case "authorized_principals":
			u.principals = append(u.principals, strings.Split(value, ",")...)
		case "authorized_principals_file":
			u.file, u.principals = value, nil
		}
	}
	return u
}

// moduleWord is what a PAM module that asks the agent will say, and why.
type moduleWord struct {
	answer pamAnswer // pamFails, pamPasses or pamUnsure
	key    string
	touch  bool
	until  time.Time // by the host's clock; zero: for ever
	reason string
	hint   string
	risks  []SudoRisk
}

func refuses(hint, format string, args ...any) moduleWord {
	return moduleWord{answer: pamFails, reason: fmt.Sprintf(format, args...), hint: hint}
}

func unsure(hint, format string, args ...any) moduleWord {
	return moduleWord{answer: pamUnsure, reason: fmt.Sprintf(format, args...), hint: hint}
}

// predict says what pam_ussh would say, in the order in which it looks.
func (u ussh) predict(h SudoHost, a SudoAgent) moduleWord {
	if u.crash != "" {
		return refuses("Give the option a value (security.pam.ussh).", "pam_ussh there crashes sudo: its option %s has no value", u.crash)
	}
	allowed, word := u.allowed(h)
	if word.reason != "" {
		return word
	}
	if u.group != "" && !h.member(u.group) {
		if h.Groups == nil {
			return unsure("", "which groups %s is in there is not known", h.User)
		}
		return moduleWord{answer: pamPasses, key: "no certificate: " + h.User + " is not in the group " + u.group,
			risks: []SudoRisk{{fmt.Sprintf("%s becomes root without a certificate: pam_ussh lets everybody through who is not in the group %s", h.User, u.group),
				"Unset security.pam.ussh.group: it exempts those outside of the group instead of refusing them."}}}
	}
	word = u.withAgent(h, a, allowed)
	word.risks = append(u.risks(h), word.risks...)
	return word
}

// allowed are the principals of which a certificate needs one; none: any will do.
func (u ussh) allowed(h SudoHost) (principals []string, word moduleWord) {
	if u.file == "" {
		return u.principals, word
	}
	f, read := h.Files[u.file]
	switch {
	case !read || f.Unreadable:
		return nil, unsure("", "which principals sudo there accepts cannot be read: %s", u.file)
	case f.Missing:
		return nil, refuses("Make the file, or unset security.pam.ussh.authorizedPrincipalsFile.", "the file of principals that pam_ussh reads is not there: %s", u.file)
	case f.Cut:
		return nil, unsure("", "the file of principals %s is too long to be read beforehand", u.file)
	}
	for _, line := range f.Lines {
		principals = append(principals, strings.TrimSuffix(line, "\r"))
	}
	return append(principals, u.principals...), word
}

// risks are holes in what the module goes by.
func (u ussh) risks(h SudoHost) []SudoRisk {
	var all []SudoRisk
	for _, path := range []string{u.caFile, u.file} {
		f, read := h.Files[path]
		if !read || path == "" {
			continue
		}
		if how := f.exposed(h.User); how != "" && !f.Missing {
			all = append(all, SudoRisk{fmt.Sprintf("%s decides who becomes root, and %s", path, how), "Make it root's alone: it should come out of the Nix store."})
		}
		if f.Missing {
			all = append(all, SudoRisk{fmt.Sprintf("%s, which decides who becomes root, is not there", path), "Deploy it with the host (security.pam.ussh)."})
		}
	}
	return all
}

// withAgent goes on with the forwarded agent.
func (u ussh) withAgent(h SudoHost, a SudoAgent, allowed []string) moduleWord {
	if word := a.comesAlong(h); word.reason != "" {
		return word
	}
	f, read := h.Files[u.caFile]
	switch {
	case !read:
		return unsure("", "the authorities that sudo there trusts could not be read: %s", u.caFile)
	case f.Missing:
		return refuses("Deploy it (security.pam.ussh.caFile).", "the file of authorities that pam_ussh reads is not there: %s", u.caFile)
	case f.Unreadable && f.Mode != 0 && f.Mode&0o040 == 0:
		return refuses("Make it readable for all: the module reads it as "+h.User+".", "%s may not read %s, and pam_ussh reads it as that user", h.User, u.caFile)
	case f.Unreadable, f.Cut:
		return unsure("", "the authorities that sudo there trusts cannot be read: %s", u.caFile)
	}
	return u.loop(h, a, parseAuthorities(f.Lines), allowed)
}

// parseAuthorities reads keys as the module does: one that it cannot read is
// passed over, and options before one mean nothing.
func parseAuthorities(lines []string) []ssh.PublicKey {
	var keys []ssh.PublicKey
	for _, line := range lines {
		if key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line)); err == nil {
			keys = append(keys, key)
		}
	}
	return keys
}

// loop goes through the agent's keys in their order.
func (u ussh) loop(h SudoHost, a SudoAgent, authorities []ssh.PublicKey, allowed []string) moduleWord {
	near := nearestMiss{host: h, agent: a, allowed: allowed, caFile: u.caFile, authorities: authorities}
	touched := false
	for _, k := range a.Keys {
		cert := k.certificate()
		if cert == nil {
			near.unread = near.unread || k.unreadableCertificate()
			continue
		}
		if miss := near.check(cert); miss {
			continue
		}
		// From here on the module asks for a signature, and gives up if it gets none.
		name := certName(cert)
		if near.unread {
			return unsure("", "sudo there meets a certificate of an unknown kind before %s", name)
		}
		if app := skApplication(cert); wantsTouch(cert) && !strings.HasPrefix(app, "ssh:") {
			return refuses("Make a key whose application begins with ssh: (ssh-keygen -O application=ssh:…).",
				"the agent does not sign for sudo with the key of %s: its application is %q", name, app)
		}
		touched = touched || wantsTouch(cert)
		switch {
		case len(cert.ValidPrincipals) == 0 && len(allowed) == 0:
			return refuses("Sign it with -n "+h.User+".", "%s names no principals, and pam_ussh crashes sudo over that", name)
		case len(allowed) == 0 || slices.ContainsFunc(cert.ValidPrincipals, func(p string) bool { return slices.Contains(allowed, p) }):
			return moduleWord{answer: pamPasses, key: name, touch: touched, until: certClock(cert.ValidBefore)}
		}
		near.lacksPrincipal(cert)
	}
	return near.word()
}

func certName(cert *ssh.Certificate) string {
	if cert.KeyId == "" {
		return "the certificate without a name"
	}
	return fmt.Sprintf("certificate %q", cert.KeyId)
}
