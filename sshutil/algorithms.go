package sshutil

import (
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// able is the part of what the person allows that x/crypto can do, in
// x/crypto's order; nil, which means its defaults, where nothing is said.
func able(supported, insecure, allowed []string) []string {
	if len(allowed) == 0 {
		return nil
	}
	var both []string
	for _, a := range slices.Concat(supported, insecure) {
		if slices.Contains(allowed, a) {
			both = append(both, a)
		}
	}
	if both == nil {
		return allowed // x/crypto then finds nothing in common, and says so
	}
	return both
}

// keyExchanges are the ones to offer. Who allows one that is safe from quantum
// computers allows the one that x/crypto has.
func (t Target) keyExchanges() []string {
	allowed := t.KexAlgorithms
	if slices.ContainsFunc(allowed, func(a string) bool { return strings.HasPrefix(a, "sntrup761x25519-") }) {
		allowed = append([]string{ssh.KeyExchangeMLKEM768X25519}, allowed...)
	}
	return able(ssh.SupportedAlgorithms().KeyExchanges, ssh.InsecureAlgorithms().KeyExchanges, allowed)
}
