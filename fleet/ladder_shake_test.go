package fleet

import (
	"context"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"nixfleet-tui/sshutil"
)

const (
	serveReply = 0x5452eecb
	serveOneOf = 2<<8 | 7
)

// TestLegacyBuilders climbs builders that are listed as ssh://, to which Nix
// speaks another protocol than that of the daemon.
func TestLegacyBuilders(t *testing.T) {
	answers := spoken(serveReply, serveOneOf, 1, rungSystem)
	for name, c := range map[string]struct {
		serves, says []byte
		states       string // from the login on
		reason       string
	}{
		"speaks both":      {answers, goodBench().says, "handshake=ok trust=ok store=ok declared=ok disk=ok", ""},
		"forced to one":    {answers, answers, "handshake=ok trust=unknown store=ok declared=ok disk=ok", "does not tell whom it trusts"},
		"has no nix-store": {nil, goodBench().says, "handshake=bad", "nix-store hung up"},
		"prints a banner":  {[]byte("Welcome to b!\n  and good day"), goodBench().says, "handshake=bad", "Welcome to b!"},
		"has no daemon":    {spoken(serveReply, serveOneOf), nil, "handshake=bad", "the nix daemon hung up"},
		"lost its system":  {spoken(serveReply, serveOneOf, 0), nil, "handshake=bad", "the nix daemon hung up"},
		"is of tomorrow":   {spoken(serveReply, 3<<8|1), goodBench().says, "handshake=unknown declared=ok disk=ok", "not known here"},
	} {
		t.Run(name, func(t *testing.T) {
			b, builder := goodBench(), rungBuilder()
			b.serves, b.says, builder.Protocol = c.serves, c.says, "ssh"
			l := b.climb(t, builder, "")
			if got := states(l); got != "connect=ok hostkey=ok login=ok "+c.states {
				t.Errorf("got %s", got)
			}
			if c.reason == "" {
				return
			}
			step, _ := l.first(StepBad, StepUnknown)
			if !strings.Contains(step.Reason, c.reason) {
				t.Errorf("the reason is %q", step.Reason)
			}
		})
	}
}

// TestAskAboutALegacyBuilder: where the login is forced to speak the protocol
// of ssh://, that is what the dispatching host is asked to speak.
func TestAskAboutALegacyBuilder(t *testing.T) {
	h1 := &forced{bench: goodBench()}
	c := Climber{Connect: func(context.Context, string) (Link, error) { return h1, nil }, Now: time.Now, Build: "unique"}
	b := rungBuilder()
	b.Protocol = "ssh"
	l, err := c.Ask(t.Context(), b, "h1")
	if err != nil {
		t.Fatal(err)
	}
	if got := states(l); got != "login=ok trust=unknown build=ok" {
		t.Errorf("got %s", got)
	}
	if last := h1.lines[len(h1.lines)-1]; !strings.Contains(last, " 'build' ") || !strings.Contains(last, "'ssh://ops@b?") {
		t.Errorf("built by %s", last)
	}
}

// forced is a host whose Nix reaches the builder by ssh:// alone.
type forced struct{ *bench }

func (f *forced) Run(ctx context.Context, c sshutil.Command) (sshutil.Result, error) {
	result, err := f.bench.Run(ctx, c)
	if strings.Contains(c.Line, "ssh-ng://") {
		result = sshutil.Result{ExitCode: 1, Stderr: []byte("error: cannot open connection to remote store\n")}
	}
	return result, err
}

// TestUnknownHostKeyIsComparedWithTheListedOne: our known_hosts may lack what
// the machine that sends builds knows.
func TestUnknownHostKeyIsComparedWithTheListedOne(t *testing.T) {
	const listed = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV4YW1wbGU6IG5vIHN1Y2ggcHJpdmF0ZSBrZXkuLi4u"
	const print = "SHA256:9eVUGHg5I5g4jVY6pGFEAxAwRmfL7T0H6uH3FMiJHgo"
	for name, c := range map[string]struct {
		shown  sshutil.HostKeyError
		listed string
		states string
		reason string
	}{
		"the listed one":  {sshutil.HostKeyError{Type: "ssh-ed25519", Fingerprint: fingerprintOf(t, listed)}, listed, "hostkey=unknown login=unchecked", "it is the one"},
		"another":         {sshutil.HostKeyError{Type: "ssh-ed25519", Fingerprint: print}, listed, "hostkey=bad", "is not the one"},
		"another type":    {sshutil.HostKeyError{Type: "ssh-rsa", Fingerprint: print}, listed, "hostkey=unknown login=unchecked", "not in known_hosts"},
		"nothing listed":  {sshutil.HostKeyError{Type: "ssh-ed25519", Fingerprint: print}, "", "hostkey=unknown login=unchecked", "not in known_hosts"},
		"listed nonsense": {sshutil.HostKeyError{Type: "ssh-ed25519", Fingerprint: print}, "ssh-ed25519 !", "hostkey=unknown login=unchecked", "not in known_hosts"},
	} {
		t.Run(name, func(t *testing.T) {
			climber := Climber{Now: time.Now, Connect: func(context.Context, string) (Link, error) {
				return nil, &sshutil.Error{Kind: sshutil.KindHostKeyUnknown, Message: "it is not in known_hosts", Err: &c.shown}
			}}
			b := rungBuilder()
			b.HostKey = c.listed
			l := climber.Climb(t.Context(), b)
			if s, _ := l.Step(RungHostKey); !strings.Contains(states(l), c.states) || !strings.Contains(s.Reason, c.reason) {
				t.Errorf("got %s: %s", states(l), s.Reason)
			}
		})
	}
}

func fingerprintOf(t *testing.T, line string) string {
	t.Helper()
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	return ssh.FingerprintSHA256(key)
}
