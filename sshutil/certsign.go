package sshutil

import (
	"slices"
	"strings"
)

// Signing is a certificate to be made by ssh-keygen.
type Signing struct {
	Authority  string   // file of the authority's key; a public one means that the agent has the rest
	Identity   string   // what logs will show, such as "ops@laptop"
	Principals []string // whom and what it is for
	Validity   string   // as ssh-keygen takes it, such as "-5m:+20h"
	PublicKey  string   // file of the key; the certificate is written beside it
}

// Command is the command line that makes it. PIN and touch are ssh-keygen's to
// ask for.
func (s Signing) Command(sshKeygen string) []string {
	words := []string{sshKeygen, "-s", s.Authority}
	if strings.HasSuffix(s.Authority, ".pub") {
		words = append(words, "-U")
	}
	return append(words, "-n", strings.Join(s.Principals, ","), "-V", s.Validity, "-I", s.Identity, s.PublicKey)
}

// SigningPrincipals are those of a certificate for hosts whose login users are
// given: what the authority gives to all, and the users themselves, whom
// pam_ussh wants in it too. For one host alone they hold there only:
// "sudoer@kelyus" instead of "sudoer".
func SigningPrincipals(given, users []string, oneHost string) []string {
	var all []string
	add := func(p string) {
		if p != "" && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	for _, p := range given {
		if oneHost != "" {
			p += "@" + oneHost
		}
		add(p)
	}
	for _, u := range users {
		add(u)
	}
	return all
}
