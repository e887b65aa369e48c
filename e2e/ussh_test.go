//go:build lab

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// realUssh is pam_ussh's module on this machine: the one that NIXFLEET_PAM_USSH
// names, or where distributions put it. "" when it is not installed.
func realUssh() string {
	if named := os.Getenv("NIXFLEET_PAM_USSH"); named != "" {
		return named
	}
	for _, pattern := range []string{"/usr/lib/*/security/pam_ussh.so", "/run/current-system/sw/lib/security/pam_ussh.so", "/nix/store/*-pam_ussh-*/lib/security/pam_ussh.so"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// TestForecastAgreesWithUssh holds what is foretold against the real pam_ussh,
// where there is one. Elsewhere its rules are held by the oracle alone.
func TestForecastAgreesWithUssh(t *testing.T) {
	module := realUssh()
	if module == "" {
		t.Log("pam_ussh is not installed on this machine, so nothing was tried with it: NIXFLEET_PAM_USSH may name its module")
		return
	}
	t.Run("pam_ussh", func(t *testing.T) { forecastAgreesWithUssh(t, module) })
}

func forecastAgreesWithUssh(t *testing.T, module string) {
	need(t, "h3")
	s := bySudoAgent(t, "h3")
	installed := root("h3", filepath.Join(filepath.Dir(s.module), "pam_ussh.so"))
	s.onHost("install -m 644 %s %s", module, installed)
	t.Cleanup(func() { s.onHost("rm -f %s", installed) })
	s.must("for k in ca other key; do ssh-keygen -q -t ed25519 -N '' -f %s/$k; done", s.dir)
	ours := "export SSH_AUTH_SOCK=" + s.agent + "; "
	for _, c := range []struct {
		name, args string // of the module, beside its CA file
		sign       string // how ssh-keygen signs the key; "" does not
		works      bool
	}{
		{"a certificate for the user", "", "-s ca -n ops", true},
		{"one of several principals", "authorized_principals=sudoer", "-s ca -n sudoer,ops", true},
		{"a principal that is not allowed", "authorized_principals=sudoer@indri", "-s ca -n sudoer,ops", false},
		{"a certificate for somebody else", "", "-s ca -n root", false},
		{"one that has expired", "", "-s ca -n ops -V -2h:-1h", false},
		{"one that is not valid yet", "", "-s ca -n ops -V +1h:+2h", false},
		{"another authority", "", "-s other -n ops", false},
		{"no agent on the host", "", "-s ca -n ops -O clear", true}, // it is the login's certificate that would forbid that
		{"a forced command", "", "-s ca -n ops -O force-command=true", false},
		{"a source address", "", "-s ca -n ops -O source-address=192.0.2.1", true},
		{"a plain key", "", "", false},
		{"everybody outside of a group", "group=nobody-is-in-it", "", true},
	} {
		s.setUp("ops ALL=(ALL:ALL) ALL\n", "auth sufficient pam_ussh.so ca_file=/etc/security/sudo_keys "+c.args, s.must("cat %s/ca.pub", s.dir)+"\n")
		s.must("%sssh-add -q -D 2>/dev/null; rm -f %s/key-cert.pub", ours, s.dir)
		if c.sign != "" {
			s.must("cd %s && ssh-keygen -q -I e2e %s key.pub", s.dir, c.sign)
		}
		s.must("%sssh-add -q %s/key 2>/dev/null", ours, s.dir)
		real := s.sh("%sssh -A %s 'sudo -k -p \"\" -- true' </dev/null", ours, s.host)
		told := s.told(ours)
		foretold := strings.HasPrefix(told.Health, "ok")
		if works := real.code == 0; works != c.works || foretold && !works {
			t.Errorf("%s: sudo says %d (%s), and was foretold to be %s: %s", c.name, real.code, strings.TrimSpace(real.stderr), told.Health, told.Message)
		}
	}
}
