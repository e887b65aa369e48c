package fleet

import (
	"context"
	"strings"
	"testing"
	"time"

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
