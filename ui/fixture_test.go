package ui

import (
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// The fleet of the tests: a dozen hosts, each with a reason to be looked at.

const (
	wantedPath = "/nix/store/9w2m4k7qz1c8v5x3b6n0jhgfdsap-nixos-system-25.11"
	olderPath  = "/nix/store/1q0z8y6x4w2v3u5t7s9rpnmlkjih-nixos-system-25.11"
	otherPath  = "/nix/store/7g5f3d1s2a4p6l8k0j9h-nixos-system-25.05"
)

func ago(d time.Duration) time.Time { return begin().Add(-d) }

func yes() *bool     { v := true; return &v }
func num(n int) *int { return &n }

// told is one host of the fixture.
type told struct {
	host   fleet.Host
	status fleet.Status
	drift  fleet.Drift
	wanted string
	eval   string // why it cannot be evaluated
}

func machine(name, system string, tags ...string) told {
	t := told{host: fleet.Host{Name: name, InFlake: true, Address: name + ".example.org", System: system, Tags: tags}, drift: fleet.DriftInSync, wanted: wantedPath}
	t.status = fleet.Status{State: fleet.StateUp, AsOf: ago(4 * time.Second), Latency: 11 * time.Millisecond, Via: "direct"}
	t.status.Reading = fleet.Reading{
		At: ago(4 * time.Second), System: system, Generation: 61, GenerationAt: ago(9 * text.Day), Profile: wantedPath, Current: wantedPath, Booted: wantedPath,
		Label: "25.11.20261101.abcdef0", Revision: "3f2a1bc0d9e8f7", Uptime: 18 * time.Hour, Load: [3]float64{0.42, 0.4, 0.3}, CPUs: 8,
		MemTotal: 32 << 30, MemAvailable: 20 << 30, Kernel: "6.12.41", Nix: "2.31.2",
		Disks: map[string]fleet.Disk{"/nix": {Total: 953 << 30, Free: 402 << 30}, "/boot": {Total: 511 << 20, Free: 300 << 20}},
	}
	return t
}

func (t told) with(change func(*told)) told { change(&t); return t }

func older(t *told) {
	t.drift = fleet.DriftBehind
	r := &t.status.Reading
	r.Profile, r.Current, r.Booted, r.GenerationAt, r.Label = olderPath, olderPath, olderPath, ago(23*text.Day), "25.11.20261009.1a2b3c4"
}

func down(t *told) {
	t.status = fleet.Status{State: fleet.StateDown, AsOf: ago(4 * time.Second), Error: "it did not answer within 8 seconds", Hint: "Check that it is switched on and that the network in between lets port 22 through."}
	t.drift = fleet.DriftUnknown
}

func dozen() []told {
	x86, arm := "x86_64-linux", "aarch64-linux"
	return []told{
		machine("andasibe", x86, "datacenter", "web").with(older),
		machine("ankarana", x86, "datacenter", "web").with(older),
		machine("ayeaye", x86, "datacenter", "monitoring"),
		machine("boraha", arm, "datacenter", "ci"),
		machine("indri", x86, "datacenter", "ci").with(func(t *told) {
			t.drift = fleet.DriftDiverged
			t.status.Reading.Current, t.status.Reading.Profile = otherPath, otherPath
		}),
		machine("kelyus", x86, "home", "desktop").with(func(t *told) {
			t.status.Reading.Reboot, t.status.Reading.Booted = yes(), olderPath
			t.status.Latency = 400 * time.Microsecond
		}),
		machine("masoala", x86, "datacenter", "db", "replica").with(func(t *told) { t.eval = "attribute 'postgresql_18' missing" }),
		machine("sambirano", arm, "home", "pi"),
		machine("sifaka", x86, "home", "laptop").with(down).with(func(t *told) { t.host.Intermittent = true }),
		machine("tenrec", x86, "home", "backup").with(func(t *told) {
			t.host.Frozen = "the pool is resilvering, wait for the new disk"
			t.status.Reading.FailedUnits = []string{"zfs-scrub.service"}
		}),
		machine("tsingy", x86, "datacenter", "db").with(down),
		machine("vanga", arm, "datacenter", "web", "mail").with(func(t *told) {
			t.status = fleet.Status{State: fleet.StateHostKey, AsOf: ago(4 * time.Second), Error: "its host key is not the one that known_hosts has", Hint: "If it was installed again, remove the old line with `ssh-keygen -R vanga.example.org`."}
			t.drift = fleet.DriftUnknown
		}),
	}
}

func inventoryOf(all []told) *fleet.Inventory {
	inv := &fleet.Inventory{
		Source: fleet.Source{Flake: "/home/me/machines", File: "/home/me/machines/fleet.nix"},
		Flake:  nixcmd.FlakeMetadata{Dir: "/home/me/machines", Revision: "3f2a1bc0d9e8f7"},
	}
	for _, t := range all {
		inv.Hosts = append(inv.Hosts, t.host)
	}
	for _, b := range threeBuilders() {
		inv.Builders = append(inv.Builders, b.Builder)
	}
	return inv
}

func threeBuilders() []fleet.BuilderHealth {
	builder := func(name string, jobs int, systems ...string) fleet.BuilderHealth {
		return fleet.BuilderHealth{Health: fleet.HealthOK, Rung: fleet.RungStore, Busy: num(0), AsOf: ago(4 * time.Second), Builder: fleet.Builder{
			Name: name, Host: name, Address: name + ".example.org", Systems: systems, MaxJobs: jobs, SpeedFactor: 10, SSHUser: "nix-builder",
			SupportedFeatures: []string{"nixos-test", "kvm"}, From: []string{"fleet.nix"}}}
	}
	ill := builder("kelyus", 4, "x86_64-linux", "aarch64-linux")
	ill.Health, ill.Rung, ill.Busy = fleet.HealthIll, fleet.RungLogin, nil
	ill.Reason, ill.Hint = "its Nix daemon does not listen", "Look at it with `systemctl status nix-daemon.socket` there."
	busy := builder("indri", 8, "x86_64-linux")
	busy.Busy = num(3)
	return []fleet.BuilderHealth{builder("boraha", 4, "aarch64-linux"), busy, ill}
}

func (t told) newsOf() []News {
	facts := fleet.Facts{State: fleet.FactsFresh, Revision: "3f2a1bc0d9e8f7", At: ago(time.Hour)}
	facts.Wanted, facts.System = t.wanted, t.host.System
	if t.eval != "" {
		facts.State, facts.EvalError, facts.Wanted = fleet.FactsFailed, t.eval, ""
		t.drift = fleet.DriftUnknown
	}
	return []News{FactsRead{t.host.Name, facts}, StatusRead{t.host.Name, t.status, t.drift}}
}

// showFleet tells the stage all of the dozen.
func (s *stage) showFleet() *stage {
	s.t.Helper()
	all := dozen()
	s.news(InventoryRead{inventoryOf(all)})
	for _, t := range all {
		s.news(t.newsOf()...)
	}
	s.news(BuildersRead{threeBuilders()})
	return s
}
