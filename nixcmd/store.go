package nixcmd

import "strings"

// StoreDir is where store paths live. Other store directories exist and are
// not supported by NixOS.
const StoreDir = "/nix/store/"

// hashLen is the length of the base-32 hash that store paths begin with.
const hashLen = 32

// StorePath is the path of one store object, such as
// /nix/store/fsapmwyhy04m63vbz65q9k7khdszia4s-nixos-system-h1-25.11.
type StorePath string

// ParseStorePath takes the store path that s begins with: s may go on with a
// path inside of it, or with anything that cannot be part of a name.
func ParseStorePath(s string) (StorePath, bool) {
	rest, ok := strings.CutPrefix(s, StoreDir)
	if !ok || len(rest) < hashLen+2 || rest[hashLen] != '-' {
		return "", false
	}
	for i := range hashLen {
		if !isHashByte(rest[i]) {
			return "", false
		}
	}
	end := hashLen + 1
	for end < len(rest) && isNameByte(rest[end]) {
		end++
	}
	if end == hashLen+1 {
		return "", false
	}
	return StorePath(s[:len(StoreDir)+end]), true
}

// findStorePath finds the first store path in text.
func findStorePath(s string) (StorePath, bool) {
	for {
		i := strings.Index(s, StoreDir)
		if i < 0 {
			return "", false
		}
		if p, ok := ParseStorePath(s[i:]); ok {
			return p, true
		}
		s = s[i+len(StoreDir):]
	}
}

// Hash is the part that tells builds of the same name apart.
func (p StorePath) Hash() string { return p.base()[:min(hashLen, len(p.base()))] }

// Name is what follows the hash, such as "etc-h1.drv".
func (p StorePath) Name() string {
	if b := p.base(); len(b) > hashLen+1 {
		return b[hashLen+1:]
	}
	return p.base()
}

// isDerivation says whether the path is that of a .drv file.
func (p StorePath) isDerivation() bool { return strings.HasSuffix(string(p), ".drv") }

// shortName is the name without ".drv", as people say it.
func (p StorePath) shortName() string { return strings.TrimSuffix(p.Name(), ".drv") }

// isSystem says whether the path is a system's toplevel, or its derivation.
func (p StorePath) isSystem() bool {
	return strings.HasPrefix(p.Name(), "nixos-system-") || strings.HasPrefix(p.Name(), "darwin-system-")
}

func (p StorePath) base() string {
	b := strings.TrimPrefix(string(p), StoreDir)
	if i := strings.IndexByte(b, '/'); i >= 0 {
		b = b[:i]
	}
	return b
}

// isHashByte knows Nix's base 32, which leaves out e, o, t and u.
func isHashByte(b byte) bool {
	switch {
	case b >= '0' && b <= '9':
		return true
	case b < 'a' || b > 'z':
		return false
	}
	return b != 'e' && b != 'o' && b != 't' && b != 'u'
}

func isNameByte(b byte) bool {
	switch {
	case b >= '0' && b <= '9', b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z':
		return true
	}
	return strings.IndexByte("+-._?=", b) >= 0
}

// shortStorePaths drops directory and hash from each store path in text, so
// that a line about a derivation fits a pane.
func shortStorePaths(s string) string {
	if !strings.Contains(s, StoreDir) {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(s, StoreDir)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		if p, ok := ParseStorePath(s); ok {
			b.WriteString(p.Name())
			s = s[len(p):]
			continue
		}
		b.WriteString(StoreDir)
		s = s[len(StoreDir):]
	}
}

// PackageName is a derivation's name without its version, as Nix parses names:
// the version begins at the first dash that no letter follows.
func PackageName(name string) string {
	for i := 0; i+1 < len(name); i++ {
		c := name[i+1]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if name[i] == '-' && !letter {
			return name[:i]
		}
	}
	return name
}
