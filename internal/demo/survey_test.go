package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// TestSurvey reads hosts as preflight does.
func TestSurvey(t *testing.T) {
	_, d := fleetHere(t)
	for name, want := range map[string]struct {
		user     string
		trust    nixcmd.Trust
		machines int
		also     []string // platforms
	}{
		"ankarana": {user: "korfuri", trust: nixcmd.NotTrusted, machines: 3},
		"ayeaye":   {user: "root", trust: nixcmd.Trusted, machines: 3},
		"boraha":   {user: "korfuri", trust: nixcmd.NotTrusted, machines: 2},
		"kelyus":   {user: "korfuri", machines: 2, also: []string{"aarch64-linux"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := d.Dial(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			s, err := fleet.ReadSurvey(t.Context(), c, fleet.Questions{Sudo: true, Trust: true}, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			if s.User != want.user || len(s.Groups) == 0 || s.Sudo != fleet.SudoWorks || s.Trust != want.trust {
				t.Errorf("%+v", s)
			}
			if (s.TrustErr != nil) != (name == "kelyus") {
				t.Errorf("trust was not learned: %v", s.TrustErr)
			}
			if len(s.Machines) != want.machines || !slices.Equal(s.Conf.ExtraPlatforms, want.also) || s.System() != hostNamed(t, name).System {
				t.Errorf("it is %s, builds %q besides and has %d builders", s.System(), s.Conf.ExtraPlatforms, len(s.Machines))
			}
			if key := hostNamed(t, "indri").Builder.SigningKey; !s.Conf.Read || !slices.Contains(s.Conf.TrustedKeys, key) {
				t.Errorf("it trusts %q", s.Conf.TrustedKeys)
			}
			if s.Store.Free == 0 || s.Boot.Free == 0 || s.Activation != nil {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestWhoIsSwitching: an activation that runs is seen, with who began it.
func TestWhoIsSwitching(t *testing.T) {
	_, d := fleetHere(t)
	current := printed(t, d, "tenrec", "readlink /run/current-system")
	c, err := d.Dial(t.Context(), "tenrec")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	line := speedVariable + "=0.01 sudo systemd-run --unit=" + activationUnit + " " + current + "/bin/switch-to-configuration switch"
	stream, err := c.Stream(t.Context(), "exec 2>&1; "+line)
	if err != nil {
		t.Fatal(err)
	}
	var s fleet.Survey
	for s.Activation == nil { // it takes a moment to begin, and far longer to end
		if s, err = fleet.ReadSurvey(t.Context(), c, fleet.Questions{}, time.Now); err != nil {
			t.Fatal(err)
		}
	}
	if a := s.Activation; a == nil || a.By != "korfuri" || !strings.Contains(a.Command, current) {
		t.Errorf("the activation is seen as %+v", a)
	}
	if got := on(t, d, "tenrec", line, ""); got.ExitCode == 0 || !strings.Contains(string(got.Stderr), "already loaded") {
		t.Errorf("a second one is let in: %d %s", got.ExitCode, got.Stderr)
	}
	if err := stream.Close(); err != nil {
		t.Error(err)
	}
}

// TestLeftovers: a build that nobody waits for any more can be found and ended,
// with nixos-rebuild's own clean-up and with a cancelled run's.
func TestLeftovers(t *testing.T) {
	_, d := fleetHere(t)
	drv := systemOf(hostNamed(t, "tsingy"), revisions()[0]).drv
	name := strings.TrimPrefix(drv, storeDir)
	for what, line := range map[string]string{
		"pkill":  "pkill --signal SIGINT --full -- " + name,
		"script": fmt.Sprintf("/bin/sh -s < p='[%s]%s'", name[:1], name[1:]),
	} {
		t.Run(what, func(t *testing.T) {
			on(t, d, "tsingy", "nix-store --import", drv+"\n")
			c, err := d.Dial(t.Context(), "tsingy")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			ended := make(chan sshutil.Result, 1)
			stream, err := c.Stream(t.Context(), "exec 2>&1; "+speedVariable+"=1 nix build '"+drv+"^*' --print-out-paths; echo $?")
			if err != nil {
				t.Fatal(err)
			}
			first := make([]byte, 1)
			if _, err := stream.Read(first); err != nil {
				t.Fatal(err)
			}
			go func() {
				var all strings.Builder
				buf := make([]byte, 4096)
				for {
					n, err := stream.Read(buf)
					all.Write(buf[:n])
					if err != nil {
						break
					}
				}
				ended <- sshutil.Result{Stdout: []byte(all.String())}
			}()
			cmd, stdin, _ := strings.Cut(line, " < ")
			if stdin != "" {
				stdin += "; u=$(id -u)\nfor s in INT TERM; do\n  pkill -$s -u \"$u\" -f -- \"$p\" || exit 0\ndone\n"
			}
			if got := on(t, d, "tsingy", cmd, stdin); got.ExitCode != 0 {
				t.Errorf("exit status %d: %s", got.ExitCode, got.Stderr)
			}
			if got := strings.TrimSpace(string((<-ended).Stdout)); !strings.HasSuffix(got, fmt.Sprint(exitInterrupted)) {
				t.Errorf("the build ended with: %q", got)
			}
			if got := on(t, d, "tsingy", "pkill -f "+name, ""); got.ExitCode != 1 {
				t.Errorf("something is still building: %d", got.ExitCode)
			}
			if err := stream.Close(); err != nil && context.Cause(t.Context()) == nil {
				t.Error(err)
			}
		})
	}
}
