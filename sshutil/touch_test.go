package sshutil

import (
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// TestMasterWithoutTouch: the ssh program too leaves keys alone that want a
// touch, until a person was told; then one touch does for all that share the login.
func TestMasterWithoutTouch(t *testing.T) {
	a := &touchAgent{Agent: agent.NewKeyring(), key: newSoftKey(t)}
	s := startSSHD(t)
	write(t, filepath.Join(s.Dir, "authorized_keys"), string(ssh.MarshalAuthorizedKey(a.key.public)))
	p := newPlace(t, s, vouch(t, s), "Host host", "IdentitiesOnly no", "IdentityFile none", "IdentityAgent "+serveAgent(t, a))
	target, err := p.dialer().shared().resolver.Resolve(t.Context(), "host")
	if err != nil {
		t.Fatal(err)
	}
	m := newMaster(t, p)
	everything := m.Options
	m.Options = append(target.WithoutTouch(), everything...)
	wantKind(t, m.Open(t.Context()), KindAuthRejected)
	if got := a.touches.Load(); got != 0 {
		t.Errorf("%d touches that nobody was told of", got)
	}
	m.Options = everything
	for range 2 {
		if err := m.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Run(t.Context(), Command{Line: "true"}); err != nil {
			t.Error(err)
		}
	}
	if got := a.touches.Load(); got != 1 {
		t.Errorf("%d touches for one login", got)
	}
}
