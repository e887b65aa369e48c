package ui

import (
	"time"

	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// dialogScenes are the scenes of what asks, and of what is looked at beside a run.
func dialogScenes() []scene {
	return []scene{
		{"confirm-wait", func(s *stage) { s.showHeld() }},
		{"question", func(s *stage) {
			s.showFleet()
			s.askedRun(sudoQuestion("q1"))
			s.advance(time.Second)
			s.typed("secret")
		}},
		{"question-host-key", func(s *stage) {
			s.showFleet()
			q := sudoQuestion("q1")
			q.Program, q.Wants, q.Words = "ssh", "hostkey", "The authenticity of host 'indri' can't be established.\nED25519 key fingerprint is SHA256:abc."
			s.askedRun(q)
			s.advance(time.Second)
			s.typed("ye")
		}},
		{"password", func(s *stage) {
			s.showFleet()
			s.backend.proposal = proposalFor([]string{"andasibe", "indri"})
			for i := range s.backend.proposal.Plan.Hosts {
				s.backend.proposal.Plan.Hosts[i].Password = true
			}
			s.keys("d", "s")
			s.advance(time.Second)
			s.keys("y")
			s.advance(time.Second)
			s.typed("abc")
		}},
		{"certificates", func(s *stage) { s.showFleet(); s.news(heldFor(3 * time.Hour)); s.keys("A") }},
		{"certificates-lapsing", func(s *stage) { s.showFleet(); s.news(heldInTrouble()); s.keys("A") }},
		{"question-before", func(s *stage) {
			s.showWorkingOut()
			s.askBefore(passphraseQuestion("q1"))
			s.advance(time.Second)
			s.typed("abc")
		}},
		{"question-put-off", func(s *stage) {
			s.showWorkingOut()
			s.askBefore(passphraseQuestion("q1"))
			s.keys("esc")
		}},
		{"past", func(s *stage) { s.showFleet(); s.keys("enter", "h", "down") }},
		{"past-compared", func(s *stage) { s.showFleet(); s.keys("enter", "h", "down", "enter") }},
		{"past-kept", func(s *stage) { s.showFleet(); s.keys("enter", "h", "z", "down", " ", " ", "g") }},
		{"past-menu", func(s *stage) { s.showFleet(); s.keys(" ", " ", " ", "B") }},
		{"past-menu-turned", func(s *stage) {
			s.showFleet()
			s.keys(" ", " ", " ", "B", "C", "V", "6", "B", "G", "1", "2", "0", "L")
		}},
		{"reboot-menu", func(s *stage) { s.showFleet(); s.keys(" ", " ", " ", "R", "C", "V", "6", "U") }},
		{"reboot-confirm", func(s *stage) { s.showFleet(); s.showReboot() }},
		{"past-delete", func(s *stage) {
			s.showFleet()
			s.backend.proposal = collecting("vanga")
			s.keys("enter", "h", "down", "D")
			s.advance(time.Second)
		}},
		{"touch", func(s *stage) {
			s.showFleet()
			s.askedRun(rollout.Question{ID: "q1", Host: "indri", Program: "ssh", Wants: sshutil.WantsTouch, Words: "Confirm user presence for key ED25519-SK",
				Asked: begin(), Until: begin().Add(time.Minute)})
		}},
	}
}
