package sshutil

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// sudoScene is a host with pam_ussh, and an agent whose certificate does.
type sudoScene struct {
	host  SudoHost
	agent SudoAgent
	now   time.Time
	ca    ssh.Signer
}

func newSudoScene(t testing.TB) *sudoScene {
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	s := &sudoScene{now: now, ca: newSigner(t)}
	yes := true
	s.host = SudoHost{
		Name: "kelyus", User: "ops", UID: 1000, Home: "/home/ops", Groups: []string{"users", "wheel"}, Clock: now, Agent: &yes,
		PAM: map[string][]string{"sudo": {
			"account required /nix/store/x/lib/security/pam_unix.so # unix (order 10900)",
			"auth sufficient /nix/store/y/lib/security/pam_ussh.so authorized_principals=sudoer,sudoer@kelyus ca_file=/etc/ssh/ca.pub # ussh (order 11000)",
			"auth sufficient /nix/store/x/lib/security/pam_unix.so likeauth try_first_pass # unix (order 11600)",
			"auth required /nix/store/x/lib/security/pam_deny.so # deny (order 12300)",
		}},
		Files:   map[string]HostFile{"/etc/ssh/ca.pub": {Lines: []string{publicLine(s.ca)}, Mode: 0o444}},
		Sudoers: []string{"Defaults env_keep+=SSH_AUTH_SOCK", "root ALL=(ALL:ALL) SETENV: ALL", "%wheel ALL=(ALL:ALL) SETENV: ALL"},
	}
	s.hold(s.certificate(t, nil))
	return s
}

func publicLine(s ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.PublicKey())))
}

// certificate makes one that is good, but for what change does to it.
func (s *sudoScene) certificate(t testing.TB, change func(*ssh.Certificate)) *ssh.Certificate {
	t.Helper()
	c := &ssh.Certificate{
		Key: newSigner(t).PublicKey(), CertType: ssh.UserCert, KeyId: "ops@laptop", ValidPrincipals: []string{"sudoer", "ops"},
		ValidAfter: uint64(s.now.Add(-5 * time.Minute).Unix()), ValidBefore: uint64(s.now.Add(time.Hour).Unix()),
		Permissions: ssh.Permissions{Extensions: map[string]string{"permit-agent-forwarding": ""}},
	}
	if change != nil {
		change(c)
	}
	if err := c.SignCert(rand.Reader, s.ca); err != nil {
		t.Fatal(err)
	}
	return c
}

// hold makes these all that the agent holds, each after its key.
func (s *sudoScene) hold(certs ...*ssh.Certificate) {
	s.agent.Keys = nil
	for _, c := range certs {
		s.agent.Keys = append(s.agent.Keys, AgentKey{c.Key, c.Key.Type(), "key"}, AgentKey{c, c.Type(), "cert"})
	}
}

func (s *sudoScene) rule(args string) {
	s.host.PAM["sudo"][1] = "auth sufficient pam_ussh.so " + args
}

func (s *sudoScene) change(t testing.TB, change func(*ssh.Certificate)) {
	s.hold(s.certificate(t, change))
}

// sudoCase is a change to a scene, and what becomes of sudo.
type sudoCase struct {
	set  func(t *testing.T, s *sudoScene)
	want SudoOutlook
	says string // in the reason, the hint or a risk
}

func predict(t *testing.T, cases map[string]sudoCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newSudoScene(t)
			if c.set != nil {
				c.set(t, s)
			}
			f := PredictSudo(s.host, s.agent, s.now)
			all := fmt.Sprintf("%s / %s / %v", f.Reason, f.Hint, f.Risks)
			if f.Outlook != c.want || !strings.Contains(all, c.says) {
				t.Errorf("got %q: %s", f.Outlook, all)
			}
		})
	}
}

// TestSudoByCertificate is about what a certificate says, and which of several is named.
func TestSudoByCertificate(t *testing.T) {
	at := func(d time.Duration) uint64 {
		return uint64(time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC).Add(d).Unix())
	}
	predict(t, map[string]sudoCase{
		"all is well": {nil, SudoWillWork, `pam_ussh lets certificate "ops@laptop" through`},
		"expired": {func(t *testing.T, s *sudoScene) {
			s.change(t, func(c *ssh.Certificate) { c.ValidBefore = at(-3 * time.Minute) })
		}, SudoNeedsPassword, `the password of ops, because certificate "ops@laptop" expired 3 minutes ago`},
		"expired by the host's clock only": {func(t *testing.T, s *sudoScene) { s.host.Clock = s.now.Add(2 * time.Hour) },
			SudoNeedsPassword, "expired 60 minutes ago (its clock is 2 hours ahead of ours)"},
		"not valid yet": {func(t *testing.T, s *sudoScene) {
			s.change(t, func(c *ssh.Certificate) { c.ValidAfter = at(90 * time.Second) })
		}, SudoNeedsPassword, "is not valid for another 1 minute"},
		"for another host": {func(t *testing.T, s *sudoScene) {
			s.change(t, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"sudoer@indri", "ops"} })
		}, SudoNeedsPassword, "has the principal `sudoer@indri`, which is for indri, and this is kelyus"},
		"not for sudo": {func(t *testing.T, s *sudoScene) {
			s.change(t, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"ops"} })
		}, SudoNeedsPassword, "has none of the principals that sudo there takes (sudoer, sudoer@kelyus)"},
		"not for the login user": {func(t *testing.T, s *sudoScene) {
			s.change(t, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"sudoer", "deploy"} })
		}, SudoNeedsPassword, "is for sudoer, deploy and not for ops, the login user"},
		"by another authority": {func(t *testing.T, s *sudoScene) {
			s.ca = newSigner(t)
			s.change(t, nil)
		}, SudoNeedsPassword, "which is not in /etc/ssh/ca.pub there"},
		"with an option that is unknown there": {func(t *testing.T, s *sudoScene) {
			s.change(t, func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"verify-required": ""} })
		}, SudoNeedsPassword, "critical option verify-required"},
		"with source-address, which nobody looks at": {func(t *testing.T, s *sudoScene) {
			s.change(t, func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"source-address": "10.0.0.0/8"} })
		}, SudoWillWork, ""},
		"a host's certificate, which nobody looks at": {func(t *testing.T, s *sudoScene) {
			s.change(t, func(c *ssh.Certificate) { c.CertType = ssh.HostCert })
		}, SudoWillWork, ""},
		"the nearest of several": {func(t *testing.T, s *sudoScene) {
			s.hold(s.certificate(t, func(c *ssh.Certificate) {
				c.KeyId, c.ValidPrincipals, c.ValidBefore = "far", []string{"eve"}, at(-time.Hour)
			}), s.certificate(t, func(c *ssh.Certificate) { c.KeyId, c.ValidBefore = "near", at(-time.Hour) }))
		}, SudoNeedsPassword, `"near" expired 60 minutes ago`},
		"the second one does": {func(t *testing.T, s *sudoScene) {
			s.hold(s.certificate(t, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"ops"} }), s.certificate(t, nil))
		}, SudoWillWork, ""},
	})
}

// TestSudoByRule is about the options of pam_ussh, and the files that they name.
func TestSudoByRule(t *testing.T) {
	predict(t, map[string]sudoCase{
		"no principals, no restriction": {func(t *testing.T, s *sudoScene) {
			s.rule("ca_file=/etc/ssh/ca.pub")
			s.change(t, func(c *ssh.Certificate) { c.ValidPrincipals = nil })
		}, SudoNeedsPassword, "crashes sudo"},
		"no restriction": {func(t *testing.T, s *sudoScene) {
			s.rule("ca_file=/etc/ssh/ca.pub")
			s.change(t, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"ops"} })
		}, SudoWillWork, ""},
		"an option without a value": {func(t *testing.T, s *sudoScene) { s.rule("ca_file") }, SudoNeedsPassword, "its option ca_file has no value"},
		"a file of principals": {func(t *testing.T, s *sudoScene) {
			s.rule("ca_file=/etc/ssh/ca.pub authorized_principals=nobody authorized_principals_file=/etc/ssh/p")
			s.host.Files["/etc/ssh/p"] = HostFile{Lines: []string{"admin", "sudoer"}, Mode: 0o444}
		}, SudoWillWork, ""},
		"which is empty: no restriction": {func(t *testing.T, s *sudoScene) {
			s.rule("ca_file=/etc/ssh/ca.pub authorized_principals_file=/etc/ssh/p")
			s.host.Files["/etc/ssh/p"] = HostFile{Mode: 0o444}
		}, SudoWillWork, ""},
		"which is verbatim": {func(t *testing.T, s *sudoScene) {
			s.rule("ca_file=/etc/ssh/ca.pub authorized_principals_file=/etc/ssh/p")
			s.host.Files["/etc/ssh/p"] = HostFile{Lines: []string{" sudoer"}, Mode: 0o444}
		}, SudoNeedsPassword, "has none of the principals"},
		"which only root may read": {func(t *testing.T, s *sudoScene) {
			s.rule("ca_file=/etc/ssh/ca.pub authorized_principals_file=/etc/ssh/p")
			s.host.Files["/etc/ssh/p"] = HostFile{Unreadable: true, Mode: 0o400}
		}, SudoUncertain, "cannot be read: /etc/ssh/p"},
		"which is not there": {func(t *testing.T, s *sudoScene) {
			s.rule("ca_file=/etc/ssh/ca.pub authorized_principals_file=/etc/ssh/p")
			s.host.Files["/etc/ssh/p"] = HostFile{Missing: true}
		}, SudoNeedsPassword, "is not there: /etc/ssh/p"},
		"a value with =, which is cut": {func(t *testing.T, s *sudoScene) {
			s.rule("ca_file=/etc/ssh/ca.pub authorized_principals=sudoer=x")
		}, SudoWillWork, ""},
		"outside of the group": {func(t *testing.T, s *sudoScene) {
			s.rule("ca_file=/etc/ssh/ca.pub group=admins")
			s.agent.Keys = nil
		}, SudoWillWork, "ops becomes root without a certificate"},
		"in the group": {func(t *testing.T, s *sudoScene) {
			s.rule("ca_file=/etc/ssh/ca.pub group=wheel")
			s.agent.Keys = nil
		}, SudoNeedsPassword, "the agent holds no keys"},
		"CA file is root's alone": {func(t *testing.T, s *sudoScene) {
			s.host.Files["/etc/ssh/ca.pub"] = HostFile{Unreadable: true, Mode: 0o600}
		}, SudoNeedsPassword, "ops may not read /etc/ssh/ca.pub"},
		"CA file is missing": {func(t *testing.T, s *sudoScene) { s.host.Files["/etc/ssh/ca.pub"] = HostFile{Missing: true} },
			SudoNeedsPassword, "which decides who becomes root, is not there"},
		"CA file is ours to write": {func(t *testing.T, s *sudoScene) {
			f := s.host.Files["/etc/ssh/ca.pub"]
			f.Writable = true
			s.host.Files["/etc/ssh/ca.pub"] = f
		}, SudoWillWork, "/etc/ssh/ca.pub decides who becomes root, and ops may write it"},
	})
}

// TestSudoByAgent is about whether the agent holds a certificate, and reaches the host.
func TestSudoByAgent(t *testing.T) {
	predict(t, map[string]sudoCase{
		"on disk only": {func(t *testing.T, s *sudoScene) {
			c := describe(s.certificate(t, nil))
			c.File = "/home/me/.ssh/id_ed25519-cert.pub"
			s.agent.Keys, s.agent.OnDisk = s.agent.Keys[:1], []Certificate{c}
		}, SudoNeedsPassword, "Load it with its key: ssh-add /home/me/.ssh/id_ed25519."},
		"gpg-agent": {func(t *testing.T, s *sudoScene) { s.agent.Keys, s.agent.Program = s.agent.Keys[:1], "gpg-agent" },
			SudoNeedsPassword, "gpg-agent cannot hold one"},
		"not forwarded": {func(t *testing.T, s *sudoScene) { s.agent.Absent = "forwardAgent = false in fleet.nix" },
			SudoNeedsPassword, "no agent goes along"},
		"forwarding refused": {func(t *testing.T, s *sudoScene) {
			no := false
			s.host.Agent = &no
		}, SudoNeedsPassword, "permit-agent-forwarding"},
		"sshd may refuse": {func(t *testing.T, s *sudoScene) {
			s.host.Agent, s.host.SSHD = nil, []string{"AllowAgentForwarding no"}
		}, SudoUncertain, "AllowAgentForwarding no"},
		"the certificate may not bring the agent along": {func(t *testing.T, s *sudoScene) {
			s.host.Agent = nil
			s.change(t, func(c *ssh.Certificate) { c.Extensions = nil })
		}, SudoUncertain, "it lacks permit-agent-forwarding"},
		"the agent is dead": {func(t *testing.T, s *sudoScene) { s.agent.Err = fmt.Errorf("gone") }, SudoUncertain, "the agent did not answer"},
	})
}

// TestSudoByOtherModules is about what else stands in the rules.
func TestSudoByOtherModules(t *testing.T) {
	predict(t, map[string]sudoCase{
		"required, so a password too": {func(t *testing.T, s *sudoScene) {
			s.host.PAM["sudo"][1] = strings.Replace(s.host.PAM["sudo"][1], "sufficient", "required", 1)
		}, SudoNeedsPassword, "though pam_ussh lets"},
		"required and refused: the password is no use": {func(t *testing.T, s *sudoScene) {
			s.host.PAM["sudo"][1] = strings.Replace(s.host.PAM["sudo"][1], "sufficient", "required", 1)
			s.agent.Keys = nil
		}, SudoWillFail, "fails even with the right one, because the agent holds no keys"},
		"something unknown comes first": {func(t *testing.T, s *sudoScene) {
			s.host.PAM["sudo"][0] = "auth required pam_oath.so"
		}, SudoUncertain, "pam_oath"},
		"a password is asked first": {func(t *testing.T, s *sudoScene) {
			p := s.host.PAM["sudo"]
			p[1], p[2] = p[2], p[1]
		}, SudoNeedsPassword, "wants the password of ops"},
		"who has no password": {func(t *testing.T, s *sudoScene) { s.agent.Keys, s.host.Password = nil, "L" }, SudoWillFail, "who has none"},
		"no rules at all":     {func(t *testing.T, s *sudoScene) { s.host.PAM = nil }, SudoUncertain, "could not all be read"},
	})
}

// TestSudoWithoutPAM is about what is decided before PAM is asked, and what is not known.
func TestSudoWithoutPAM(t *testing.T) {
	predict(t, map[string]sudoCase{
		"root":     {func(t *testing.T, s *sudoScene) { s.host.UID, s.host.User = 0, "root" }, SudoWillWork, "is root"},
		"no sudo":  {func(t *testing.T, s *sudoScene) { s.host.Missing = true }, SudoWillFail, "there is no sudo"},
		"NOPASSWD": {func(t *testing.T, s *sudoScene) { s.host.Sudoers[2] = "%wheel ALL=(ALL:ALL) NOPASSWD:SETENV: ALL" }, SudoWillWork, "without a password"},
		"not in sudoers": {func(t *testing.T, s *sudoScene) { s.host.Groups = []string{"users"} },
			SudoWillFail, "does not let ops become root"},
		"sudoers unread, and it works anyway": {func(t *testing.T, s *sudoScene) { s.host.Sudoers = nil }, SudoWillWork, ""},
		"sudoers unread": {func(t *testing.T, s *sudoScene) { s.host.Sudoers, s.agent.Keys = nil, nil },
			SudoUncertain, "it works if sudoers says NOPASSWD"},
		"and nobody says that ops is an administrator": {func(t *testing.T, s *sudoScene) { s.host.Sudoers, s.host.Groups = nil, []string{"users"} },
			SudoUncertain, "sudoers cannot be read"},
		"sudo-rs, of which that is not proven": {func(t *testing.T, s *sudoScene) { s.host.Program = "sudo-rs 0.2.8" }, SudoUncertain, "unless sudo-rs"},
		"requiretty":                           {func(t *testing.T, s *sudoScene) { s.host.Sudoers = append(s.host.Sudoers, "Defaults requiretty") }, SudoWillFail, "wants a terminal"},
		"targetpw":                             {func(t *testing.T, s *sudoScene) { s.host.Sudoers = append(s.host.Sudoers, "Defaults targetpw") }, SudoUncertain, "targetpw"},
	})
}
