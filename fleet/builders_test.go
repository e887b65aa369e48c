package fleet

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

func TestBuildersOfSeveralSourcesAreOne(t *testing.T) {
	ev := &answers{meta: cleanTree, names: []string{"h1", "h2", "h3", "h4"}, file: `{
		"defaults": {"user":"ops"},
		"hosts": {"h2":{"address":"h2.lan","port":2222,"builder":{"systems":["x86_64-linux"],"maxJobs":4,"speedFactor":10,"sshUser":"nix-builder"}},"h3":{"address":"10.0.0.3"}},
		"builders": {"box":{"address":"box.example.net","systems":["aarch64-linux"],"user":"me"}}}`}
	inv := load(t, ev, source, nil)
	facts := map[string]Facts{
		"h1": {HostFacts: nixcmd.HostFacts{Machines: []nixcmd.Machine{
			{HostName: "h2.lan", User: "ignored", Systems: []string{"i686-linux"}, MaxJobs: 99, SpeedFactor: 1, SSHKey: "/k", SupportedFeatures: []string{"kvm"}},
			{HostName: "10.0.0.3", User: "nix", Systems: []string{"x86_64-linux"}, MaxJobs: 8, SpeedFactor: 15},
			{HostName: "four.example.org", Systems: []string{"riscv64-linux"}, MaxJobs: 1, SpeedFactor: 1},
			{HostName: "gone", Systems: []string{"aarch64-linux"}, MaxJobs: 4, SpeedFactor: 20},
		}}},
		"h2": {HostFacts: nixcmd.HostFacts{Machines: []nixcmd.Machine{{HostName: "gone", MaxJobs: 4}, {HostName: "gone", MaxJobs: 4}}}},
		"h4": {HostFacts: nixcmd.HostFacts{FQDN: "four.example.org"}},
	}
	got := inv.With(Sources{Facts: facts, Here: Machines{List: []nixcmd.Machine{{HostName: "gone", Port: 2, MaxJobs: 7}, {HostName: "box.example.net", PublicHostKey: "ssh-ed25519 AAAA"}}}})
	want := []Builder{
		{Name: "box", Address: "box.example.net", User: "me", HostKey: "ssh-ed25519 AAAA", Systems: []string{"aarch64-linux"}, MaxJobs: 1, SpeedFactor: 1,
			From: []string{"fleet.nix", "/etc/nix/machines"}},
		{Name: "gone", Address: "gone", Systems: []string{"aarch64-linux"}, MaxJobs: 4, SpeedFactor: 20,
			From: []string{"nix.buildMachines of h1", "nix.buildMachines of h2", "/etc/nix/machines"}},
		{Name: "h2", Host: "h2", Address: "h2.lan", Port: 2222, User: "ops", Systems: []string{"x86_64-linux"}, MaxJobs: 4, SpeedFactor: 10,
			SSHUser: "nix-builder", SSHKey: "/k", SupportedFeatures: []string{"kvm"}, From: []string{"fleet.nix", "nix.buildMachines of h1"}},
		{Name: "h3", Host: "h3", Address: "10.0.0.3", User: "ops", Systems: []string{"x86_64-linux"}, MaxJobs: 8, SpeedFactor: 15, SSHUser: "nix",
			From: []string{"nix.buildMachines of h1"}},
		{Name: "h4", Host: "h4", User: "ops", Systems: []string{"riscv64-linux"}, MaxJobs: 1, SpeedFactor: 1, From: []string{"nix.buildMachines of h1"}},
	}
	for i := range got.Builders {
		got.Builders[i].Findings = nil // what sources disagree on has a test of its own
	}
	if !reflect.DeepEqual(got.Builders, want) {
		t.Errorf("got  %+v\nwant %+v", got.Builders, want)
	}
	if again := got.With(Sources{Facts: facts}); !slices.EqualFunc(again.Builders, got.Builders, func(a, b Builder) bool { return a.Name == b.Name }) {
		t.Errorf("learning the same twice gives %+v", again.Builders)
	}
	if len(inv.Builders) != 2 || len(inv.Builders[1].From) != 1 {
		t.Errorf("With changed the inventory that it was given: %+v", inv.Builders)
	}
	if s := got.Strangers(); !slices.Equal(s, []string{"box", "gone"}) {
		t.Errorf("strangers are %v", s)
	}
	if b, ok := got.builderOf("h3"); !ok || b.Name != "h3" {
		t.Errorf("h3 is %+v", b)
	}
}

func TestSSHHosts(t *testing.T) {
	ev := &answers{meta: cleanTree, names: []string{"h1"},
		file: `{"hosts":{"h1":{"address":"a","user":"u","port":7}},"builders":{"box":{"address":"b","systems":["x86_64-linux"]}}}`}
	got := load(t, ev, source, nil).SSHHosts()
	want := []sshutil.ConfigHost{{Name: "h1", HostName: "a", User: "u", Port: 7}, {Name: "box", HostName: "b"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestJudgeBuilder(t *testing.T) {
	yes, no := true, false
	asked := time.Unix(1, 0)
	up := func(r Reading) Status { return Status{State: StateUp, AsOf: asked, Reading: r} }
	failed := func(k sshutil.Kind) Status {
		return StatusOf(Status{}, &sshutil.Error{Kind: k, Message: "why", Hint: "do"}, asked)
	}
	for name, c := range map[string]struct {
		status Status
		health Health
		rung   Rung
		reason string
	}{
		"never asked":         {Status{}, HealthUnknown, RungNone, "not checked"},
		"unknown state":       {Status{State: StateUnknown}, HealthUnknown, RungNone, "not checked"},
		"down":                {failed(sshutil.KindRefused), HealthDown, RungNone, "why"},
		"not in known_hosts":  {failed(sshutil.KindHostKeyUnknown), HealthUnknown, RungConnect, "why"},
		"another key":         {failed(sshutil.KindHostKeyChanged), HealthIll, RungConnect, "why"},
		"not let in":          {failed(sshutil.KindAuthRejected), HealthUnknown, RungHostKey, "why"},
		"in, without answer":  {failed(sshutil.KindProto), HealthUnknown, RungLogin, "why"},
		"our config is wrong": {failed(sshutil.KindConfigBad), HealthUnknown, RungNone, "why"},
		"well":                {up(Reading{Store: &yes, System: "x86_64-linux", Builds: 3}), HealthOK, RungStore, ""},
		"well, no NixOS":      {up(Reading{Store: &yes}), HealthOK, RungStore, ""},
		"no daemon":           {up(Reading{Store: &no}), HealthIll, RungLogin, "does not listen"},
		"may not look":        {up(Reading{}), HealthUnknown, RungLogin, "cannot be looked at"},
		"another system":      {up(Reading{Store: &yes, System: "riscv64-linux"}), HealthIll, RungStore, "it is riscv64-linux, but listed for x86_64-linux, aarch64-linux only"},
	} {
		b := Builder{Name: "b", Systems: []string{"x86_64-linux", "aarch64-linux"}, From: []string{"fleet.nix"}}
		h := JudgeBuilder(b, c.status)
		if h.Health != c.health || h.Rung != c.rung || !strings.Contains(h.Reason, c.reason) || (c.reason == "") != (h.Reason == "") {
			t.Errorf("%s: got %+v", name, h)
		}
		if c.health == HealthIll && h.Hint == "" {
			t.Errorf("%s: nothing says what to do", name)
		}
		if (h.Busy != nil) != (c.status.State == StateUp && c.status.Error == "") {
			t.Errorf("%s: busy is %v", name, h.Busy)
		}
	}
	if h := JudgeBuilder(Builder{}, up(Reading{Store: &yes, Builds: 3})); *h.Busy != 3 {
		t.Errorf("%d builds", *h.Busy)
	}
}

func TestJudgeBuildersByHostAndByName(t *testing.T) {
	yes := true
	inv := &Inventory{Builders: []Builder{{Name: "box"}, {Name: "h2", Host: "h2"}, {Name: "lost"}}}
	got := JudgeBuilders(inv, map[string]Status{
		"h2":  {State: StateUp, AsOf: time.Unix(1, 0), Reading: Reading{Store: &yes}},
		"box": {State: StateDown, AsOf: time.Unix(1, 0), Error: "no route"},
	})
	var words []string
	for _, h := range got {
		words = append(words, h.Builder.Name+" "+string(h.Health))
	}
	if !slices.Equal(words, []string{"box down", "h2 ok", "lost unknown"}) {
		t.Errorf("got %v", words)
	}
}
