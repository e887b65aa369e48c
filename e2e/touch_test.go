//go:build lab

package e2e

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"nixfleet-tui/internal/sshdtest"
)

// keyToTouch is an ssh-agent with a FIDO key made of software, and a certificate
// for it. It signs when somebody has touched it.
type keyToTouch struct {
	agent.Agent // an empty one, for all that is not asked of it here

	public  ssh.PublicKey
	cert    *ssh.Certificate
	private ed25519.PrivateKey

	mu      sync.Mutex
	count   uint32
	touches chan struct{}
}

const touchApplication = "ssh:"

// newKeyToTouch makes the key, with a certificate of authority for a principal.
func newKeyToTouch(t *testing.T, authority ssh.Signer, principal string) *keyToTouch {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParsePublicKey(ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, touchApplication}))
	if err != nil {
		t.Fatal(err)
	}
	cert := &ssh.Certificate{Key: key, CertType: ssh.UserCert, KeyId: "touched", ValidPrincipals: []string{principal},
		ValidBefore: ssh.CertTimeInfinity, Permissions: ssh.Permissions{Extensions: map[string]string{"permit-agent-forwarding": ""}}}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	return &keyToTouch{Agent: agent.NewKeyring(), public: key, cert: cert, private: private, touches: make(chan struct{})}
}

func (k *keyToTouch) List() ([]*agent.Key, error) {
	return []*agent.Key{
		{Format: k.cert.Type(), Blob: k.cert.Marshal(), Comment: "blue key"},
		{Format: k.public.Type(), Blob: k.public.Marshal(), Comment: "blue key"},
	}, nil
}

// Sign waits for a touch.
func (k *keyToTouch) Sign(_ ssh.PublicKey, message []byte) (*ssh.Signature, error) {
	if _, touched := <-k.touches; !touched {
		return nil, errors.New("nobody touches it")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.count++
	const present = 1
	rest := binary.BigEndian.AppendUint32([]byte{present}, k.count)
	application, digest := sha256.Sum256([]byte(touchApplication)), sha256.Sum256(message)
	signed := append(append(application[:], rest...), digest[:]...)
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(k.private, signed), Rest: rest}, nil
}

// serve is there at socket until the test ends.
func (k *keyToTouch) serve(t *testing.T, socket string) {
	t.Helper()
	sshdtest.ServeAgent(t, socket, k)
	t.Cleanup(func() { close(k.touches) })
}

// askAgent is what asks the forwarded agent in pam_ussh's place, as that does:
// for its list and then for a signature, with the environment of sudo itself.
const askAgent = `#!/bin/sh -p
SSH_AUTH_SOCK=$(tr '\0' '\n' <"/proc/$PPID/environ" | sed -n 's/^SSH_AUTH_SOCK=//p')
export SSH_AUTH_SOCK
ssh-add -l >/dev/null 2>&1 && exec ssh-add -T /etc/ssh/touched.pub >/dev/null 2>&1
`

// A FIDO key by which sudo works: how often it is to be touched is said
// beforehand, and which key for which host when it is asked for.
func TestTouchIsTold(t *testing.T) {
	need(t, "h2")
	s := bySudoAgent(t, "h2")
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key := newKeyToTouch(t, authority, "ops")
	key.serve(t, file(s.dir+"/fido"))
	s.setUp("ops ALL=(ALL:ALL) ALL\n", "auth sufficient pam_ussh.so quiet seteuid /usr/local/sbin/ask-agent", "")
	module := strings.TrimSuffix(s.module, "ssh_agent_auth.so")
	s.onHost("cp %s %s", root("h2", module+"exec.so"), root("h2", module+"ussh.so"))
	for path, content := range map[string]string{
		"usr/local/sbin/ask-agent": askAgent, "etc/ssh/touched.pub": string(ssh.MarshalAuthorizedKey(key.public)),
		"etc/ssh/trusted_user_ca": string(ssh.MarshalAuthorizedKey(authority.PublicKey())),
	} {
		s.onHost("printf '%%s' %s >%s && chmod 755 %[2]s", quoted(content), root("h2", path))
		t.Cleanup(func() { s.onHost("rm -f %s", root("h2", path)) })
	}
	t.Cleanup(func() { s.onHost("rm -f %s", root("h2", filepath.Join(module+"ussh.so"))) })

	c := s.onConsole(s.command("export SSH_AUTH_SOCK=" + s.dir + "/fido; exec nixfleet-tui boot --on h2 --plain"))
	c.await("2 touches of your security key: 2 for sudo")
	c.answer("[y/N]", "y")
	c.await("touch your security key: blue key " + ssh.FingerprintSHA256(key.public))
	key.touches <- struct{}{}
	c.await("touch your security key: blue key")
	key.touches <- struct{}{}
	if code := c.code(); code != 0 {
		t.Errorf("it exited with %d\n%s", code, c.text())
	}
}
