package fleet

import (
	"cmp"
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/crypto/ssh"
)

func checkPort(s *section, port *int) {
	if port != nil && (*port < 1 || *port > 65535) {
		s.mistake("Leave it out for the port of your ssh configuration, usually 22.", "%s: expected 1 to 65535, found %d", s.at("port"), *port)
	}
}

// checkAddress refuses what ssh would take for an option or for two words.
func checkAddress(s *section, address *string) {
	if address == nil {
		return
	}
	switch a := *address; {
	case a == "" || strings.HasPrefix(a, "-") || strings.ContainsFunc(a, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }):
		s.mistake("Give a host name or an IP address, or leave it out.", "%s: %q is no address", s.at("address"), a)
	case strings.Contains(a, "@"):
		s.mistake("Say user = \"…\"; and the address alone.", "%s: %q holds a user", s.at("address"), a)
	}
}

// checkKey wants an ssh public key and returns its "type base64", without a comment.
func checkKey(s *section, name string, line *string) *string {
	if line == nil {
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*line))
	if err != nil {
		s.mistake(`Copy the line of a .pub file, such as "ssh-ed25519 AAAA…".`, "%s: expected an ssh public key, found %q", s.at(name), shorten(*line))
		return nil
	}
	plain := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	return &plain
}

// checkSigningKey wants a public key as `nix key convert-secret-to-public` prints it.
func checkSigningKey(s *section, key string) {
	if key == "" {
		return
	}
	name, encoded, _ := strings.Cut(key, ":")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	const publicLength, secretLength = 32, 64
	switch {
	case err == nil && len(raw) == secretLength:
		s.mistake("Replace it by what `nix key convert-secret-to-public` makes of it, and make a new one: this file is no place for secrets.",
			"%s: this is the secret key", s.at("signingKey"))
	case err != nil || name == "" || len(raw) != publicLength:
		s.mistake(`Copy what "nix key convert-secret-to-public" prints, such as "cache-1:AAAA…=".`,
			"%s: expected a public key for signatures", s.at("signingKey")) // not repeated: it may be half a secret
	}
}

var systemName = regexp.MustCompile(`^[a-z0-9_]+-[a-z0-9]+$`)

func checkSystems(s *section, key string, systems []string) {
	for _, system := range systems {
		if !systemName.MatchString(system) {
			s.mistake(`Write it as Nix does, such as "x86_64-linux".`, "%s: %q is no system", s.at(key), system)
		}
	}
}

// checkTags refuses tags that a selection could not name.
func checkTags(s *section, tags []string) {
	for _, tag := range tags {
		if tag == "" || strings.ContainsAny(tag, ",!@*?[ \t\n") {
			s.mistake("Use letters, digits, dashes and dots: --on @TAG must be able to name it.", "%s: %q is no tag", s.at("tags"), tag)
		}
	}
}

// shorten keeps a long value from hiding the sentence around it.
func shorten(value string) string {
	const most = 40
	if r := []rune(value); len(r) > most {
		return string(r[:most]) + "…"
	}
	return value
}

func orElse[T any](v *T, otherwise T) T {
	if v == nil {
		return otherwise
	}
	return *v
}

// given is nil for the empty string, and a pointer to any other.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func listOf(text *string) []string {
	if text == nil {
		return nil
	}
	return []string{*text}
}

// first returns the first pointer that is not nil, or nil.
func first[T any](pointers ...*T) *T {
	return cmp.Or(pointers...)
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
