package sshutil

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// network is what fake hosts are reached over. While it is cut nothing arrives
// and nobody is told, as with a laptop that was carried elsewhere.
type network struct {
	cut    atomic.Bool
	lost   atomic.Int32 // what hosts were sent in vain
	logins atomic.Int32
}

// lossy is one connection of a network, seen from the host.
type lossy struct {
	net.Conn
	over *network
}

func (l lossy) Read(p []byte) (int, error) {
	for {
		n, err := l.Conn.Read(p)
		if err != nil || !l.over.cut.Load() {
			return n, err
		}
		l.over.lost.Add(1)
	}
}

func (l lossy) Write(p []byte) (int, error) {
	if l.over.cut.Load() {
		return len(p), nil
	}
	return l.Conn.Write(p)
}

// throughNetwork is a fleet of hosts h0 to hN behind a network.
func throughNetwork(t *testing.T, n int) (*fleet, *network) {
	t.Helper()
	f, over := newFleet(t), &network{}
	for i := range n {
		h := newFakeHost(t)
		port := listen(t, func(conn net.Conn) {
			over.logins.Add(1)
			h.serve(lossy{conn, over})
		})
		f.add(fmt.Sprintf("h%d", i), port, h.signer.PublicKey())
	}
	return f, over
}

// clock is a wall clock that can be set.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Round(0).Add(time.Duration(c.ahead.Load())) }

// TestSleep: forty connections are open when the lid is closed. Hours later the
// clock has jumped and no link works any more. All that is noticed long before
// their patience would end, nothing waits for it, and all are made anew once.
func TestSleep(t *testing.T) {
	const hosts = 40
	noLeaks(t)
	f, over := throughNetwork(t, hosts)
	for name := range f.targets {
		f.change(name, func(t *Target) { t.ServerAliveInterval, t.ServerAliveCountMax = 100*time.Millisecond, 6000 })
	}
	var wall clock
	d := f.dialer()
	d.Now = wall.now
	p := NewPool(d)
	defer p.Close()
	var open []*Client
	for i := range hosts {
		c, err := p.Client(t.Context(), fmt.Sprintf("h%d", i))
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	over.cut.Store(true)
	wall.ahead.Store(int64(8 * time.Hour))
	late := time.After(doubtPatience + forEver)
	for i, c := range open {
		select {
		case <-c.Done():
		case <-late:
			t.Fatalf("the connection to h%d is still taken to be good", i)
		}
	}
	over.cut.Store(false)
	before := over.logins.Load()
	var asking sync.WaitGroup
	for i := range hosts {
		asking.Go(func() {
			if _, err := p.Run(context.Background(), fmt.Sprintf("h%d", i), Command{Line: "true"}); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	if got := over.logins.Load() - before; got != hosts {
		t.Errorf("%d logins for %d hosts", got, hosts)
	}
}

// TestSleepWhileAsking: the lid is closed while an answer is waited for, which
// is lost. What is left of the patience for it would be waited for in vain.
func TestSleepWhileAsking(t *testing.T) {
	noLeaks(t)
	f, over := throughNetwork(t, 1)
	f.change("h0", func(t *Target) { t.ServerAliveInterval, t.ServerAliveCountMax = 10*time.Millisecond, 60_000 })
	var wall clock
	d := f.dialer()
	d.Now = wall.now
	c := dial(t, d, "h0")
	over.cut.Store(true)
	for over.lost.Load() == 0 {
		runtime.Gosched()
	}
	wall.ahead.Store(int64(8 * time.Hour))
	select {
	case <-c.Done():
	case <-time.After(doubtPatience + forEver):
		t.Fatal("the dead link was not noticed")
	}
}

// TestDeadLinkIsDoubted: who waited in vain has the link tried, without waiting
// for the next keepalive.
func TestDeadLinkIsDoubted(t *testing.T) {
	noLeaks(t)
	f, over := throughNetwork(t, 1)
	f.change("h0", func(t *Target) { t.ServerAliveInterval = time.Hour })
	c := dial(t, f.dialer(), "h0")
	slow, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	over.cut.Store(true)
	_, err := c.Run(slow, Command{Line: "true"})
	wantKind(t, err, KindTimeout)
	select {
	case <-c.Done():
	case <-time.After(doubtPatience + forEver):
		t.Fatal("the dead link was not noticed")
	}
}

// TestClockSetBack: what was learned a moment ago is not kept for hours.
func TestClockSetBack(t *testing.T) {
	noLeaks(t)
	keyring := agent.NewKeyring()
	_, _, d := agentHost(t, serveAgent(t, keyring))
	var wall clock
	d.Now = wall.now
	_, err := d.Dial(t.Context(), "h")
	wantKind(t, err, KindAuthNoKeys)
	fill(t, keyring, 1)
	wall.ahead.Store(int64(-time.Hour))
	dial(t, d, "h")
}

// TestCertificateExpiresMeanwhile: what a deployment has open goes on when the
// certificate that it was opened with ends; a new login is refused with that
// reason, as ssh is, and works again with a new certificate.
func TestCertificateExpiresMeanwhile(t *testing.T) {
	s := startSSHD(t)
	keyring := agent.NewKeyring()
	authority := newSigner(t)
	write(t, filepath.Join(s.Dir, "authorized_keys"), "cert-authority "+string(ssh.MarshalAuthorizedKey(authority.PublicKey())))
	socket := serveAgent(t, keyring)
	p := newPlace(t, s, vouch(t, s), "Host host", "IdentityFile none", "IdentitiesOnly no", "IdentityAgent "+socket)
	master := newMaster(t, p) // what nixos-rebuild's processes share
	pool := NewPool(p.dialer())
	defer pool.Close()
	<-time.After(time.Until(logInBriefly(t, keyring, authority, master, pool)))

	for name, r := range map[string]interface {
		Run(context.Context, Command) (Result, error)
	}{"master": master, "connection": dialled(t, pool)} {
		if r, err := r.Run(t.Context(), Command{Line: "echo still"}); err != nil || string(r.Stdout) != "still\n" {
			t.Errorf("over the %s that was open: %q, %v", name, r.Stdout, err)
		}
	}
	pool.Drop("host")
	_, err := pool.Run(t.Context(), "host", Command{Line: "true"})
	e := wantKind(t, err, KindAuthRejected)
	if !strings.Contains(e.Message, "expired at") || e.Hint != "get a new certificate" {
		t.Errorf("%q, %q", e.Message, e.Hint)
	}
	refused := <-askOpenSSH(t, situation{}, p.config, socket)
	if refused.err == nil {
		t.Error("ssh still gets in")
	}
	if err := keyring.RemoveAll(); err != nil {
		t.Fatal(err)
	}
	holdCertificate(t, keyring, authority, time.Now().Add(time.Hour))
	<-time.After(agentListFresh)
	if _, err := pool.Run(t.Context(), "host", Command{Line: "true"}); err != nil {
		t.Errorf("with a new certificate: %v", err)
	}
}

// logInBriefly logs in both ways with a certificate that ends soon, and says
// when. On a slow machine soon is later: a certificate that ended before both
// were there is followed by one of four times its life.
func logInBriefly(t *testing.T, keyring agent.Agent, authority ssh.Signer, master *Master, pool *Pool) (ends time.Time) {
	t.Helper()
	for life := 3 * time.Second; life < 4*time.Minute; life *= 4 {
		if err := keyring.RemoveAll(); err != nil {
			t.Fatal(err)
		}
		ends = time.Now().Add(life).Truncate(time.Second)
		holdCertificate(t, keyring, authority, ends)
		err := master.Open(t.Context())
		if err == nil {
			_, err = pool.Run(t.Context(), "host", Command{Line: "true"})
		}
		switch {
		case time.Now().After(ends):
			<-time.After(agentListFresh) // until the next one is seen
		case err != nil:
			t.Fatal(err)
		default:
			return ends
		}
	}
	t.Fatal("nobody logged in within three minutes")
	return ends
}

// dialled is the pool's connection to host, which is open.
func dialled(t *testing.T, p *Pool) *Client {
	t.Helper()
	c, err := p.Client(t.Context(), "host")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// holdCertificate gives an agent a key with a certificate for us.
func holdCertificate(t *testing.T, keyring agent.Agent, authority ssh.Signer, ends time.Time) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	cert := &ssh.Certificate{
		Key: public, CertType: ssh.UserCert, KeyId: "short", ValidPrincipals: []string{me(t)},
		ValidAfter: uint64(time.Now().Add(-time.Hour).Unix()), ValidBefore: uint64(ends.Unix()),
		Permissions: ssh.Permissions{Extensions: map[string]string{"permit-agent-forwarding": ""}},
	}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	if err := keyring.Add(agent.AddedKey{PrivateKey: private, Certificate: cert, Comment: "short"}); err != nil {
		t.Fatal(err)
	}
}
