package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// module is one call of pam_ussh.
type module struct {
	scene         Scene
	now           time.Time
	caFile, group string
	principals    map[string]bool
}

// authenticate is nil when sudo is let through.
func (m *module) authenticate() error {
	m.principals = map[string]bool{}
	for _, option := range m.scene.Options {
		if err := m.option(strings.Split(option, "=")); err != nil {
			return err
		}
	}
	if m.group != "" && !slices.Contains(m.scene.Groups, m.group) {
		return nil // who is not in the group is none of its business
	}
	if !m.scene.Socket {
		return errors.New("no SSH_AUTH_SOCK")
	}
	return m.askAgent()
}

// option takes one option. That some have no value is not expected: then the
// index is out of range.
func (m *module) option(parts []string) error {
	switch parts[0] {
	case "ca_file":
		m.caFile = parts[1]
	case "group":
		m.group = parts[1]
	case "authorized_principals":
		for _, p := range strings.Split(parts[1], ",") {
			m.principals[p] = true
		}
	case "authorized_principals_file":
		f, there := m.scene.Files[parts[1]] // as root, who may read everything
		if !there {
			return errors.New("no file of principals")
		}
		m.principals = map[string]bool{}
		for line := range strings.Lines(f.Content) {
			m.principals[strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")] = true
		}
	}
	return nil
}

// askAgent goes through what the agent holds, in its order.
func (m *module) askAgent() error {
	here, there := net.Pipe()
	defer here.Close()
	go func() {
		defer there.Close()
		agent.ServeAgent(holder(m.scene.Agent), there) // ends when here is closed
	}()
	client := agent.NewClient(here)
	keys, err := client.List()
	if err != nil {
		return err
	}
	authorities, err := m.authorities()
	if err != nil {
		return err
	}
	for _, key := range keys {
		public, err := ssh.ParsePublicKey(key.Marshal())
		if err != nil {
			continue
		}
		cert, is := public.(*ssh.Certificate)
		if !is || !m.accepts(cert, authorities) {
			continue
		}
		if err := prove(client, cert); err != nil {
			return err // without a look at those that follow
		}
		if len(m.principals) == 0 {
			_ = cert.ValidPrincipals[0] // it goes into the log
			return nil
		}
		if slices.ContainsFunc(cert.ValidPrincipals, func(p string) bool { return m.principals[p] }) {
			return nil
		}
	}
	return errors.New("no certificate is good")
}

// authorities are the keys that may sign certificates; the file is read as the user.
func (m *module) authorities() ([]ssh.PublicKey, error) {
	f, there := m.scene.Files[m.caFile]
	if !there || f.Secret {
		return nil, fmt.Errorf("cannot read %s", m.caFile)
	}
	var keys []ssh.PublicKey
	rest := []byte(f.Content)
	for len(rest) > 0 {
		key, _, _, after, err := ssh.ParseAuthorizedKey(rest)
		if err == nil {
			keys = append(keys, key)
		}
		rest = after
	}
	return keys, nil
}

// accepts judges a certificate by the rules of 2022.
func (m *module) accepts(cert *ssh.Certificate, authorities []ssh.PublicKey) bool {
	checker := ssh.CertChecker{Clock: func() time.Time { return m.now }}
	if checker.CheckCert(m.scene.User, cert) != nil {
		return false
	}
	return slices.ContainsFunc(authorities, func(k ssh.PublicKey) bool { return bytes.Equal(k.Marshal(), cert.SignatureKey.Marshal()) })
}

// prove has the agent sign something that it cannot have seen before.
func prove(client agent.Agent, cert *ssh.Certificate) error {
	challenge := make([]byte, 32)
	if _, err := rand.Read(challenge); err != nil {
		return err
	}
	signature, err := client.Sign(cert, challenge)
	if err != nil {
		return err
	}
	return cert.Verify(challenge, signature)
}
