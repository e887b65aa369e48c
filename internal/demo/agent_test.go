package demo

import (
	"context"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// TestAgent: the certificate in the demo's agent is by its fleet's authority,
// and lets the person become root on its hosts.
func TestAgent(t *testing.T) {
	now := time.Now().Truncate(certificateAnew)
	for at := now; at.Before(now.Add(2 * certificateFor)); at = at.Add(time.Hour) {
		agent, err := Agent(at)
		if err != nil {
			t.Fatal(err)
		}
		cert, ok := agent.Keys[1].Public.(*ssh.Certificate)
		if left := time.Unix(int64(cert.ValidBefore), 0).Sub(at); !ok || left < certificateFor-certificateAnew {
			t.Errorf("at %s it is good for %s only", at, left)
		}
	}
	agent, err := Agent(now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Agent(now.Add(time.Second))
	if err != nil || len(again.Keys) != 2 || string(again.Keys[1].Public.Marshal()) != string(agent.Keys[1].Public.Marshal()) {
		t.Errorf("it is another certificate each time: %v", err)
	}
	_, d := fleetHere(t)
	c, err := d.Dial(t.Context(), "ankarana")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := fleet.ReadSurvey(context.Background(), c, fleet.Questions{Means: true}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	f := sshutil.PredictSudo(*s.Means, agent, s.Reading.At)
	if f.Outlook != sshutil.SudoWillWork || f.By != sshutil.SudoByUssh || len(f.Risks) > 0 {
		t.Errorf("%+v", f)
	}
}
