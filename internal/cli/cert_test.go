package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"nixfleet-tui/sshutil"
)

// withAgent starts an ssh-agent for the bench and makes a key in its ~/.ssh and
// an authority beside fleet.nix.
func (b *bench) withAgent() (socket string) {
	b.t.Helper()
	dir, err := os.MkdirTemp("", "nf") // short: it is in a socket's address
	if err != nil {
		b.t.Fatal(err)
	}
	socket = filepath.Join(dir, "a")
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	out, err := agent.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := agent.Start(); err != nil {
		b.t.Skipf("there is no ssh-agent here: install OpenSSH's client: %v", err)
	}
	b.t.Cleanup(func() {
		agent.Process.Kill()
		agent.Wait()
		os.RemoveAll(dir)
	})
	if _, err := out.Read(make([]byte, 1)); err != nil { // it says where it listens, when it does
		b.t.Fatal(err)
	}
	home := filepath.Join(b.env["HOME"], ".ssh")
	if err := os.MkdirAll(home, 0o700); err != nil {
		b.t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(home, "id_ed25519"), filepath.Join(b.dir, "ca")} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path).CombinedOutput(); err != nil {
			b.t.Fatalf("%v: %s", err, out)
		}
	}
	b.env["SSH_AUTH_SOCK"] = socket
	b.t.Setenv("SSH_AUTH_SOCK", socket) // for ssh-add
	return socket
}

func TestCertSign(t *testing.T) {
	b := newBench(t)
	b.programs("nix", "ssh", "git", "nixos-rebuild", "ssh-keygen", "ssh-add", "ssh-agent")
	b.withAgent()
	public, err := os.ReadFile(filepath.Join(b.dir, "ca.pub"))
	if err != nil {
		t.Fatal(err)
	}
	b.file("fleet.nix", `{
  hosts.kelyus.user = "ops";
  hosts.indri.user = "deploy";
  hosts.installer = { hidden = true; user = "nobody"; };
  ca = { publicKey = "`+strings.TrimSpace(string(public))+`"; key = "./ca"; principals = [ "sudoer" ]; validity = "-5m:+2h"; };
}`)
	beside := filepath.Join(b.env["HOME"], ".ssh", "id_ed25519-cert.pub")
	if err := os.WriteFile(beside, []byte("the person's own\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := b.run("cert"); code != 0 || !strings.Contains(b.out.String(), "Your agent holds no certificate") {
		t.Errorf("%d: %s%s", code, &b.out, &b.err)
	}
	sign := func(principals string, args ...string) {
		t.Helper()
		if code := b.run(append([]string{"cert", "sign"}, args...)...); code != 0 || !strings.Contains(b.out.String(), "principals  "+principals+"\n") {
			t.Fatalf("%v: %d: %s%s", args, code, &b.out, &b.err)
		}
	}
	sign("sudoer, deploy, ops")
	sign("sudoer@kelyus, ops", "--on", "kelyus", "--validity", "-5m:+20m")
	if got, err := os.ReadFile(beside); err != nil || string(got) != "the person's own\n" {
		t.Errorf("the certificate beside the key is another now: %q %v", got, err)
	}
	if code := b.run("cert", "--json"); code != 0 {
		t.Fatalf("%d: %s", code, &b.err)
	}
	var doc certJSON
	if err := json.Unmarshal(b.out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Certificates) != 2 || doc.Agent.Program == nil || *doc.Agent.Program != "ssh-agent" {
		t.Fatalf("%s", &b.out)
	}
	if c := doc.Certificates[1]; c.KeyID != "me@laptop" || c.State != "valid" || *c.SecondsLeft > 1200 || c.FleetAuthority == nil || !*c.FleetAuthority || !c.InAgent {
		t.Errorf("%+v", c)
	}
	if code := b.run("cert"); code != 0 || !strings.Contains(b.out.String(), "(the fleet's authority)") || !strings.Contains(b.out.String(), "lapses  me@laptop  in ") {
		t.Errorf("%d: %s%s", code, &b.out, &b.err)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "nixfleet-cert-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestCertSignRefuses(t *testing.T) {
	b := newBench(t).programs("nix", "ssh", "git", "nixos-rebuild", "ssh-keygen", "ssh-add", "ssh-agent")
	refused := func(says string, args ...string) {
		t.Helper()
		if code := b.run(append([]string{"cert", "sign"}, args...)...); code == 0 || !strings.Contains(b.err.String(), says) || !strings.Contains(b.err.String(), "hint: ") {
			t.Errorf("%v: %d, not %q: %s", args, code, says, &b.err)
		}
	}
	b.file("fleet.nix", `{ hosts.h1 = { }; }`)
	refused("names no authority")
	b.file("fleet.nix", `{ hosts.h1 = { }; ca = { key = "./none"; publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV4YW1wbGU6IG5vIHN1Y2ggcHJpdmF0ZSBrZXkuLi4u"; }; }`)
	refused("the authority's key cannot be read")
	b.file("none", "no key")
	refused("there is no key in ~/.ssh")
	refused("cannot be read", "--key", "nowhere.pub")
	refused("does not look like the file of a public key", "--key", "none")
	b.file("k.pub", "no key either")
	refused("there is no agent to load a certificate into", "--key", "k.pub")
	b.withAgent()
	refused("ssh-keygen signed nothing", "--key", "k.pub")
	if code := Main(b.program(), []string{"demo", "cert", "sign"}); code == 0 || !strings.Contains(b.err.String(), "the demo's authority has no key") {
		t.Errorf("the demo: %d: %s", code, &b.err)
	}
}

// TestCertShowsHostileNames: what stands in a certificate reaches no terminal raw.
func TestCertShowsHostileNames(t *testing.T) {
	b := newBench(t)
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	c := certificates{onDisk: []sshutil.Certificate{{
		KeyID: "a\x1b]0;x\a\nb", Principals: []string{"p\x1b[2J"}, Extensions: []string{"e\r"}, Critical: []sshutil.CertOption{{Name: "n\x1b", Value: "v\n"}},
		Comment: "\x1b", File: "/f\x1b", Authority: "SHA256:x", Until: now.Add(time.Hour),
	}}}
	c.write(b.io, "nixfleet-tui", now)
	if strings.ContainsAny(b.out.String(), "\x1b\r\a") || !strings.Contains(b.out.String(), "valid") {
		t.Errorf("%q", &b.out)
	}
}

func TestValidityWords(t *testing.T) {
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		from, until time.Duration
		word, left  string
	}{
		{-time.Hour, 3*time.Hour + 12*time.Minute, "valid", "for 3h12m"},
		{-time.Hour, 29 * time.Minute, "lapses", "in 29m"},
		{-time.Hour, 59 * time.Second, "lapses", "in 59s"},
		{-time.Hour, 0, "expired", "at "},
		{time.Minute, time.Hour, "not valid yet", "from "},
		{-time.Hour, 72 * time.Hour, "valid", "for 3 days"},
	} {
		m, left := validity(sshutil.Certificate{From: now.Add(c.from), Until: now.Add(c.until)}, now)
		if m.word != c.word || !strings.HasPrefix(left, c.left) {
			t.Errorf("%v: %s %s", c, m.word, left)
		}
	}
	if m, left := validity(sshutil.Certificate{}, now); m.word != "valid" || left != "for ever" {
		t.Errorf("without an end: %s %s", m.word, left)
	}
}

// certExample is what `cert --json` says in docs/json.md.
func certExample(t *testing.T) certJSON {
	t.Helper()
	now := time.Date(2026, 11, 22, 7, 15, 0, 0, time.UTC)
	const authority = "SHA256:jhcd2OT3V5bMROhXKSVwyVWRIbGrLRxTV0dO3P7X1ZU"
	c := certificates{authority: authority, agent: sshutil.SudoAgent{Program: "ssh-agent"}, held: []sshutil.Certificate{{
		KeyID: "me@laptop", Serial: 7, Principals: []string{"sudoer", "ops"}, From: now.Add(-5 * time.Minute), Until: now.Add(20 * time.Hour),
		Authority: authority, Key: "SHA256:C7K80q8z0NKgN0/s18AcTmkWDL0GgSclsElCGM5nDB8", Kind: ssh.KeyAlgoED25519,
		Extensions: []string{"permit-agent-forwarding", "permit-pty"}, Comment: "me@laptop", KeyHeld: true,
	}}}
	return c.document(now)
}
