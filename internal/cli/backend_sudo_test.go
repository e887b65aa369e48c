package cli

import (
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/ui"
)

// TestForesight: the dashboard learns what the demo's agent holds and what
// sudo on a host will say, and is told again only when that has changed.
func TestForesight(t *testing.T) {
	p := newBench(t).program()
	p.World = p.Demo
	t.Cleanup(func() {
		if err := p.World.Close(); err != nil {
			t.Error(err)
		}
	})
	l, err := p.load(t.Context(), &sourceFlags{})
	if err != nil {
		t.Fatal(err)
	}
	pool, done, err := p.pool(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	news := ui.NewMailbox()
	crew := ui.NewCrew(news)
	f := newForesight(p, news)
	f.readKeys(t.Context(), l)
	up := fleet.Status{State: fleet.StateUp, Reading: fleet.Reading{Current: "/nix/store/a"}}
	for _, host := range []string{"ankarana", "ayeaye", "no such host"} { // ayeaye is root's, who needs no sudo
		f.heard(t.Context(), crew, pool, l, host, up)
	}
	f.heard(t.Context(), crew, pool, l, "ankarana", up) // nothing has changed
	crew.Wait()
	f.readKeys(t.Context(), l)
	var keys, forecasts int
	for _, n := range news.Take(t.Context()) {
		switch n := n.(type) {
		case ui.KeysRead:
			keys++
			if c, has := n.Keys.Counting(); !has || c.KeyID != "korfuri@laptop" || n.Keys.Trouble != "" {
				t.Errorf("%+v", n.Keys)
			}
		case ui.SudoForeseen:
			forecasts++
			if n.Host != "ankarana" || n.Forecast.Outlook != fleet.SudoWillWork || n.Forecast.Until.IsZero() {
				t.Errorf("%+v", n)
			}
		}
	}
	if keys != 1 || forecasts != 1 {
		t.Errorf("told of keys %d times, of sudo %d times", keys, forecasts)
	}
	f.readKeys(t.Context(), l)
	news.Post(ui.Said{Message: "the end"})
	if rest := news.Take(t.Context()); len(rest) != 1 {
		t.Errorf("told again: %+v", rest)
	}
	if err := done(); err != nil {
		t.Error(err)
	}
}

func TestSignFromDashboard(t *testing.T) {
	p := newBench(t).program()
	b := newBackend(p, &sourceFlags{File: "/f/fleet.nix"}, "", nil, ui.NewMailbox())
	if _, err := b.SignCertificate("web1"); err == nil || explain(err).Hint == "" {
		t.Errorf("without an inventory: %v", err)
	}
	b.loaded = &loaded{inv: &fleet.Inventory{}}
	cmd, err := b.SignCertificate("web1")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(cmd.Args[1:3], " "); got != "cert sign" || !slices.Contains(cmd.Args, "--on=web1") || !slices.Contains(cmd.Args, "--fleet=/f/fleet.nix") {
		t.Errorf("%q", cmd.Args)
	}
	b.Program.World = b.Program.Demo
	if cmd, err = b.SignCertificate(""); err != nil || cmd.Args[1] != "demo" || slices.Contains(cmd.Args, "--on=") {
		t.Errorf("%q %v", cmd.Args, err)
	}
}
