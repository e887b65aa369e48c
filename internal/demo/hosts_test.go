package demo

import (
	"slices"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

var _ fleet.Evaluator = (*Evaluator)(nil)

// TestHostsTellTheirStories reads every host as the table does, with both scripts.
func TestHostsTellTheirStories(t *testing.T) {
	_, d := fleetHere(t)
	want := map[string]struct {
		drift  fleet.Drift
		reboot bool
		failed []string
	}{
		"andasibe":  {drift: fleet.DriftBehind},
		"ankarana":  {drift: fleet.DriftBehind},
		"ayeaye":    {drift: fleet.DriftBootPending, reboot: true},
		"boraha":    {drift: fleet.DriftInSync},
		"indri":     {drift: fleet.DriftBehind},
		"kelyus":    {drift: fleet.DriftInSync, reboot: true, failed: []string{"nix-daemon.socket"}},
		"masoala":   {drift: fleet.DriftBehind},
		"sambirano": {drift: fleet.DriftBehind},
		"tenrec":    {drift: fleet.DriftInSync, failed: []string{"zfs-scrub.service"}},
		"tsingy":    {drift: fleet.DriftBehind},
	}
	for name, w := range want {
		t.Run(name, func(t *testing.T) {
			c, err := d.Dial(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			r, err := fleet.Read(t.Context(), c, true, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			if got := fleet.Judge(r, wanted(t, name), fleet.HistoryUnknown); got != w.drift {
				t.Errorf("drift %s, want %s", got, w.drift)
			}
			if r.Reboot == nil || *r.Reboot != w.reboot {
				t.Errorf("reboot needed: %v, want %v", r.Reboot, w.reboot)
			}
			if !slices.Equal(r.FailedUnits, w.failed) {
				t.Errorf("failed units %q, want %q", r.FailedUnits, w.failed)
			}
			checkComplete(t, r, hostNamed(t, name))
			fast, err := fleet.Read(t.Context(), c, false, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			if fast.Current != r.Current || fast.MachineID != r.MachineID || fast.Generation != r.Generation {
				t.Errorf("the fast script reads %+v, the full one %+v", fast, r)
			}
			if fast.CPUs != 0 {
				t.Error("the fast script is answered more than it asks")
			}
		})
	}
}

// checkComplete looks for values that the scripts ask for and a host left out.
func checkComplete(t *testing.T, r fleet.Reading, h host) {
	t.Helper()
	if r.System != h.System || r.Host != h.Name || r.OS != "Linux" || r.Label == "" || len(r.Revision) != 40 || r.Kernel == "" || r.Nix == "" {
		t.Errorf("incomplete: %+v", r)
	}
	if r.CPUs == 0 || r.MemTotal == 0 || r.MemAvailable == 0 || len(r.Disks) != 3 || r.Store == nil || r.Generations == 0 || r.Load[0] == 0 {
		t.Errorf("incomplete: %+v", r)
	}
	if r.Uptime <= 0 || r.GenerationAt.After(r.At) || r.BootedAt.After(r.At) || len(r.MachineID) != 32 || len(r.BootID) != 36 {
		t.Errorf("incomplete or impossible: %+v", r)
	}
}

func TestHostsThatCannotBeReached(t *testing.T) {
	_, d := fleetHere(t)
	for name, want := range map[string]sshutil.Kind{
		"sifaka":      sshutil.KindRefused,
		"vanga":       sshutil.KindHostKeyChanged,
		"nosuch.host": sshutil.KindDNS,
	} {
		c, err := d.Dial(t.Context(), name)
		if err == nil {
			c.Close()
			t.Errorf("%s lets us in", name)
			continue
		}
		if got := kindOf(err); got != want {
			t.Errorf("%s: %v is of kind %q, want %q", name, err, got, want)
		}
	}
}

// TestAddressesNameTheSameHosts: builders are called by their addresses.
func TestAddressesNameTheSameHosts(t *testing.T) {
	_, d := fleetHere(t)
	if got := printed(t, d, "boraha.example.org", "hostname"); got != "boraha" {
		t.Errorf("boraha.example.org is %q", got)
	}
}

// TestEveryHostHasAStory keeps fleet.nix and the stories together.
func TestEveryHostHasAStory(t *testing.T) {
	hosts, err := readFleet()
	if err != nil {
		t.Fatal(err)
	}
	known := stories()
	for _, h := range hosts {
		s, ok := known[h.Name]
		if !ok {
			t.Errorf("%s has no story", h.Name)
			continue
		}
		delete(known, h.Name)
		if s.kept > s.generation || s.profile+s.kept > len(revisions()) {
			t.Errorf("%s keeps %d generations of %d", h.Name, s.kept, s.generation)
		}
		if s.buildFails != "" && !slices.Contains(s.builtHere, s.buildFails) {
			t.Errorf("%s fails to build %s, which it does not build", h.Name, s.buildFails)
		}
	}
	for name := range known {
		t.Errorf("the story of %s is about no host of fleet.nix", name)
	}
}
