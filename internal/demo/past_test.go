package demo

import (
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// TestPast reads the generations of a host, and compares two of them, as the
// commands do.
func TestPast(t *testing.T) {
	_, d := fleetHere(t)
	c, err := d.Dial(t.Context(), "kelyus")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	g, err := fleet.ReadGenerations(t.Context(), c, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Generations) != 12 || g.Generations[0].Number != 214 || g.Reading.Current == "" {
		t.Fatalf("%d generations, from %d on", len(g.Generations), g.Generations[0].Number)
	}
	var marks []string
	for i, one := range g.Generations {
		if one.Label == "" || one.Kernel == "" || len(one.Revision) != 40 || len(one.Boot) != 3 || one.Loader != "systemd-boot" || !slices.Equal(one.Specialisations, []string{"gaming"}) {
			t.Errorf("incomplete: %+v", one)
		}
		if i > 0 && !one.Created.Before(g.Generations[i-1].Created) {
			t.Errorf("generation %d is younger than %d", one.Number, g.Generations[i-1].Number)
		}
		marks = append(marks, one.Marks()...)
	}
	if got := strings.Join(marks, ","); got != "running,boot default,booted" {
		t.Errorf("marks: %s", got)
	}
	now, old := g.Generations[0].Path, g.Generations[2].Path
	closures, err := fleet.ReadClosures(t.Context(), c, []string{old, now, "/nix/store/" + strings.Repeat("0", 32) + "-none"})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, change := range nixcmd.DiffClosures(closures.Of(old), closures.Of(now)) {
		lines = append(lines, change.String())
	}
	all := strings.Join(lines, "\n")
	for _, want := range []string{"linux: 6.18.16 → 6.18.21", "systemd: 258.1 → 258.2", "nixos-system-kelyus: "} {
		if !strings.Contains(all, want) {
			t.Errorf("the difference lacks %q:\n%s", want, all)
		}
	}
	if closures.Lacks("/nix/store/"+strings.Repeat("0", 32)+"-none") == "" || closures.Alone(now) == 0 || closures.Of(now).Size() < 100<<20 {
		t.Errorf("alone: %d, in all %d", closures.Alone(now), closures.Of(now).Size())
	}
}

func TestEarlier(t *testing.T) {
	for name, want := range map[string]string{"nginx-1.28.1": "nginx-1.28.0", "nginx-1.28.0": "nginx-1.28.0", "unit-nginx.service": "unit-nginx.service", "openssh-10.2p1": "openssh-10.2p0",
		"forgejo-runner-12.1.0-go-modules": "forgejo-runner-12.1.0-go-modules", "python3": "python3"} {
		if got := earlier(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
