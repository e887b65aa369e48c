//go:build lab

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sudoHost is a host whose sudo asks the forwarded agent, by real PAM and a
// real module, instead of nobody.
type sudoHost struct {
	*where
	host   string
	agent  string // socket on the controller
	module string // pam_ssh_agent_auth, on the host
}

// bySudoAgent takes passwordless sudo away from a host until the test ends, and
// starts an agent on the controller.
func bySudoAgent(t *testing.T, host string) *sudoHost {
	t.Helper()
	s := &sudoHost{where: place(t), host: host}
	modules, err := filepath.Glob("/usr/lib/*/security/pam_ssh_agent_auth.so")
	if err != nil || len(modules) == 0 {
		t.Fatalf("there is no pam_ssh_agent_auth here: apt-get install libpam-ssh-agent-auth (%v)", err)
	}
	for _, path := range []string{"etc/pam.d/sudo", "etc/sudoers.d/ops"} {
		s.keep(path)
	}
	s.onHost("install -D -m 644 %s "+root(host, strings.TrimPrefix(modules[0], "/")), modules[0])
	t.Cleanup(func() {
		s.onHost("rm -rf %s %s %s", root(host, "etc/security/sudo_keys"), root(host, "etc/static"), root(host, modules[0]))
	})
	s.agent, s.module = s.dir+"/agent", strings.TrimPrefix(modules[0], "/")
	pid := s.must("ssh-agent -a %s | sed -n 's/.*SSH_AGENT_PID=\\([0-9]*\\);.*/\\1/p'", s.agent)
	t.Cleanup(func() { s.sh("kill %s", pid) })
	return s
}

// keep puts a file of the host back when the test ends.
func (s *sudoHost) keep(path string) {
	s.t.Helper()
	old, err := os.ReadFile(root(s.host, path))
	if err != nil {
		s.t.Fatal(err)
	}
	info, err := os.Stat(root(s.host, path))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		// By rename, since a mode of 440 does not keep root from writing, but a half-written file would.
		next := root(s.host, path) + ".kept"
		if err := os.WriteFile(next, old, info.Mode()); err != nil {
			s.t.Error(err)
		}
		if err := os.Rename(next, root(s.host, path)); err != nil {
			s.t.Error(err)
		}
	})
}

// onHost runs a shell line as root on this machine, for the host's files.
func (s *sudoHost) onHost(format string, args ...any) {
	s.t.Helper()
	if out, err := exec.Command("sh", "-ec", fmt.Sprintf(format, args...)).CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
}

// setUp makes the host's rules: sudoers (which on NixOS everybody may read in
// the store), the rule of PAM, and the keys that it takes.
func (s *sudoHost) setUp(sudoers, rule, keys string) {
	s.t.Helper()
	for path, content := range map[string]string{
		"etc/sudoers.d/ops": sudoers, "etc/static/sudoers": sudoers, "etc/security/sudo_keys": keys,
		"etc/pam.d/sudo": "#%PAM-1.0\n" + rule + "\n@include common-auth\n@include common-account\n",
	} {
		full := root(s.host, path)
		s.onHost("mkdir -p %s && printf '%%s' %s >%s.new && chmod 644 %[3]s.new && mv %[3]s.new %[3]s", filepath.Dir(full), quoted(content), full)
	}
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// TestForecastAgreesWithSudo holds what is foretold of sudo against sudo
// itself, with real PAM and pam_ssh_agent_auth.
func TestForecastAgreesWithSudo(t *testing.T) {
	need(t, "h3")
	s := bySudoAgent(t, "h3")
	const (
		rules = "Defaults env_keep += SSH_AUTH_SOCK\nops ALL=(ALL:ALL) ALL\n"
		rule  = "auth sufficient pam_ssh_agent_auth.so file=/etc/security/sudo_keys"
	)
	s.must("for t in ed25519 ecdsa rsa; do ssh-keygen -q -t $t -N '' -f %s/$t; done", s.dir)
	key := func(name string) string { return s.must("cat %s/%s.pub", s.dir, name) + "\n" }
	ours := "export SSH_AUTH_SOCK=" + s.agent + "; "
	for _, c := range []struct {
		name, sudoers, rule, keys string
		load                      string // of the keys, into the agent
		after                     string // done to the file of keys
		works                     bool
		says                      string
	}{
		{name: "a key that is taken", sudoers: rules, rule: rule, keys: key("ed25519"), load: "ed25519", works: true, says: "pam_ssh_agent_auth lets"},
		{name: "another kind, with options before it", sudoers: rules, rule: rule, keys: `from="10.0.0.1" ` + key("ecdsa"), load: "rsa ecdsa", works: true, says: "lets"},
		{name: "RSA", sudoers: rules, rule: rule, keys: "# keys\n" + key("rsa"), load: "rsa", works: true, says: "lets"},
		{name: "a key that is not taken", sudoers: rules, rule: rule, keys: key("rsa"), load: "ed25519", says: "no key of the agent is one that sudo there takes"},
		{name: "no keys", sudoers: rules, rule: rule, keys: key("rsa"), says: "the agent holds no keys"},
		{name: "the socket is taken away", sudoers: "ops ALL=(ALL:ALL) ALL\n", rule: rule, keys: key("ed25519"), load: "ed25519", says: "takes SSH_AUTH_SOCK away"},
		{name: "a file that all may write", sudoers: rules, rule: rule, keys: key("ed25519"), load: "ed25519", after: "chmod 666", says: "decides who becomes root, and"},
		{name: "a file of the user's", sudoers: rules, rule: rule, keys: key("ed25519"), load: "ed25519", after: "chown 1000", says: "it does not belong to root"},
		{name: "required, and a password too", sudoers: rules, rule: strings.Replace(rule, "sufficient", "required", 1), keys: key("ed25519"), load: "ed25519", says: "password of ops"},
		{name: "NOPASSWD", sudoers: "ops ALL=(ALL:ALL) NOPASSWD: ALL\n", rule: rule, works: true, says: "without a password"},
		{name: "some commands only", sudoers: "ops ALL=(ALL:ALL) NOPASSWD: /bin/ls\n", rule: rule, says: "its sudoers says more"},
	} {
		s.setUp(c.sudoers, c.rule, c.keys)
		if c.after != "" {
			s.onHost("%s %s", c.after, root(s.host, "etc/security/sudo_keys"))
		}
		s.must("%sssh-add -q -D 2>/dev/null; for k in %s; do ssh-add -q %s/$k; done", ours, c.load, s.dir)
		// Whether a real sudo works, as nixos-rebuild would have it.
		real := s.sh("%sssh -A %s 'sudo -k -p \"\" -- true' </dev/null", ours, s.host)
		told := s.told(ours)
		if works := real.code == 0; works != c.works || works != (told.Health == "ok") {
			t.Errorf("%s: sudo says %d (%s), and was foretold to be %s: %s", c.name, real.code, strings.TrimSpace(real.stderr), told.Health, told.Message)
		}
		if !strings.Contains(told.Message+told.Hint, c.says) {
			t.Errorf("%s: it does not say %q: %+v", c.name, c.says, told)
		}
	}
	s.setUp(rules, rule, key("ed25519"))
	s.must("%sssh-add -q -D 2>/dev/null; ssh-add -q %s/rsa", ours, s.dir)
	before := len(s.runs())
	if r := s.sh("%snixfleet-tui switch --on %s --yes", ours, s.host); r.code != 2 || len(s.runs()) != before ||
		!strings.Contains(r.stderr, "no key of the agent is one that sudo there takes (/etc/security/sudo_keys)") {
		t.Errorf("what is foretold to fail is not refused: %d\n%s", r.code, r.stderr)
	}
	s.must("%sssh-add -q %s/ed25519", ours, s.dir)
	if r := s.sh("%snixfleet-tui build --on %s --yes", ours, s.host); r.code != 0 {
		t.Errorf("a build, which needs no sudo: %d\n%s", r.code, r.stderr)
	}
}

// forecastSaid is what `doctor --on` says of sudo on one host.
type forecastSaid struct{ Check, Health, Message, Hint string }

func (s *sudoHost) told(ours string) forecastSaid {
	s.t.Helper()
	doc := decode[struct{ Checks []forecastSaid }](s.t, s.sh("%snixfleet-tui doctor --on %s --json", ours, s.host).stdout)
	var told forecastSaid
	for _, c := range doc.Checks {
		if c.Check != "sudo on "+s.host {
			continue
		}
		if told.Check == "" {
			told = c
		} else {
			told.Message += "; " + c.Message // a risk
		}
	}
	return told
}
