package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/rollout"
)

func TestEqualChangesAreFolded(t *testing.T) {
	same := func(host string) hostChanges {
		return hostChanges{host: host, packages: []string{"nginx: 1.29.2 → 1.29.3"}, sum: "1 package differs", units: []string{"would restart the following units: nginx.service"}}
	}
	larger := same("web2")
	larger.sum = "1 package differs; closure 2 GiB → 2 GiB"
	other := same("db1")
	other.units = nil
	got := changeLines(foldChanges([]hostChanges{same("web1"), other, larger}))
	want := []string{
		"", "web1, web2:", "  nginx: 1.29.2 → 1.29.3", "  1 package differs", "  would restart the following units: nginx.service",
		"", "db1:", "  nginx: 1.29.2 → 1.29.3", "  1 package differs",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the page is\n%s", strings.Join(got, "\n"))
	}
}

func TestWhatActivatingWouldDo(t *testing.T) {
	log := filepath.Join(t.TempDir(), "h1.txt")
	content := "building the system configuration...\nwould stop the following units: a.service\nwould activate the configuration...\nwould restart the following units: \x1b[31mb.service\x1b[0m\nDone.\n"
	if err := os.WriteFile(log, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := wouldDo(log)
	if want := []string{"would stop the following units: a.service", "would restart the following units: b.service"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

// Only what was previewed well is activated, and just that.
func TestWhatWasPreviewedIsActivated(t *testing.T) {
	p := rollout.Plan{Hosts: []rollout.PlanHost{{Name: "h1"}, {Name: "h2"}, {Name: "h3", Skip: "frozen"}}}
	v := rollout.View{Tasks: []rollout.TaskView{
		{Host: "h1", Verdict: &rollout.Verdict{Outcome: rollout.OutcomeOK, System: "/nix/store/new"}},
		{Host: "h2", Verdict: &rollout.Verdict{Outcome: rollout.OutcomeFailed, Reason: "failed while building"}},
	}}
	if !takePreviewed(&p, v) {
		t.Fatal("nothing is left to do")
	}
	if a := p.Hosts[0].Activate; a == nil || a.Path != "/nix/store/new" || a.Generation != 0 {
		t.Errorf("h1 activates %+v", a)
	}
	if h := p.Hosts[1]; h.Activate != nil || !h.Failed || h.Skip != "it could not be previewed: failed while building" {
		t.Errorf("h2: %+v", h)
	}
	if p.Hosts[2].Skip != "frozen" || p.Hosts[2].Failed {
		t.Errorf("h3: %+v", p.Hosts[2])
	}
	v.Tasks = v.Tasks[1:]
	p.Hosts = p.Hosts[1:]
	if takePreviewed(&p, v) {
		t.Error("there should be nothing left")
	}
}
