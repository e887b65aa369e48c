package cli

import (
	"crypto/ed25519"
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh/agent"
)

// checks are what the doctor says, by what was checked.
func (b *bench) checks() map[string][]finding {
	b.t.Helper()
	var doc doctorJSON
	if err := json.Unmarshal(b.out.Bytes(), &doc); err != nil {
		b.t.Fatalf("%v in %s%s", err, &b.out, &b.err)
	}
	by := map[string][]finding{}
	for _, f := range doc.Checks {
		by[f.Check] = append(by[f.Check], f)
	}
	return by
}

func TestDoctor(t *testing.T) {
	b := newBench(t).everything().git().file("new.nix", "{ }")
	b.env["SSH_AUTH_SOCK"] = testAgent(t, "me@laptop")
	if code := b.run("doctor", "--json"); code != ExitOK {
		t.Errorf("exit code %d\n%s", code, &b.err)
	}
	checks := b.checks()
	for check, want := range map[string]string{
		"nix": "nix", "nixos-rebuild": "nixos-rebuild", "ssh": "OpenSSH", "ssh agent": "1 key: me@laptop (ssh-ed25519)",
		"fleet": "1 host and 0 builders", "state": "can be written", "runs": "0 runs",
	} {
		if f := checks[check]; len(f) == 0 || f[0].Health != healthOK || !strings.Contains(f[0].Message, want) {
			t.Errorf("%s: %+v", check, f)
		}
	}
	if f := checks["tree"]; len(f) != 2 || f[0].Health != healthOK || f[1].Health != healthWarn || !strings.Contains(f[1].Message, "new.nix") {
		t.Errorf("tree: %+v", f)
	}
	if code := b.run("doctor"); code != ExitOK || !strings.Contains(b.out.String(), "hint: Add those") {
		t.Errorf("exit code %d\n%s", code, &b.out)
	}
}

// TestDoctorFindsWhatIsMissing: one failure hides no other.
func TestDoctorFindsWhatIsMissing(t *testing.T) {
	b := newBench(t).programs()
	b.file("file", "")
	b.env["XDG_STATE_HOME"] = filepath.Join(b.dir, "file")
	b.env["SSH_AUTH_SOCK"] = filepath.Join(b.dir, "nobody")
	if code := b.run("doctor", "--json"); code != ExitFailed {
		t.Errorf("exit code %d", code)
	}
	checks := b.checks()
	for _, check := range []string{"nix", "nixos-rebuild", "ssh", "ssh agent", "fleet", "state"} {
		if f := checks[check]; len(f) != 1 || f[0].Health != healthFail || f[0].Message == "" || f[0].Hint == "" {
			t.Errorf("%s: %+v", check, f)
		}
	}
}

// testAgent is an ssh agent with one key, until the test ends.
func testAgent(t *testing.T, comment string) (socket string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	keys := agent.NewKeyring()
	if err := keys.Add(agent.AddedKey{PrivateKey: &key, Comment: comment}); err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			agent.ServeAgent(keys, conn) // until the client has gone
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return socket
}
