package demo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// TestFarConn: what is written arrives late, in order and whole.
func TestFarConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		delays := []time.Duration{30 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond}
		next := 0
		far := newFarConn(here, func() time.Duration { next++; return delays[next-1] })
		began := time.Now()
		for _, part := range []string{"one ", "two ", "three"} {
			if n, err := far.Write([]byte(part)); n != len(part) || err != nil {
				t.Fatalf("writing: %d, %v", n, err)
			}
		}
		if time.Since(began) != 0 {
			t.Error("writing waits for what is written to arrive")
		}
		got := make([]byte, len("one two three"))
		if _, err := io.ReadFull(there, got); err != nil || string(got) != "one two three" {
			t.Errorf("arrived: %q, %v", got, err)
		}
		if took := time.Since(began); took != 30*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		if err := far.Close(); err != nil {
			t.Error(err)
		}
		far.wait()
		if _, err := far.Write([]byte("late")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("writing after the end: %v", err)
		}
	})
}

func TestDistanceIsTheSameEachTime(t *testing.T) {
	a, b := distance("indri", time.Second), distance("indri", time.Second)
	other := distance("boraha", time.Second)
	differ := false
	for range 100 {
		x := a()
		if x != b() {
			t.Fatal("two distances to one host differ")
		}
		differ = differ || x != other()
		if x < 900*time.Millisecond || x > 1100*time.Millisecond {
			t.Errorf("%v is far from a second", x)
		}
	}
	if !differ {
		t.Error("two hosts have the same jitter")
	}
}

// TestWorkerProtocol shakes hands with a host's Nix daemon and asks for a path.
func TestWorkerProtocol(t *testing.T) {
	_, d := fleetHere(t)
	for host, want := range map[string]struct {
		trust uint64
		fails bool
	}{
		"boraha": {trust: workerNot},
		"ayeaye": {trust: workerTrusted}, // there we are root
		"kelyus": {fails: true},          // nobody listens
	} {
		c, err := d.Dial(t.Context(), host)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s, err := c.Stream(t.Context(), "nix-daemon --stdio")
		if err != nil {
			t.Fatal(err)
		}
		trust, valid, err := shakeHands(s, printed(t, d, host, "readlink /run/current-system"))
		if (err != nil) != want.fails {
			t.Errorf("%s: %v", host, err)
		}
		if err == nil && (trust != want.trust || valid != 1) {
			t.Errorf("%s: trust %d, valid %d", host, trust, valid)
		}
		if err := s.Close(); err != nil && !want.fails {
			t.Errorf("%s: ending the conversation: %v", host, err)
		}
	}
}

// shakeHands is the client's side of facts that any Nix client knows.
func shakeHands(s io.ReadWriter, path string) (trust, valid uint64, err error) {
	var out bytes.Buffer
	writeNumbers(&out, workerHello, workerVersion, 0, 0, opIsValidPath)
	writeString(&out, path)
	if _, err := s.Write(out.Bytes()); err != nil {
		return 0, 0, err
	}
	const before, after = 2, 4 // numbers around the version of Nix
	head := make([]uint64, before)
	if err := binary.Read(s, binary.LittleEndian, head); err != nil {
		return 0, 0, err
	}
	version, err := worker{in: s}.text()
	if err != nil {
		return 0, 0, err
	}
	rest := make([]uint64, after)
	if err := binary.Read(s, binary.LittleEndian, rest); err != nil {
		return 0, 0, err
	}
	if head[0] != workerReply || !strings.HasPrefix(version, "2.") || rest[1] != workerLast || rest[2] != workerLast {
		return 0, 0, errors.New("that is not the worker protocol")
	}
	return rest[0], rest[3], nil
}

// TestWorkerRefusesNonsense: wrong magic, endless strings.
func TestWorkerRefusesNonsense(t *testing.T) {
	numbers := func(n ...uint64) []byte {
		var b bytes.Buffer
		writeNumbers(&b, n...)
		return b.Bytes()
	}
	for name, in := range map[string][]byte{
		"other protocol":  numbers(0x390c9deb, 2<<8|7),
		"endless string":  numbers(workerHello, workerVersion, 0, 0, opIsValidPath, 1<<63),
		"other operation": numbers(workerHello, workerVersion, 0, 0, 26),
		"cut off":         numbers(workerHello),
	} {
		var out bytes.Buffer
		if err := (worker{in: bytes.NewReader(in), out: &out}).talk(); err == nil {
			t.Errorf("%s: it goes on", name)
		}
	}
}

// TestReboot: the host goes away, and comes back with what its profile says.
func TestReboot(t *testing.T) {
	dir := t.TempDir()
	clock := &testClock{now: time.Now()}
	daemon := testDaemon(dir)
	daemon.Now = clock.Now
	s := serveHere(t, daemon)
	c := connect(t, dir)
	d := &sshutil.Dialer{Resolver: c}
	before := read(t, d, "ayeaye")
	if got := on(t, d, "ankarana", "systemctl reboot", ""); got.ExitCode == 0 {
		t.Error("it takes no root to reboot a host")
	}
	client, err := d.Dial(t.Context(), "ayeaye")
	if err != nil {
		t.Fatal(err)
	}
	if got := on(t, d, "ayeaye", "sudo reboot", ""); got.ExitCode != 0 {
		t.Errorf("reboot: exit status %d: %s", got.ExitCode, got.Stderr)
	}
	<-client.Done() // every connection ends
	if _, err := d.Dial(t.Context(), "ayeaye"); err == nil {
		t.Error("it answers while it is off")
	}
	clock.pass(rebootTakes)
	after := read(t, d, "ayeaye")
	if after.BootID == before.BootID || after.Booted != before.Profile || after.Current != before.Profile || *after.Reboot {
		t.Errorf("from %+v it came back as %+v", before, after)
	}
	if err := errors.Join(client.Close(), c.Close()); err != nil && kindOf(err) == "" {
		t.Error(err)
	}
	s.end(t)
}

func TestParseRebuild(t *testing.T) {
	for line, want := range map[string]rebuildArgs{
		"switch --flake .#h1 --target-host h1 --build-host h1 --sudo --no-reexec --log-format internal-json": {
			action: "switch", flake: ".", attr: "h1", target: "h1", build: "h1", sudo: true, log: logOptions{json: true}},
		`boot --flake git+file:///x?rev=1#"a.b" --target-host=ops@h1 --build-host ssh-ng://ops@b -L`: {
			action: "boot", flake: "git+file:///x?rev=1", attr: "a.b", target: "h1", build: "b", log: logOptions{lines: true}},
		"test --store-path /nix/store/x --target-host h -j 4 --option a b --builders  -v": {
			action: "test", storePath: "/nix/store/x", target: "h"},
		"switch --rollback --target-host h":         {action: "switch", rollback: true, target: "h"},
		"--no-reexec --sudo --store-path /x --help": {storePath: "/x", sudo: true, help: true},
		"": {help: true},
	} {
		got, err := parseRebuild(strings.Split(line, " "))
		if line == "" {
			got, err = parseRebuild(nil)
		}
		got.warnings = nil
		if err != nil || got.action != want.action || got.flake != want.flake || got.attr != want.attr || got.target != want.target ||
			got.build != want.build || got.storePath != want.storePath || got.sudo != want.sudo || got.rollback != want.rollback || got.help != want.help || got.log != want.log {
			t.Errorf("%s\n  is read as %+v (%v)\n  want %+v", line, got, err, want)
		}
	}
	for _, line := range []string{"dance --flake .#x", "switch", "switch --flake", "switch --frobnicate --flake .#x", "switch boot --flake .#x", "switch --option a"} {
		var usage *usageError
		if got, err := parseRebuild(strings.Fields(line)); !errors.As(err, &usage) {
			t.Errorf("%q is read as %+v (%v)", line, got, err)
		}
	}
}

// TestArgsOfDialect: what package nixcmd says to an ng is understood.
func TestArgsOfDialect(t *testing.T) {
	d := nixcmd.Dialect{Kind: nixcmd.KindNG, Sudo: true, NoReexec: true, StorePath: true}
	got, err := parseRebuild(d.Args(nixcmd.Rebuild{Action: nixcmd.Test, Flake: "x?rev=1", Attr: "h", TargetHost: "h", BuildHost: "b", Sudo: true, Substitutes: true, Extra: []string{"--impure", "--max-jobs", "2"}}))
	if err != nil || got.action != "test" || got.attr != "h" || got.target != "h" || got.build != "b" || !got.sudo || !got.log.json {
		t.Errorf("read as %+v, %v", got, err)
	}
}
