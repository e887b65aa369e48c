package demo

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"nixfleet-tui/sshutil"
)

// The demo's certificate is as those of its fleet.nix: good for a working day.
const (
	certificateFor    = 20 * time.Hour
	certificateAnew   = 5 * time.Hour // so that it is never about to lapse, at whatever hour the demo is tried
	certificatesFile  = "/etc/ssh/trusted_user_ca"
	certificateNeeded = "sudoer"
)

// seededKey is a key that follows from a name. It guards nothing.
func seededKey(name string) (ssh.Signer, error) {
	seed := sha256.Sum256([]byte("nixfleet demo " + name))
	return ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(seed[:]))
}

// authority is the one of the demo's fleet.nix: a security key, made of software.
type authority struct {
	public  ssh.PublicKey
	private ed25519.PrivateKey
}

const authorityApplication = "ssh:"

func newAuthority() (*authority, error) {
	seed := sha256.Sum256([]byte("nixfleet demo authority"))
	private := ed25519.NewKeyFromSeed(seed[:])
	blob := ssh.Marshal(struct {
		Kind        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, private.Public().(ed25519.PublicKey), authorityApplication})
	public, err := ssh.ParsePublicKey(blob)
	return &authority{public, private}, err
}

// PublicKey implements ssh.Signer.
func (a *authority) PublicKey() ssh.PublicKey { return a.public }

// Sign implements ssh.Signer. Nobody has to touch anything.
func (a *authority) Sign(_ io.Reader, data []byte) (*ssh.Signature, error) {
	const touched, counter = 1, 1
	rest := binary.BigEndian.AppendUint32([]byte{touched}, counter)
	application, digest := sha256.Sum256([]byte(authorityApplication)), sha256.Sum256(data)
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Rest: rest,
		Blob: ed25519.Sign(a.private, slices.Concat(application[:], rest, digest[:]))}, nil
}

// Agent is what the agent of the demo's person holds: a key, and a certificate
// for it by the fleet's authority, which is made anew a few times a day.
func Agent(now time.Time) (sshutil.SudoAgent, error) {
	a := sshutil.SudoAgent{Program: "ssh-agent"}
	signer, err := newAuthority()
	if err != nil {
		return a, err
	}
	key, err := seededKey("person")
	if err != nil {
		return a, err
	}
	from := now.Truncate(certificateAnew)
	cert := &ssh.Certificate{
		Key: key.PublicKey(), CertType: ssh.UserCert, KeyId: "korfuri@laptop", Serial: 1, ValidPrincipals: []string{certificateNeeded, "korfuri"},
		ValidAfter: uint64(from.Unix()), ValidBefore: uint64(from.Add(certificateFor).Unix()),
		Permissions: ssh.Permissions{Extensions: map[string]string{"permit-agent-forwarding": "", "permit-pty": ""}},
	}
	nonces := bytes.NewReader(make([]byte, 1<<10)) // it is the same certificate each time
	if err := cert.SignCert(nonces, signer); err != nil {
		return a, fmt.Errorf("making the demo's certificate: %w", err)
	}
	for _, public := range []ssh.PublicKey{key.PublicKey(), cert} {
		a.Keys = append(a.Keys, sshutil.AgentKey{Public: public, Kind: public.Type(), Comment: "korfuri@laptop"})
	}
	return a, nil
}

// sudoSetup is how a host of the demo lets people become root: by pam_ussh, as
// its NixOS module sets that up.
func sudoSetup() []answer {
	signer, err := newAuthority()
	if err != nil {
		return nil // then nothing is told of it, as on a host that does not tell
	}
	return []answer{
		{"home", "/home/korfuri"},
		{"sudo", "-Sudo version 1.9.17p2"},
		{"sudoers 1", "-root ALL=(ALL:ALL) SETENV: ALL."},
		{"sudoers 2", "-%wheel ALL=(ALL:ALL) SETENV: ALL."},
		{"pam sudo 1", "-account required pam_unix.so # unix (order 10900)."},
		{"pam sudo 2", "-auth sufficient pam_ussh.so authorized_principals=" + certificateNeeded + " ca_file=" + certificatesFile + " # ussh (order 11000)."},
		{"pam sudo 3", "-auth sufficient pam_unix.so likeauth try_first_pass # unix (order 11600)."},
		{"pam sudo 4", "-auth required pam_deny.so # deny (order 12300)."},
		{"file 1", "-" + certificatesFile + "."},
		{"file 1 line 1", "-" + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))) + "."},
		{"mode " + certificatesFile, "444 0"},
		{"password", "P"},
	}
}
