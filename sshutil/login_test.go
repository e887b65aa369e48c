package sshutil

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agentHost is a fleet of one host whose person has only an agent.
func agentHost(t *testing.T, socket string, prepare ...func(*fakeHost)) (*fleet, *fakeHost, *Dialer) {
	t.Helper()
	f := newFleet(t)
	h := newFakeHost(t, prepare...)
	f.add("h", h.port, h.signer.PublicKey())
	f.change("h", func(t *Target) { t.IdentityFiles = nil })
	d := f.dialer()
	d.AgentSocket = socket
	return f, h, d
}

// fill adds n keys to a keyring and returns the last one.
func fill(t *testing.T, keyring agent.Agent, n int) ssh.PublicKey {
	t.Helper()
	var last ssh.PublicKey
	for range n {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := keyring.Add(agent.AddedKey{PrivateKey: private}); err != nil {
			t.Fatal(err)
		}
		if last, err = ssh.NewPublicKey(public); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

func TestAgentIsGone(t *testing.T) {
	noLeaks(t)
	_, _, d := agentHost(t, filepath.Join(t.TempDir(), "nowhere"))
	_, err := d.Dial(context.Background(), "h")
	wantKind(t, err, KindAgentGone)
}

// TestAgentHangs: an agent that never answers costs two seconds, and a key
// file still logs in.
func TestAgentHangs(t *testing.T) {
	noLeaks(t)
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // connections stay in its queue
	f, _, d := agentHost(t, socket)
	_, err = d.Dial(context.Background(), "h")
	wantKind(t, err, KindAgentGone)
	f.change("h", func(tt *Target) { tt.IdentityFiles = []string{filepath.Join(f.dir, "id")} })
	dial(t, d, "h")
}

func TestAgentTalksGarbage(t *testing.T) {
	noLeaks(t)
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, "\x00\x00\x00\x09\x0c\x00\x00\x00\x01\xff\xff\xff\xff")
			conn.Close()
		}
	})
	defer serving.Wait()
	defer l.Close()
	_, _, d := agentHost(t, socket)
	_, err = d.Dial(context.Background(), "h")
	wantKind(t, err, KindAgentGone)
}

func TestAgentWithFiveHundredKeys(t *testing.T) {
	noLeaks(t)
	keyring := agent.NewKeyring()
	fill(t, keyring, 500)
	_, h, d := agentHost(t, serveAgent(t, keyring), func(h *fakeHost) { h.refuse = errRefused })
	_, err := d.Dial(context.Background(), "h")
	wantKind(t, err, KindAuthRejected)
	if h.offered() != offersPerLogin {
		t.Errorf("%d keys were offered", h.offered())
	}
}

// TestFirstKeyRefuses: the second key logs in although the agent would not
// sign with the first.
func TestFirstKeyRefuses(t *testing.T) {
	noLeaks(t)
	keyring := agent.NewKeyring()
	fill(t, keyring, 2)
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := keyring.Add(agent.AddedKey{PrivateKey: private, Comment: "good"}); err != nil {
		t.Fatal(err)
	}
	_, _, d := agentHost(t, serveAgent(t, refusing{keyring, "good"}))
	dial(t, d, "h")
	_, _, d = agentHost(t, serveAgent(t, refusing{keyring, "none"}))
	_, err = d.Dial(context.Background(), "h")
	wantKind(t, err, KindAgentRefused)
}

// touchAgent holds one hardware key.
type touchAgent struct {
	agent.Agent
	key     *softKey
	touches atomic.Int32
}

func (a *touchAgent) List() ([]*agent.Key, error) {
	return []*agent.Key{{Format: a.key.public.Type(), Blob: a.key.public.Marshal(), Comment: "yubikey"}}, nil
}

func (a *touchAgent) Sign(_ ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	a.touches.Add(1)
	return a.key.Sign(rand.Reader, data)
}

func TestTouchOnlyWhenAsked(t *testing.T) {
	a := &touchAgent{Agent: agent.NewKeyring(), key: newSoftKey(t)}
	s := startSSHD(t)
	write(t, filepath.Join(s.Dir, "authorized_keys"), string(ssh.MarshalAuthorizedKey(a.key.public)))
	p := newPlace(t, s, vouch(t, s), "Host host", "IdentitiesOnly no", "IdentityFile none")
	d := p.dialer()
	d.AgentSocket = serveAgent(t, a)
	_, err := d.Dial(context.Background(), "host")
	e := wantKind(t, err, KindNeedsTouch)
	if a.touches.Load() != 0 {
		t.Error("somebody was asked for a touch")
	}
	if !strings.Contains(e.Message, "yubikey") {
		t.Errorf("%q does not name the key", e.Message)
	}
	c, err := d.DialTouch(context.Background(), "host")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if a.touches.Load() != 1 || !c.Touched() {
		t.Errorf("%d touches, %t", a.touches.Load(), c.Touched())
	}
}

// TestTouchIsForEverybody: who reads all the time never asks for a touch; when
// a person did once, all others have the connection too.
func TestTouchIsForEverybody(t *testing.T) {
	noLeaks(t)
	a := &touchAgent{Agent: agent.NewKeyring(), key: newSoftKey(t)}
	_, _, d := agentHost(t, serveAgent(t, a))
	p := NewPool(d)
	defer p.Close()
	_, err := p.Run(t.Context(), "h", Command{Line: "true"})
	wantKind(t, err, KindNeedsTouch)
	var opening sync.WaitGroup
	for range 4 {
		opening.Go(func() {
			if _, err := p.ClientTouch(t.Context(), "h"); err != nil {
				t.Error(err)
			}
		})
	}
	opening.Wait()
	if _, err := p.Run(t.Context(), "h", Command{Line: "true"}); err != nil {
		t.Error(err)
	}
	if got := a.touches.Load(); got != 1 {
		t.Errorf("%d touches", got)
	}
}

// TestTouchKeyFile: a hardware key that is only a file counts too.
func TestTouchKeyFile(t *testing.T) {
	noLeaks(t)
	f, h, d := agentHost(t, "")
	key := filepath.Join(f.dir, "id_ed25519_sk")
	write(t, key, "-----BEGIN OPENSSH PRIVATE KEY-----\n")
	write(t, key+".pub", string(ssh.MarshalAuthorizedKey(newSoftKey(t).public)))
	f.change("h", func(t *Target) { t.IdentityFiles = []string{key} })
	_, err := d.Dial(context.Background(), "h")
	wantKind(t, err, KindNeedsTouch)
	if h.offered() != 0 {
		t.Error("it was offered")
	}
}

// TestAgentIsReadAgain: what the agent lists now counts, not what it listed.
func TestAgentIsReadAgain(t *testing.T) {
	noLeaks(t)
	keyring := agent.NewKeyring()
	_, _, d := agentHost(t, serveAgent(t, keyring))
	now := time.Now()
	d.Now = func() time.Time { return now }
	_, err := d.Dial(context.Background(), "h")
	wantKind(t, err, KindAuthNoKeys)
	fill(t, keyring, 1)
	now = now.Add(2 * agentListFresh)
	dial(t, d, "h")
}

// TestManyDialsAskTheAgentOnce counts how often the agent is asked.
func TestManyDialsAskTheAgentOnce(t *testing.T) {
	noLeaks(t)
	keyring := agent.NewKeyring()
	fill(t, keyring, 1)
	counting := &countingAgent{Agent: keyring}
	_, _, d := agentHost(t, serveAgent(t, counting))
	now := time.Now() // however long they take, it is the same moment
	d.Now = func() time.Time { return now }
	var dialling sync.WaitGroup
	for range 20 {
		dialling.Go(func() {
			c, err := d.Dial(context.Background(), "h")
			if err != nil {
				t.Error(err)
				return
			}
			c.Close()
		})
	}
	dialling.Wait()
	if got := counting.lists.Load(); got != 1 {
		t.Errorf("the agent was asked %d times", got)
	}
}

type countingAgent struct {
	agent.Agent
	lists atomic.Int32
}

func (a *countingAgent) List() ([]*agent.Key, error) {
	a.lists.Add(1)
	return a.Agent.List()
}

// TestAgentForwarding: only a command that wants it sees the agent.
func TestAgentForwarding(t *testing.T) {
	s := startSSHD(t)
	keyring := agent.NewKeyring()
	want := ssh.FingerprintSHA256(fill(t, keyring, 1))
	p := newPlace(t, s, vouch(t, s))
	d := p.dialer()
	d.AgentSocket = serveAgent(t, keyring)
	c := dial(t, d, "host")
	for range 2 {
		r, err := c.Run(context.Background(), Command{Line: "ssh-add -l", ForwardAgent: true})
		if err != nil || !strings.Contains(string(r.Stdout), want) {
			t.Errorf("with forwarding: %q %q %v", r.Stdout, r.Stderr, err)
		}
	}
	r, err := c.Run(context.Background(), Command{Line: "echo $SSH_AUTH_SOCK"})
	if err != nil || strings.TrimSpace(string(r.Stdout)) != "" {
		t.Errorf("without: %q %v", r.Stdout, err)
	}
}

func TestAgentForwardingRefused(t *testing.T) {
	s := startSSHD(t, "AllowAgentForwarding no")
	p := newPlace(t, s, vouch(t, s))
	d := p.dialer()
	c := dial(t, d, "host")
	_, err := c.Run(context.Background(), Command{Line: "true", ForwardAgent: true})
	wantKind(t, err, KindAgentGone)
	d.AgentSocket = serveAgent(t, agent.NewKeyring())
	c = dial(t, d, "host")
	_, err = c.Run(context.Background(), Command{Line: "true", ForwardAgent: true})
	wantKind(t, err, KindExecFailed)
}

// TestOrderOfOffers has a bit of everything.
func TestOrderOfOffers(t *testing.T) {
	r := newRing(t)
	now := time.Now()
	file := func(name string) keyFile { return loadKey(filepath.Join(r.dir, name)) }
	inAgent := func(name string) agentKey { return agentKey{file(name).public, name} }
	stolen := agentKey{file("ucert").cert, "ucert"}
	k := keyring{
		target: Target{User: me(t)},
		files:  []keyFile{file("stranger"), file("uother"), file("id")},
		agent:  []agentKey{inAgent("rsa"), inAgent("id"), stolen},
		sign:   func(key ssh.PublicKey) ssh.Signer { return newAgentSigner(context.Background(), "/nowhere", key) },
		now:    now,
	}
	var got []string
	for _, o := range k.arrange(offers{}).list {
		got = append(got, strings.TrimPrefix(o.name, r.dir+"/"))
	}
	want := []string{"agent key ucert", "uother-cert.pub", "id", "agent key rsa", "stranger", "uother"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	k.target.IdentitiesOnly = true
	got = nil
	for _, o := range k.arrange(offers{}).list {
		got = append(got, strings.TrimPrefix(o.name, r.dir+"/"))
	}
	want = []string{"uother-cert.pub", "id", "stranger", "uother"}
	if !slices.Equal(got, want) {
		t.Errorf("with IdentitiesOnly: got %q, want %q", got, want)
	}
}
