package ui

import (
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
)

func heldFor(d time.Duration) KeysRead {
	return KeysRead{fleet.Keys{Authority: "SHA256:ca", Certificates: []fleet.Certificate{
		{KeyID: "old", Authority: "SHA256:ca", Until: begin().Add(-time.Hour)},
		{KeyID: "another's", Authority: "SHA256:eve", Until: begin().Add(99 * time.Hour)},
		{KeyID: "me@laptop", Principals: []string{"sudoer", "ops"}, Authority: "SHA256:ca", Kind: "ssh-ed25519", KeyHeld: true, Touch: true,
			From: begin().Add(-5 * time.Minute), Until: begin().Add(d), Extensions: []string{"permit-pty"}},
	}}}
}

// heldInTrouble is an agent that will not do for long, and what it lacks.
func heldInTrouble() KeysRead {
	return KeysRead{fleet.Keys{Authority: "SHA256:ca", Trouble: "gpg-agent is your agent, and cannot hold certificates", Hint: "Start OpenSSH's ssh-agent and set SSH_AUTH_SOCK to it.",
		Certificates: []fleet.Certificate{{KeyID: "me@laptop", Principals: []string{"sudoer@indri", "ops"}, Authority: "SHA256:ca", Kind: "ssh-ed25519", KeyHeld: true,
			From: begin().Add(-time.Hour), Until: begin().Add(9 * time.Minute), Extensions: []string{"permit-agent-forwarding", "permit-pty"},
			Critical: []fleet.CertOption{{Name: "source-address", Value: "10.0.0.0/8"}}}},
		OnDisk: []fleet.Certificate{{KeyID: "yesterday's", Principals: []string{"ops"}, Authority: "SHA256:ca", Kind: "sk-ssh-ed25519@openssh.com", Touch: true, KeyHeld: true,
			From: begin().Add(-text.Day), File: "/home/me/.ssh/id_ed25519_sk-cert.pub"}},
	}}
}

func TestCertificateInHeader(t *testing.T) {
	for _, c := range []struct {
		news News
		want string
	}{
		{nil, ""},
		{heldFor(3*time.Hour + 12*time.Minute), "● cert 3h12m"},
		{heldFor(19*time.Hour + 47*time.Minute), "● cert 19h  "},
		{heldFor(29 * time.Minute), "▲ cert 29m"},
		{heldFor(-time.Minute), "✗ cert expired"},
		{KeysRead{fleet.Keys{Authority: "SHA256:ca"}}, "✗ no cert"},
		{KeysRead{fleet.Keys{}}, ""}, // a fleet without an authority asks for none
	} {
		s := newStage(t, 120, 40)
		if c.news != nil {
			s.news(c.news)
		}
		first := s.screen()[0]
		if has := strings.Contains(first, "cert"); has != (c.want != "") || !strings.Contains(first, c.want) {
			t.Errorf("not %q: %s", c.want, first)
		}
	}
	// It counts down while nothing else happens.
	s := newStage(t, 80, 24)
	s.news(heldFor(31 * time.Minute))
	s.advance(2 * time.Minute)
	if first := s.screen()[0]; !strings.Contains(first, "▲ cert 29m") {
		t.Errorf("after two minutes: %s", first)
	}
}

func TestCertificatesDialog(t *testing.T) {
	s := newStage(t, 100, 40)
	s.showFleet()
	s.keys("A")
	s.sees("has not been asked yet")
	s.keys("esc")
	s.news(heldFor(time.Hour))
	s.keys("A")
	s.sees("me@laptop", "sudoer, ops", "SHA256:ca (the fleet's)", "ssh-ed25519, in the agent, wants a touch", "✗ expired", "sign for all hosts")
	s.keys("s")
	if got := s.backend.asked[len(s.backend.asked)-1]; !strings.Contains(got, "give the terminal to sign for") {
		t.Errorf("called %q", got)
	}
	s.keys("A", "h")
	if got := s.backend.asked[len(s.backend.asked)-1]; !strings.Contains(got, "sign for "+s.m.under()) {
		t.Errorf("called %q for %q", got, s.m.under())
	}
	s.news(KeysRead{fleet.Keys{Trouble: "gpg-agent is your agent, and cannot hold certificates", Hint: "Start OpenSSH's ssh-agent."}})
	s.keys("A")
	s.sees("gpg-agent is your agent", "Start OpenSSH's")
}

func TestSudoInDetail(t *testing.T) {
	s := newStage(t, 200, 50)
	s.showFleet()
	name := s.m.under()
	for _, c := range []struct {
		forecast fleet.SudoForecast
		want     []string
	}{
		{fleet.SudoForecast{Outlook: fleet.SudoWillWork, By: "pam_ussh", Touch: true, Until: begin().Add(90 * time.Minute)}, []string{"● works  by pam_ussh, after a touch, for 1h30m"}},
		{fleet.SudoForecast{Outlook: fleet.SudoNeedsPassword, Reason: "sudo wants the password of ops, because it expired", Hint: "make a new one"},
			[]string{"▲ wants a password", "Sudo wants the password of ops, because", "Make a new one."}},
		{fleet.SudoForecast{Outlook: fleet.SudoWillFail, Reason: "there is no sudo there"}, []string{"✗ will fail", "There is no sudo there."}},
		{fleet.SudoForecast{Outlook: fleet.SudoWillWork, Risks: []fleet.SudoRisk{{Message: "everybody may write the CA file", Hint: "make it root's"}}},
			[]string{"▲ Everybody may write the CA file.", "Make it root's."}},
	} {
		s.news(SudoForeseen{name, c.forecast})
		s.sees(c.want...)
	}
}
