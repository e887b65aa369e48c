//go:build lab

package e2e

import (
	"os"
	"slices"
	"strings"
	"testing"
)

type rungDoc struct {
	Rung, State, Reason, Hint string
	From                      *string
}

type builderDoc struct {
	Name, Health, Rung, Reason, Hint string
	From                             []string
	Steps                            []rungDoc
}

func (b builderDoc) step(rung string) rungDoc {
	for _, s := range b.Steps {
		if s.Rung == rung {
			return s
		}
	}
	return rungDoc{}
}

// states are the rungs of a builder in one line.
func (b builderDoc) states() string {
	var all []string
	for _, s := range b.Steps {
		all = append(all, s.Rung+"="+s.State)
	}
	return strings.Join(all, " ")
}

// builders are what `builders` says; with --check it fails, because one is gone.
func (w *where) builders(flags string) map[string]builderDoc {
	w.t.Helper()
	code := 0
	if strings.Contains(flags, "--check") {
		code = 1
	}
	r := w.wants(code, "builders --json %s", flags)
	by := map[string]builderDoc{}
	for _, b := range decode[struct{ Builders []builderDoc }](w.t, r.stdout).Builders {
		by[b.Name] = b
	}
	return by
}

func TestLadders(t *testing.T) {
	need(t, "h1", "h2", "h3")
	w := place(t)
	polled := w.builders("")
	if h3 := polled["h3"]; h3.Health != "ok" || h3.step("login").State != "unchecked" || h3.step("trust").State != "unchecked" ||
		h3.step("handshake").State != "ok" || h3.step("store").State != "ok" || !strings.Contains(h3.step("trust").Reason, "nix-builder") {
		t.Errorf("h3 as ourselves: %+v", h3)
	}
	if gone := polled["gone"]; gone.Health != "down" || gone.states() != "connect=bad" || gone.Reason == "" || gone.Hint == "" {
		t.Errorf("gone: %+v", gone)
	}
	if h2 := polled["h2"]; h2.step("build").State != "" {
		t.Errorf("a build ran on h2 that nobody asked for: %+v", h2)
	}

	checked := w.builders("--check --from h1")
	h2 := checked["h2"]
	// h2 is listed with kvm, and has it only where the machine under the lab does.
	if got := strings.Replace(h2.states(), "declared=warn", "declared=ok", 1); h2.Health != "ok" || h2.Rung != "build" ||
		got != "connect=ok hostkey=ok login=ok handshake=ok trust=ok store=ok declared=ok disk=ok build=ok" {
		t.Errorf("h2: %+v", h2)
	}
	for _, rung := range []string{"login", "trust", "build"} {
		if s := checked["h3"].step(rung); s.State != "ok" || s.From == nil || *s.From != "h1" {
			t.Errorf("h3 from h1: %+v", s)
		}
	}

	// What was asked is still known to the next start, with where it was asked.
	again := w.builders("")
	for _, rung := range []string{"login", "trust", "build"} {
		if s := again["h3"].step(rung); s.State != "ok" || s.From == nil || *s.From != "h1" {
			t.Errorf("h3, later: %+v", s)
		}
	}
}

// TestMachinesFileOfAHost: what a host really sends builds to is read there,
// includes and mistakes and all.
func TestMachinesFileOfAHost(t *testing.T) {
	need(t, "h1", "h4")
	w := place(t)
	w.must(`ssh h1 'sudo cp -p /etc/nix/machines /etc/nix/machines.e2e && printf "@/etc/nix/more\nssh://h3 - - many\n" | sudo tee -a /etc/nix/machines && echo "ssh-ng://ops@h4 x86_64-linux - 2" | sudo tee /etc/nix/more'`)
	t.Cleanup(func() { w.must(`ssh h1 'sudo mv /etc/nix/machines.e2e /etc/nix/machines && sudo rm /etc/nix/more'`) })
	r := w.wants(0, "builders --json")
	doc := decode[struct {
		Builders []builderDoc
		Mistakes []string
	}](t, r.stdout)
	var h4 builderDoc
	for _, b := range doc.Builders {
		if b.Name == "h4" {
			h4 = b
		}
	}
	if !slices.Contains(h4.From, "/etc/nix/machines of h1") || h4.step("login").State != "ok" {
		t.Errorf("h4 is listed in a file that h1 includes: %+v", h4)
	}
	if !slices.ContainsFunc(doc.Mistakes, func(m string) bool {
		return strings.HasPrefix(m, `on h1: /etc/nix/machines:5: "many" is no number of jobs`)
	}) {
		t.Errorf("mistakes: %q", doc.Mistakes)
	}
}

// TestLocalBuildsWithoutIllBuilders: Nix would wait for the one that is gone.
func TestLocalBuildsWithoutIllBuilders(t *testing.T) {
	alone(t, "h2")
	w := place(t)
	machines := file("/etc/nix/machines")
	const well = "ssh-ng://ops@h2 x86_64-linux - 4 10 - - -"
	if err := os.WriteFile(machines, []byte(well+"\nssh-ng://ops@gone x86_64-linux - 4 20\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(machines); err != nil {
			t.Error(err)
		}
	})
	r := w.wants(0, "build --on h2 --build-on local --yes --plain")
	if !strings.Contains(r.stderr+r.stdout, "warning: the builder gone is down (") || !strings.Contains(r.stderr+r.stdout, "on 'ssh-ng://ops@h2'") {
		t.Errorf("it said\n%s%s", r.stdout, r.stderr)
	}
	r = w.wants(0, "dry-build --on h2 --build-on local --without-builders --yes --plain")
	if strings.Contains(r.stderr+r.stdout, "on 'ssh") || strings.Contains(r.stderr, "gone") {
		t.Errorf("without builders it said\n%s%s", r.stdout, r.stderr)
	}
	runs := w.must("cat %s/s/nixfleet/runs/*/run.json", w.dir)
	for _, want := range []string{`"builders": "` + well + `"`, `"builders": ""`} {
		if !strings.Contains(runs, want) {
			t.Errorf("no run has %s", want)
		}
	}
}

func TestLadderWithoutTrust(t *testing.T) {
	need(t, "h2")
	w := place(t)
	w.must(`ssh h2 'sudo cp -p /etc/nix/nix.conf /etc/nix/nix.conf.e2e && sudo sed -i "s/^trusted-users = root ops/trusted-users = root/" /etc/nix/nix.conf && sudo systemctl restart nix-daemon'`)
	t.Cleanup(func() {
		w.must(`ssh h2 'sudo mv /etc/nix/nix.conf.e2e /etc/nix/nix.conf && sudo systemctl restart nix-daemon'`)
	})
	h2 := w.builders("")["h2"]
	if h2.Health != "ill" || h2.states() != "connect=ok hostkey=ok login=ok handshake=ok trust=bad" || h2.Rung != "handshake" ||
		!strings.Contains(h2.Reason, "does not trust ops") || h2.Hint != `nix.settings.trusted-users = [ "ops" ]; on h2` {
		t.Errorf("got %+v", h2)
	}
}

func TestLadderWithoutDaemon(t *testing.T) {
	need(t, "h2")
	w := place(t)
	w.must(`ssh h2 'sudo systemctl stop nix-daemon.socket nix-daemon.service'`)
	t.Cleanup(func() { w.must(`ssh h2 'sudo systemctl start nix-daemon.socket nix-daemon.service'`) })
	h2 := w.builders("")["h2"]
	if h2.Health != "ill" || h2.states() != "connect=ok hostkey=ok login=ok handshake=bad" || !strings.Contains(h2.Hint, "nix-daemon.socket") {
		t.Errorf("got %+v", h2)
	}
}
