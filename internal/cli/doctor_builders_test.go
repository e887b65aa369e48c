package cli

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// rootHere puts a sudo on PATH that lets the person be root, or says why not,
// and a nix whose builder answers in these words.
func (b *bench) rootHere(sudo, nix string) {
	b.t.Helper()
	b.programs("env", "true")
	for name, script := range map[string]string{"sudo": sudo, "nix": nix} {
		if err := os.WriteFile(filepath.Join(os.Getenv("PATH"), name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			b.t.Fatal(err)
		}
	}
}

// TestDoctorAsksThisMachinesRoot what belongs to the user that builds are sent
// as, and keeps the answer.
func TestDoctorAsksThisMachinesRoot(t *testing.T) {
	const may = `[ "$1 $2" = "-n --" ] && shift 2 && exec "$@"`
	for name, c := range map[string]struct {
		sudo, nix string
		health    fleet.Health
		reason    string // of the builder
		said      string // by the doctor
		kept      string // the rungs
		key       string // that the fleet lists
	}{
		"trusted": {sudo: may, nix: `echo '{"trusted":1}'`, health: fleet.HealthOK, kept: "login=ok trust=ok"},
		"not trusted": {sudo: may, nix: `echo '{"trusted":0}'`, health: fleet.HealthIll, reason: "does not trust nix-builder",
			kept: "login=ok trust=bad"},
		"not let in": {sudo: may, nix: `echo 'nix-builder@big: Permission denied (publickey).' >&2; exit 1`, health: fleet.HealthIll,
			reason: "root on this machine cannot log in: nix-builder@big: Permission denied", kept: "login=bad"},
		"with a key of its own": {sudo: may, nix: `echo 'nix-builder@big: Permission denied (publickey).' >&2; exit 1`, health: fleet.HealthIll,
			reason: "root on this machine cannot log in", key: "/etc/nix/other_key"},
		"no root": {sudo: `echo 'sudo: a password is required' >&2; exit 1`, nix: "exit 9", health: fleet.HealthOK,
			said: "not checked as root here, who sends the builds: sudo does not work here: sudo: a password is required"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.rootHere(c.sudo, c.nix)
			p := b.program()
			builder := fleet.Builder{Name: "big", Address: "big", SSHUser: "nix-builder", SSHKey: cmp.Or(c.key, "/root/key"), From: []string{fleet.MachinesFile}}
			l := &loaded{inv: &fleet.Inventory{Builders: []fleet.Builder{builder}}}
			polled := fleet.Ladder{Builder: builder}
			for rung, state := range map[fleet.Rung]fleet.StepState{fleet.RungConnect: fleet.StepOK, fleet.RungHandshake: fleet.StepOK, fleet.RungStore: fleet.StepOK, fleet.RungLogin: fleet.StepUnchecked} {
				polled.Steps = append(polled.Steps, fleet.Step{Rung: rung, State: state, At: time.Now()})
			}
			builders := []fleet.BuilderHealth{fleet.BuilderHealth{Builder: builder}.With(polled)}
			found, err := (&doctorOptions{Program: p}).asRootHere(t.Context(), l, []nixcmd.Machine{{HostName: "big", User: "nix-builder", SSHKey: "/root/key"}}, builders)
			if err != nil {
				t.Fatal(err)
			}
			if h := builders[0]; h.Health != c.health || !strings.Contains(h.Reason, c.reason) || c.reason == "" && h.Reason != "" && c.said == "" {
				t.Errorf("it is %s (%s)", h.Health, h.Reason)
			}
			if c.said == "" && len(found) != 0 || c.said != "" && (len(found) != 1 || found[0].Message != c.said || found[0].Health != healthOK) {
				t.Errorf("the doctor says %+v", found)
			}
			var kept []string
			for _, s := range p.answers(l.inv.Source).Of(builder).Steps {
				kept = append(kept, string(s.Rung)+"="+string(s.State))
				if s.From != fleet.ThisMachineName {
					t.Errorf("%s was asked from %q", s.Rung, s.From)
				}
			}
			if got := strings.Join(kept, " "); got != c.kept {
				t.Errorf("%q is kept", got)
			}
		})
	}
}
