package sshutil

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shellCharacters mean something to a shell, which a ProxyCommand or a Match
// exec would hand the name to. OpenSSH refuses the same ones.
const shellCharacters = "'\"`$\\;&<>|(){}"

// checkName refuses names of hosts that ssh could take for an option, or a
// shell for a command.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("a host needs a name")
	case name[0] == '-':
		return errors.New("a host's name cannot begin with a dash")
	case !utf8.ValidString(name):
		return errors.New("a host's name must be UTF-8")
	}
	for _, r := range name {
		switch {
		case unicode.IsSpace(r) || !unicode.IsGraphic(r):
			return errors.New("a host's name cannot hold spaces or control characters")
		case strings.ContainsRune(shellCharacters, r), r == '/':
			return errors.New("a host's name cannot hold " + string(r))
		}
	}
	return nil
}

// checkPatternless refuses names that are fine for a host but are a pattern in
// a Host line of ssh's configuration.
func checkPatternless(name string) error {
	if i := strings.IndexAny(name, "*?!,#"); i >= 0 {
		return errors.New("a name in an ssh configuration cannot hold " + name[i:i+1])
	}
	return checkName(name)
}

// checkUser refuses login names that would break out of a ProxyCommand.
func checkUser(user string) error {
	if strings.HasPrefix(user, "-") || strings.HasSuffix(user, `\`) {
		return errors.New("a login name cannot begin with a dash or end in a backslash")
	}
	for i, r := range user {
		switch {
		case unicode.IsControl(r) || strings.ContainsRune("'`\";&<>|(){}", r):
			return errors.New("a login name cannot hold " + string(r))
		case unicode.IsSpace(r) && strings.HasPrefix(user[i+utf8.RuneLen(r):], "-"):
			return errors.New("a login name cannot hold a dash after a space")
		}
	}
	return nil
}
