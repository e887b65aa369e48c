package sshutil

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// tokens expands what `ssh -G` leaves in paths and commands: %h and its like
// (TOKENS in ssh_config(5)), ${NAME} from the environment, and ~.
type tokens struct {
	home string
	env  func(string) (string, bool)
	of   Target
}

// describe says which target the tokens stand for.
func (tok *tokens) describe(t Target) { tok.of = t }

// path expands a file name and makes it absolute.
func (tok tokens) path(raw string) (string, error) {
	raw, err := tok.tilde(raw)
	if err != nil {
		return raw, err
	}
	raw, err = tok.variables(raw)
	if err != nil {
		return raw, err
	}
	raw, err = tok.expand(raw)
	if err != nil {
		return raw, err
	}
	return filepath.Abs(raw)
}

func (tok tokens) tilde(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok {
		return path, nil
	}
	name, rest, _ := strings.Cut(rest, "/")
	home := tok.home
	if name != "" {
		u, err := user.Lookup(name)
		if err != nil {
			return path, fmt.Errorf("the home of %s in %s is not known: %w", name, path, err)
		}
		home = u.HomeDir
	}
	return filepath.Join(home, rest), nil
}

func (tok tokens) variables(s string) (string, error) {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(s, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, rest, closed := strings.Cut(after, "}")
		value, set := tok.env(name)
		if !closed || !set {
			return s, fmt.Errorf("the variable %s is not set", name)
		}
		out.WriteString(value)
		s = rest
	}
}

// expand replaces the %-tokens.
func (tok tokens) expand(s string) (string, error) {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(s, "%")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		if after == "" {
			return s, fmt.Errorf("a lone %% stands at the end")
		}
		value, err := tok.value(after[0])
		if err != nil {
			return s, err
		}
		out.WriteString(value)
		s = after[1:]
	}
}

// value is what one token stands for.
func (tok tokens) value(letter byte) (string, error) {
	t := tok.of
	switch letter {
	case '%':
		return "%", nil
	case 'h':
		return t.HostName, nil
	case 'n':
		return t.Name, nil
	case 'p':
		return strconv.Itoa(t.Port), nil
	case 'r':
		return t.User, nil
	case 'd':
		return tok.home, nil
	case 'j':
		return strings.Join(t.ProxyJump, ","), nil
	case 'k':
		if t.HostKeyAlias != "" {
			return t.HostKeyAlias, nil
		}
		return t.Name, nil
	case 'u', 'i':
		u, err := user.Current()
		if err != nil {
			return "", fmt.Errorf("our own user is not known: %w", err)
		}
		if letter == 'i' {
			return u.Uid, nil
		}
		return u.Username, nil
	case 'l', 'L', 'C':
		return tok.local(letter)
	}
	return "", fmt.Errorf("the token %%%c is not known", letter)
}

// local is a token made of this machine's name. %C hashes %l%h%p%r%j; before
// OpenSSH 9.6 it left out %j, which is the same unless there is a jump.
func (tok tokens) local(letter byte) (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("this machine's name is not known: %w", err)
	}
	switch letter {
	case 'l':
		return host, nil
	case 'L':
		short, _, _ := strings.Cut(host, ".")
		return short, nil
	}
	t := tok.of
	sum := sha1.Sum([]byte(host + t.HostName + strconv.Itoa(t.Port) + t.User + strings.Join(t.ProxyJump, ",")))
	return hex.EncodeToString(sum[:]), nil
}
