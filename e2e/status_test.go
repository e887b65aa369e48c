//go:build lab

package e2e

import (
	"strings"
	"testing"
)

type hostDoc struct {
	Name, State, Error, Hint, EvalError, Drift, Facts string
	System, Running, Profile, Booted, Wanted          *string
	Generation                                        *struct{ Number int }
	RebootNeeded                                      *bool
	Tags                                              []string
}

func (w *where) status(flags string) map[string]hostDoc {
	w.t.Helper()
	r := w.wants(0, "status --json %s", flags)
	by := map[string]hostDoc{}
	for _, h := range decode[struct{ Hosts []hostDoc }](w.t, r.stdout).Hosts {
		by[h.Name] = h
	}
	return by
}

func TestStatusTellsTheFleet(t *testing.T) {
	need(t, "h1", "h2", "h3", "h4")
	w := place(t)
	hosts := w.status("")
	if len(hosts) != 11 {
		t.Errorf("%d hosts, not 11", len(hosts))
	}
	for _, name := range []string{"h1", "h2", "h3", "h4"} {
		h := hosts[name]
		if h.State != "up" || h.Generation == nil || h.Generation.Number < 1 {
			t.Errorf("%s: %+v", name, h)
			continue
		}
		if running := w.system(name); h.Running == nil || *h.Running != running {
			t.Errorf("%s runs %s, and status says %v", name, running, h.Running)
		}
		if h.Facts != "fresh" || h.Wanted == nil {
			t.Errorf("%s: what the flake wants is %v (%s)", name, h.Wanted, h.Facts)
		}
	}
	if s := hosts["h5"].System; s == nil || *s != "aarch64-linux" {
		t.Errorf("h5 is %v", s)
	}
	if e := hosts["h6"].EvalError; !strings.Contains(e, "The option `services.nginx.enabel' does not exist") {
		t.Errorf("h6 says %q", e)
	}
	if g := hosts["gone"]; g.State != "down" || g.Error == "" || g.Hint == "" {
		t.Errorf("gone: %+v", g)
	}
	if tags := strings.Join(hosts["h2"].Tags, " "); tags != "web slow" {
		t.Errorf("h2 has the tags %q", tags)
	}
}

func TestStatusSelects(t *testing.T) {
	need(t, "h1", "h2", "h3", "h4")
	w := place(t)
	for flags, want := range map[string]string{
		"--on h1,h3":                "h1 h3",
		"--on '@web,!h2'":           "h1",
		"--on 'h[14]'":              "h1 h4",
		"--on system:aarch64-linux": "h5",
	} {
		hosts := w.status("--wait 60s " + flags)
		for _, name := range strings.Fields(want) {
			if _, ok := hosts[name]; !ok || len(hosts) != len(strings.Fields(want)) {
				t.Errorf("%s gives %d hosts, not %s", flags, len(hosts), want)
			}
		}
	}
	if hosts := w.status("--on 'state:up,!h4'"); len(hosts) < 3 || hosts["h1"].State != "up" || hosts["h4"].Name != "" {
		t.Errorf("state:up,!h4 gives %v", hosts)
	}
	w.wants(1, "status --check --on gone")
	w.wants(0, "status --check --on h1")
}

func TestStatusAfterBoot(t *testing.T) {
	need(t, "h8")
	w := place(t)
	w.wants(0, "boot --on h8 --yes")
	h := w.status("--on h8")["h8"]
	if h.Drift != "boot-pending" || h.RebootNeeded == nil || !*h.RebootNeeded {
		t.Errorf("after boot: drift %s, rebootNeeded %v", h.Drift, h.RebootNeeded)
	}
	if v := verdicts(t, w.only())["h8"]; !v.Reboot {
		t.Errorf("the verdict does not say that a reboot is needed: %+v", v)
	}
	if w.profile("h8") == w.system("h8") {
		t.Error("boot has changed the running system, or not the profile")
	}
}

// TestStatusWithoutKeys: with no agent and no key there is a state for that, a
// hint, and no question.
func TestStatusWithoutKeys(t *testing.T) {
	need(t, "h9")
	w := place(t)
	r := w.sh(`NIX_SSHOPTS='-o IdentityFile=/nonexistent -o IdentitiesOnly=yes' nixfleet-tui status --json --on h9`)
	doc := decode[struct{ Hosts []hostDoc }](t, r.stdout)
	if r.code != 0 || len(doc.Hosts) != 1 || doc.Hosts[0].State != "auth" || doc.Hosts[0].Error == "" || doc.Hosts[0].Hint == "" {
		t.Errorf("exit code %d: %+v", r.code, doc)
	}
}
