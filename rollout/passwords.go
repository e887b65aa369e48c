package rollout

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"nixfleet-tui/sshutil"
)

// Passwords are what sudo wants to hear, by host. Hosts may share one. They go
// from process to process through pipes, and are nowhere else.
type Passwords map[string]*sshutil.Secret

// Wipe overwrites them all.
func (p Passwords) Wipe() {
	for host, secret := range p {
		secret.Wipe() // a shared one more than once
		delete(p, host)
	}
}

// The widths to which one password of sudo goes.
const (
	PerRun  = "run"
	PerHost = "host"
	PerTag  = "tag" // the first one
)

// SamePassword groups hosts that are taken to want the same password.
func SamePassword(hosts []string, per string, firstTag func(host string) string) [][]string {
	var order []string
	by := map[string][]string{}
	for _, h := range hosts {
		key := ""
		switch per {
		case PerHost:
			key = h
		case PerTag:
			key = firstTag(h)
		}
		if by[key] == nil {
			order = append(order, key)
		}
		by[key] = append(by[key], h)
	}
	groups := make([][]string, 0, len(order))
	for _, key := range order {
		groups = append(groups, by[key])
	}
	return groups
}

// pipe returns the end of a pipe from which the passwords of hosts can be
// read; without any there is nothing to read. A pipe holds more than they can
// be long, or the rest is left out: whoever lacks one asks for it.
func (p Passwords) pipe(hosts []string) (*os.File, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	room := pipeHolds
	for _, host := range hosts {
		secret := p[host]
		if secret.Bytes() == nil || room < len(host)+len(secret.Line())+1 {
			continue
		}
		room -= len(host) + len(secret.Line()) + 1
		_, err1 := write.Write([]byte(host + "\n"))
		_, err2 := write.Write(secret.Line())
		err = errors.Join(err, err1, err2)
	}
	if err := errors.Join(err, write.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("passing passwords on: %w", err), read.Close())
	}
	return read, nil
}

// readPasswords reads what pipe wrote. Passwords that are the same share memory.
func readPasswords(r io.Reader) (Passwords, error) {
	p := Passwords{}
	for {
		host, err := shortLine(r)
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return p, fmt.Errorf("taking over passwords: %w", err)
		}
		secret, err := sshutil.ReadSecret(r)
		if err != nil {
			return p, fmt.Errorf("taking over passwords: %w", err)
		}
		p[string(host)] = p.same(secret)
	}
}

// same is the secret, or an equal one that is there already.
func (p Passwords) same(secret *sshutil.Secret) *sshutil.Secret {
	for _, have := range p {
		if bytes.Equal(have.Bytes(), secret.Bytes()) {
			secret.Wipe()
			return have
		}
	}
	return secret
}

// InheritedPasswords are those that whoever started this supervisor has handed
// to it: none when it takes over a run that has lost its own.
func InheritedPasswords() (Passwords, error) {
	const fdPasswords = 4
	pipe := os.NewFile(fdPasswords, "passwords")
	if pipe == nil {
		return nil, nil
	}
	defer pipe.Close()
	return readPasswords(pipe)
}

// wrongWords say that a password was refused, for the last time.
func wrongWords(host string, tries int) string {
	return fmt.Sprintf("sudo on %s did not take the password (%s)", host, strings.TrimSuffix(strings.Repeat("wrong, ", tries), ", "))
}
