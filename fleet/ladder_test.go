package fleet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nixfleet-tui/sshutil"
)

const (
	rungKey     = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOnly"
	rungSystem  = "/nix/store/33qffqmvgdh9qmj2brhjbn1ijgpgdldv-nixos-system-b"
	workerReply = 0x6478696f
	workerLast  = 0x616c7473
	workerOneOf = 1<<8 | 37
)

// spoken are numbers and texts in the shape of the worker protocol.
func spoken(items ...any) []byte {
	var b []byte
	for _, item := range items {
		switch item := item.(type) {
		case int:
			b = binary.LittleEndian.AppendUint64(b, uint64(item))
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, item)
		case string:
			b = binary.LittleEndian.AppendUint64(b, uint64(len(item)))
			b = append(append(b, item...), make([]byte, (8-len(item)%8)%8)...)
		}
	}
	return b
}

// bench is a builder whose daemon says recorded bytes.
type bench struct {
	says    []byte
	serves  []byte // the same of its nix-store
	silent  bool   // stays after that, without a word
	user    string
	key     string
	answers string // of the script
	build   sshutil.Result

	mu    sync.Mutex
	lines []string
}

func goodBench() *bench {
	return &bench{
		says: spoken(workerReply, workerOneOf, "2.31.2", 1, workerLast, workerLast, 1), user: "ops", key: rungKey,
		answers: lines("current", rungSystem, "builds", "2", "load", "1.50 1 1", "nix system", "-x86_64-linux", "nix extra-platforms", "-aarch64-linux",
			"nix system-features", "-kvm big-parallel", "nix max-jobs", "-8", "room k", "100000000 50000000", "room i", "1000000 900000", "end", "1"),
	}
}

func (b *bench) Run(_ context.Context, c sshutil.Command) (sshutil.Result, error) {
	b.mu.Lock()
	b.lines = append(b.lines, c.Line)
	b.mu.Unlock()
	if c.Line != scriptCommand {
		return b.build, nil
	}
	return sshutil.Result{Stdout: []byte(b.answers)}, nil
}

func (b *bench) Stream(_ context.Context, line string) (io.ReadWriteCloser, error) {
	says := b.says
	if strings.HasPrefix(line, "nix-store ") {
		says = b.serves
	}
	return &tape{says: bytes.NewReader(says), silent: b.silent, left: make(chan struct{})}, nil
}

// tape plays what a daemon says, whatever it hears.
type tape struct {
	says   *bytes.Reader
	silent bool // then says nothing, and stays
	once   sync.Once
	left   chan struct{}
}

func (t *tape) Read(p []byte) (int, error) {
	if t.silent && t.says.Len() == 0 {
		<-t.left
		return 0, io.ErrClosedPipe
	}
	return t.says.Read(p)
}

func (t *tape) Write(p []byte) (int, error) { return len(p), nil }

func (t *tape) Close() error {
	t.once.Do(func() { close(t.left) })
	return nil
}

func (b *bench) HostKey() string        { return b.key }
func (b *bench) Target() sshutil.Target { return sshutil.Target{User: b.user} }
func (b *bench) Close() error           { return errors.New("the climber closed what others share") }

func (b *bench) climb(t *testing.T, builder Builder, build string) Ladder {
	t.Helper()
	c := Climber{Connect: func(context.Context, string) (Link, error) { return b, nil }, Now: time.Now, Build: build}
	return c.Climb(t.Context(), builder)
}

func rungBuilder() Builder {
	return Builder{Name: "b", Host: "b", SSHUser: "ops", HostKey: rungKey, Systems: []string{"x86_64-linux"}, MaxJobs: 4, SupportedFeatures: []string{"kvm"}, From: []string{"fleet.nix"}}
}

// states are the ladder's in one line.
func states(l Ladder) string {
	var all []string
	for _, s := range l.Steps {
		all = append(all, string(s.Rung)+"="+string(s.State))
	}
	return strings.Join(all, " ")
}

func TestClimbToTheTop(t *testing.T) {
	b := goodBench()
	l := b.climb(t, rungBuilder(), "unique")
	if got := states(l); got != "connect=ok hostkey=ok login=ok handshake=ok trust=ok store=ok declared=ok disk=ok build=ok" {
		t.Errorf("got %s", got)
	}
	h := BuilderHealth{}.With(l)
	if h.Health != HealthOK || h.Rung != RungBuild || h.Reason != "" || h.Busy == nil || *h.Busy != 2 || *h.Load != 1.5 {
		t.Errorf("got %+v", h)
	}
	if !strings.Contains(b.lines[len(b.lines)-1], "nixfleet-check-unique") {
		t.Errorf("ran %q", b.lines)
	}
	if s, _ := l.Step(RungHandshake); s.Said != "Nix 2.31.2, protocol 1.37" {
		t.Errorf("the handshake said %q", s.Said)
	}
}

func TestTwentyBuildersTakeTwentyConnections(t *testing.T) {
	var builders []Builder
	for i := range 20 {
		b := rungBuilder()
		b.Name = fmt.Sprintf("b%d", i)
		b.Host = b.Name
		builders = append(builders, b)
	}
	var mu sync.Mutex
	connected := map[string]int{}
	c := Climber{Now: time.Now, Build: "unique", Connect: func(_ context.Context, name string) (Link, error) {
		mu.Lock()
		defer mu.Unlock()
		connected[name]++
		return goodBench(), nil
	}}
	for i, l := range c.ClimbAll(t.Context(), builders) {
		if name := builders[i].Name; connected[name] != 1 || l.Builder.Name != name || (BuilderHealth{}).With(l).Health != HealthOK {
			t.Errorf("%s: %d connections, %s", name, connected[name], states(l))
		}
	}
}

func TestRungsOfAnotherUserAreNotOurs(t *testing.T) {
	b := goodBench()
	b.says = spoken(workerReply, workerOneOf, "2.31.2", 2, workerLast, workerLast, 1)
	builder := rungBuilder()
	builder.SSHUser = "nix-builder"
	l := b.climb(t, builder, "unique")
	if got := states(l); got != "connect=ok hostkey=ok login=unchecked handshake=ok trust=unchecked store=ok declared=ok disk=ok build=unchecked" {
		t.Errorf("got %s", got)
	}
	if h := (BuilderHealth{}).With(l); h.Health != HealthOK || h.Rung != RungDisk {
		t.Errorf("got %+v", h)
	}
	if len(b.lines) != 1 {
		t.Errorf("ran %q", b.lines)
	}
}

func TestEachRungCanBeBad(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(*bench, *Builder)
		states string // from the last that is ok
		reason string
		hint   string
	}{
		"another key": {func(_ *bench, b *Builder) { b.HostKey = "ssh-ed25519 AAAAother" }, "connect=ok hostkey=bad", "host key", rungKey},
		"not trusted": {func(b *bench, _ *Builder) { b.says = spoken(workerReply, workerOneOf, "2.31.2", 2, workerLast) },
			"handshake=ok trust=bad", "does not trust ops", `nix.settings.trusted-users = [ "ops" ]; on b`},
		"no daemon":        {func(b *bench, _ *Builder) { b.says = nil }, "login=ok handshake=bad", "hung up", "nix-daemon.socket"},
		"a banner":         {func(b *bench, _ *Builder) { b.says = []byte("Welcome to b!\n\x1b[2J and good day") }, "login=ok handshake=bad", `Welcome to b!`, "login shell of ops"},
		"another protocol": {func(b *bench, _ *Builder) { b.says = spoken(0x5452eecb, 2<<8|7, 0, 0) }, "login=ok handshake=bad", "does not speak Nix's protocol", ""},
		"an endless text":  {func(b *bench, _ *Builder) { b.says = spoken(workerReply, workerOneOf, uint64(1)<<63) }, "login=ok handshake=bad", "9223372036854775808 bytes", ""},
		"a broken store":   {func(b *bench, _ *Builder) { b.says = spoken(workerReply, workerOneOf, "2.31.2", 1, workerLast) }, "trust=ok store=bad", "hung up", "journalctl"},
		"a lost system": {func(b *bench, _ *Builder) {
			b.says = spoken(workerReply, workerOneOf, "2.31.2", 1, workerLast, workerLast, 0)
		}, "trust=ok store=bad", "does not know the system", "nix-store --verify"},
		"another system": {func(_ *bench, b *Builder) { b.Systems = []string{"riscv64-linux"} }, "store=ok declared=bad", "listed for riscv64-linux", "fleet.nix"},
		"no jobs":        {func(b *bench, _ *Builder) { b.answers = strings.Replace(b.answers, "-8", "-0", 1) }, "store=ok declared=bad", "max-jobs is 0", "max-jobs"},
		"a full disk":    {func(b *bench, _ *Builder) { b.answers = strings.Replace(b.answers, " 50000000", " 1000", 1) }, "declared=ok disk=bad", "0 MiB", "collect-garbage"},
		"no inodes":      {func(b *bench, _ *Builder) { b.answers = strings.Replace(b.answers, " 900000", " 9", 1) }, "declared=ok disk=bad", "9 inodes", "collect-garbage"},
		"min-free": {func(b *bench, _ *Builder) { b.answers = "NF1\tnix min-free\t-99999999999999\n" + b.answers },
			"declared=ok disk=bad", "MiB are free", "collect-garbage"},
		"a build that fails": {func(b *bench, _ *Builder) {
			b.build = sshutil.Result{ExitCode: 1, Stderr: []byte("building\nerror: the group 'nixbld' has no members\n")}
		}, "disk=ok build=bad", "no members", "journalctl"},
	} {
		t.Run(name, func(t *testing.T) {
			b, builder := goodBench(), rungBuilder()
			c.spoil(b, &builder)
			l := b.climb(t, builder, "unique")
			if got := states(l); !strings.HasSuffix(got, c.states) {
				t.Errorf("got %s", got)
			}
			h := BuilderHealth{}.With(l)
			if h.Health != HealthIll || !strings.Contains(h.Reason, c.reason) || !strings.Contains(h.Hint, c.hint) || strings.Contains(h.Reason, "\x1b") {
				t.Errorf("got %+v", h)
			}
		})
	}
}

func TestASilentDaemonIsBad(t *testing.T) {
	for name, says := range map[string][]byte{
		"after the magic":   spoken(workerReply),
		"after its version": spoken(workerReply, workerOneOf, "2.31.2", 1),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := goodBench()
				b.says, b.silent = says, true
				began := time.Now()
				l := b.climb(t, rungBuilder(), "")
				if s, _ := l.Step(RungHandshake); s.State != StepBad || !strings.Contains(s.Reason, "said nothing") || time.Since(began) != rungTimeout {
					t.Errorf("after %s: %+v", time.Since(began), s)
				}
			})
		})
	}
}

func TestWhatIsPartlyTrueIsAWarning(t *testing.T) {
	builder := rungBuilder()
	builder.Systems, builder.SupportedFeatures = []string{"x86_64-linux", "aarch64-linux", "i686-linux"}, []string{"kvm", "gpu"}
	l := goodBench().climb(t, builder, "")
	s, _ := l.Step(RungDeclared)
	if s.State != StepWarn || !strings.Contains(s.Reason, "gpu") || strings.Contains(s.Reason, "kvm") || !strings.Contains(s.Hint, "system-features") {
		t.Errorf("got %+v", s)
	}
	if h := (BuilderHealth{}).With(l); h.Health != HealthOK || h.Reason == "" || h.Rung != RungDisk {
		t.Errorf("got %+v", h)
	}
}

func TestWhatIsNotToldIsUnknown(t *testing.T) {
	b := goodBench()
	b.answers = "no shell here\n"
	if got := states(b.climb(t, rungBuilder(), "")); got != "connect=ok hostkey=ok login=ok handshake=ok trust=ok store=unknown declared=unknown disk=unknown" {
		t.Errorf("got %s", got)
	}
}

func TestClimbWithoutConnection(t *testing.T) {
	for kind, want := range map[sshutil.Kind]string{
		sshutil.KindRefused:        "down connect=bad",
		sshutil.KindHostKeyChanged: "ill connect=ok hostkey=bad",
		sshutil.KindHostKeyUnknown: "unknown connect=ok hostkey=unknown login=unchecked handshake=unchecked trust=unchecked store=unchecked declared=unchecked disk=unchecked",
		sshutil.KindAuthRejected:   "unknown connect=ok hostkey=ok login=unchecked handshake=unchecked trust=unchecked store=unchecked declared=unchecked disk=unchecked",
	} {
		c := Climber{Now: time.Now, Connect: func(context.Context, string) (Link, error) {
			return nil, &sshutil.Error{Kind: kind, Message: "why", Hint: "do"}
		}}
		l := c.Climb(t.Context(), rungBuilder())
		h := BuilderHealth{}.With(l)
		if got := string(h.Health) + " " + states(l); got != want || !strings.Contains(h.Reason, "why") && kind != sshutil.KindHostKeyUnknown {
			t.Errorf("%s: got %s (%s)", kind, got, h.Reason)
		}
	}
}

func TestOlderAnswersStand(t *testing.T) {
	at := time.Unix(1, 0)
	old := Ladder{Steps: []Step{{Rung: RungLogin, State: StepOK, From: "h1", At: at}, {Rung: RungBuild, State: StepOK, From: "h1", At: at}}}
	now := Ladder{Steps: []Step{{Rung: RungConnect, State: StepOK}, {Rung: RungLogin, State: StepUnchecked}}}
	if l := now.Since(old); states(l) != "connect=ok login=ok build=ok" || l.Steps[1].At != at {
		t.Errorf("got %s", states(l))
	}
	down := Ladder{Steps: []Step{{Rung: RungConnect, State: StepBad}}}
	if got := states(down.Since(old)); got != "connect=bad" {
		t.Errorf("got %s", got)
	}
	if got := states(now.Asked(old)); got != "connect=ok login=ok build=ok" {
		t.Errorf("got %s", got)
	}
}

func TestPollingIsTheYoungerWord(t *testing.T) {
	three := 3
	bad := Ladder{Steps: []Step{{Rung: RungTrust, State: StepBad, Reason: "no trust"}}}
	got := WithLadders([]BuilderHealth{
		{Builder: Builder{Name: "a"}, Health: HealthOK, Busy: &three}, {Builder: Builder{Name: "b"}, Health: HealthDown, Reason: "no route"}, {Builder: Builder{Name: "c"}, Health: HealthOK},
	}, map[string]Ladder{"a": bad, "b": bad})
	if got[0].Health != HealthIll || got[0].Reason != "no trust" || *got[0].Busy != 3 {
		t.Errorf("a: %+v", got[0])
	}
	if got[1].Health != HealthDown || got[1].Reason != "no route" || got[2].Health != HealthOK {
		t.Errorf("b and c: %+v", got[1:])
	}
}

func TestAskAHostThatSends(t *testing.T) {
	h1 := goodBench()
	h1.build = sshutil.Result{Stdout: []byte(`{"trusted":false,"url":"ssh-ng://"}`)}
	c := Climber{Connect: func(context.Context, string) (Link, error) { return h1, nil }, Now: time.Now}
	b := rungBuilder()
	b.SSHUser, b.SSHKey, b.Address = "nix-builder", "/etc/nix/it's", "10.0.0.3"
	l, err := c.Ask(t.Context(), b, "h1")
	if err != nil {
		t.Fatal(err)
	}
	if got := states(l); got != "login=ok trust=bad" || l.Steps[1].From != "h1" {
		t.Errorf("got %s", got)
	}
	asked := h1.lines[len(h1.lines)-1]
	if !strings.HasPrefix(asked, "sudo -p '' -- ") || !strings.Contains(asked, "ssh-ng://nix-builder@10.0.0.3?base64-ssh-public-host-key=") || !strings.Contains(asked, "&ssh-key=%2Fetc%2Fnix%2Fit%27s'") {
		t.Errorf("asked %s", asked)
	}
	h1.build = sshutil.Result{ExitCode: 1, Stderr: []byte("nix-builder@h3: Permission denied (publickey).\nerror: cannot open connection\n")}
	if _, err := c.Ask(t.Context(), b, "h1"); err == nil || !strings.Contains(err.Error(), "sudo") {
		t.Errorf("got %v", err)
	}
}

func TestTrustInAnswers(t *testing.T) {
	for out, want := range map[string]string{`{"trusted":1}`: "trusted", `{"trusted":true}`: "trusted", `{"trusted":0}`: "not trusted", `{}`: "unknown", `nix says`: "unknown"} {
		if got := trustIn([]byte(out)); got.String() != want {
			t.Errorf("%s is %s", out, got)
		}
	}
}

func TestErrorLine(t *testing.T) {
	for stderr, want := range map[string]string{
		"x@y: Permission denied (publickey).\nerror: cannot open": "x@y: Permission denied (publickey).",
		"warning: a\nerror: first\nerror: second\n":               "first",
		"only this\n": "only this",
	} {
		if got := errorLine([]byte(stderr)); !bytes.Equal([]byte(got), []byte(want)) {
			t.Errorf("got %q", got)
		}
	}
}
