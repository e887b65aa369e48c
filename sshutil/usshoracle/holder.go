package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// holder is an agent that holds identities and nothing else, and signs as
// OpenSSH's does.
type holder []Identity

var errNotHere = errors.New("this agent only lists and signs")

// List implements agent.Agent.
func (h holder) List() ([]*agent.Key, error) {
	var keys []*agent.Key
	for _, i := range h {
		var kind struct {
			Name string
			Rest []byte `ssh:"rest"`
		}
		if err := ssh.Unmarshal(i.Blob, &kind); err != nil {
			return nil, err
		}
		keys = append(keys, &agent.Key{Format: kind.Name, Blob: i.Blob})
	}
	return keys, nil
}

// Sign implements agent.Agent. With a FIDO key that is not for SSH it signs
// nothing that does not look like SSH.
func (h holder) Sign(key ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	for _, i := range h {
		if !bytes.Equal(i.Blob, key.Marshal()) || i.Private == nil {
			continue
		}
		if i.Application != "" {
			return i.signFIDO(data)
		}
		private, err := x509.ParsePKCS8PrivateKey(i.Private)
		if err != nil {
			return nil, err
		}
		signer, err := ssh.NewSignerFromKey(private)
		if err != nil {
			return nil, err
		}
		return signer.Sign(rand.Reader, data)
	}
	return nil, errors.New("no such key")
}

func (i Identity) signFIDO(data []byte) (*ssh.Signature, error) {
	if !strings.HasPrefix(i.Application, "ssh:") {
		return nil, errors.New("refused to sign what is not of SSH")
	}
	const touched = 1
	rest := binary.BigEndian.AppendUint32([]byte{touched}, 7)
	application, digest := sha256.Sum256([]byte(i.Application)), sha256.Sum256(data)
	message := append(append(application[:], rest...), digest[:]...)
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(ed25519.NewKeyFromSeed(i.Private), message), Rest: rest}, nil
}

func (h holder) Add(agent.AddedKey) error       { return errNotHere }
func (h holder) Remove(ssh.PublicKey) error     { return errNotHere }
func (h holder) RemoveAll() error               { return errNotHere }
func (h holder) Lock([]byte) error              { return errNotHere }
func (h holder) Unlock([]byte) error            { return errNotHere }
func (h holder) Signers() ([]ssh.Signer, error) { return nil, errNotHere }
