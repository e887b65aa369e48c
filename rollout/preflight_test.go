package rollout

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

const (
	runsNow   = "/nix/store/00000000000000000000000000000000-nixos-system-h1-1"
	runsLater = "/nix/store/11111111111111111111111111111111-nixos-system-h1-2"
	theirRev  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

// healthy is a machine on which nothing is to be found.
func healthy() fleet.Survey {
	yes := true
	return fleet.Survey{
		Reading: fleet.Reading{OS: "Linux", Arch: "x86_64", System: "x86_64-linux", Current: runsNow, Profile: runsNow, Booted: runsNow, Store: &yes, Revision: theirRev},
		User:    "ops", Groups: []string{"wheel"}, Conf: fleet.NixConf{Read: true},
		Store: fleet.Space{Disk: fleet.Disk{Total: 100 << 30, Free: 50 << 30}, Mount: "/"},
		Boot:  fleet.Space{Disk: fleet.Disk{Total: 1 << 30, Free: 900 << 20}, Mount: "/boot"},
		Sudo:  fleet.SudoWorks, Trust: nixcmd.NotTrusted,
	}
}

// scene is a plan for h1 and what was looked at; h2 can build for it.
type scene struct {
	plan   Plan
	ground Ground
	h1, h2 fleet.Survey
	err    error // h1 could not be looked at
	err2   error // nor h2
	here   error // nor this machine
}

func newScene() *scene {
	return &scene{
		plan: Plan{Action: nixcmd.Switch, On: "laptop", Flake: Flake{URL: "git+file:///flake", Revision: "bbbbbbbbbbbbbbbb"},
			Hosts: []PlanHost{{Name: "h1", BuildOn: BuildOnTarget, Sudo: true, ForwardAgent: true}}},
		ground: Ground{Facts: map[string]fleet.Facts{}, Systems: map[string]string{}, Helpers: map[string]fleet.BuilderHealth{},
			Histories: map[string]fleet.History{}, Holders: map[string]Holder{}, Agent: true},
		h1: healthy(), h2: healthy(),
	}
}

// findings are what preflight finds in the scene, one line each.
func (s *scene) findings() []string {
	s.ground.Looks = map[string]Look{"h1": {s.h1, s.err}, "h2": {s.h2, s.err2}, Here: {healthy(), s.here}}
	s.plan.Findings = nil
	s.plan.Judge(&s.ground)
	var lines []string
	for _, f := range s.plan.Findings {
		lines = append(lines, fmt.Sprintf("%s %s %s %s: %s", f.Host, f.Check, f.Level, f.Message, f.Hint))
	}
	return lines
}

func down() error {
	return &sshutil.Error{Kind: sshutil.KindTimeout, Host: "h1", Message: "no answer in time", Hint: "check the network"}
}

func aarch64(s *scene) {
	s.ground.Facts["h1"] = fleet.Facts{State: fleet.FactsFresh, HostFacts: nixcmd.HostFacts{System: "aarch64-linux", BuildSystem: "aarch64-linux"}}
}

func helper(s *scene, health fleet.Health) {
	s.h1.Machines = []nixcmd.Machine{
		{HostName: "pi", Systems: []string{"aarch64-linux"}, MaxJobs: 4}, {HostName: "off", Systems: []string{"aarch64-linux"}},
	}
	s.ground.Helpers["pi"] = fleet.BuilderHealth{Health: health, Reason: "no route to pi"}
}

// findingCase is a change to a scene, and what preflight finds then.
type findingCase struct {
	set   func(*scene)
	wants []string // how each finding begins; none: nothing is found
	says  string   // somewhere in the first
}

func find(t *testing.T, cases map[string]findingCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			c.set(s)
			got := s.findings()
			if len(got) != len(c.wants) {
				t.Fatalf("got %d findings, want %d: %q", len(got), len(c.wants), got)
			}
			for i, want := range c.wants {
				if !strings.HasPrefix(got[i], want) || i == 0 && !strings.Contains(got[i], c.says) {
					t.Errorf("got %q, want %q and %q in it", got[i], want, c.says)
				}
			}
		})
	}
}

// TestFindingsOfReach: whether the host can be reached.
func TestFindingsOfReach(t *testing.T) {
	find(t, map[string]findingCase{
		"nothing":                 {func(*scene) {}, nil, ""},
		"root, who needs no sudo": {func(s *scene) { s.h1.Sudo = fleet.SudoNotAsked }, nil, ""},
		"unreachable":             {func(s *scene) { s.err = down() }, []string{"h1 reach blocker it cannot be reached: no answer in time"}, "check the network"},
		"not one of ours":         {func(s *scene) { s.err = errors.New("odd") }, []string{"h1 reach blocker"}, "odd"},
		"unreachable, left out":   {func(s *scene) { s.err, s.plan.SkipDown = down(), true }, nil, ""},
		"another key, not left out": {func(s *scene) {
			s.err, s.plan.SkipDown = &sshutil.Error{Kind: sshutil.KindHostKeyChanged, Message: "the key has changed", Hint: "look"}, true
		}, []string{"h1 reach blocker it shows a host key that is not accepted: the key has changed: look; it is not down, so it is not skipped"}, ""},
		"nor behind such a one": {func(s *scene) {
			hop := &sshutil.Error{Kind: sshutil.KindHostKeyChanged}
			s.err, s.plan.SkipDown = &sshutil.Error{Kind: sshutil.KindJump, Message: "gate: the key has changed", Err: hop}, true
		}, []string{"h1 reach blocker it cannot be reached: gate: the key has changed"}, "it is not down"},
		"nor who lets nobody in": {func(s *scene) {
			s.err, s.plan.SkipDown = &sshutil.Error{Kind: sshutil.KindAuthRejected, Message: "no"}, true
		},
			[]string{"h1 reach blocker it does not let us in: no: it is not down"}, ""},
		"only a touch is missed": {func(s *scene) { s.err = &sshutil.Error{Kind: sshutil.KindNeedsTouch} }, []string{"h1 reach warning", "h1 touch note"}, ""},
		"skipped anyway":         {func(s *scene) { s.err, s.plan.Hosts[0].Skip = down(), "it is frozen" }, nil, ""},
	})
}

// TestFindingsOfSudo: whether sudo will work.
func TestFindingsOfSudo(t *testing.T) {
	find(t, map[string]findingCase{
		"sudo wants a password": {func(s *scene) { s.h1.Sudo = fleet.SudoPassword }, []string{"h1 sudo blocker sudo wants a password of ops"}, "wheelNeedsPassword = false"},
		"and nobody is in wheel": {func(s *scene) { s.h1.Sudo, s.h1.Groups = fleet.SudoPassword, []string{"users"} },
			[]string{"h1 sudo blocker"}, "ops is not in the group wheel"},
		"and there is no agent": {func(s *scene) { s.h1.Sudo, s.ground.Agent = fleet.SudoPassword, false }, []string{"h1 sudo blocker"}, "No ssh-agent runs here"},
		"sudo says no":          {func(s *scene) { s.h1.Sudo, s.h1.SudoSaid = fleet.SudoRefused, "ops is not in the sudoers file" }, []string{"h1 sudo blocker"}, "not in the sudoers file"},
		"no sudo":               {func(s *scene) { s.h1.Sudo = fleet.SudoMissing }, []string{"h1 sudo blocker there is no sudo"}, ""},
		"sudo is broken":        {func(s *scene) { s.h1.Sudo, s.h1.SudoSaid = fleet.SudoBroken, "setuid" }, []string{"h1 sudo blocker"}, "setuid"},
		"sudo says nothing":     {func(s *scene) { s.h1.Sudo = fleet.SudoSilent }, []string{"h1 sudo warning"}, "touch"},
		"sudo says odd things":  {func(s *scene) { s.h1.Sudo, s.h1.SudoSaid = fleet.SudoUnknown, "oops" }, []string{"h1 sudo warning"}, "oops"},
	})
}

// TestFindingsOfSpace: room on disks.
func TestFindingsOfSpace(t *testing.T) {
	find(t, map[string]findingCase{
		"little room":          {func(s *scene) { s.h1.Store.Free = 900 << 20 }, []string{"h1 space warning /nix/store is nearly full: 900 MiB of 100 GiB"}, "collect-garbage"},
		"no room":              {func(s *scene) { s.h1.Store.Free = 1 << 20 }, []string{"h1 space blocker /nix/store is full: 1 MiB"}, ""},
		"little room for boot": {func(s *scene) { s.h1.Boot.Free = 149e6 }, []string{"h1 space warning /boot is nearly full: 142 MiB"}, "Old kernels"},
		"no room for boot":     {func(s *scene) { s.h1.Boot.Free = 0 }, []string{"h1 space blocker /boot is full: 0 MiB of 1 GiB"}, ""},
		"which test leaves":    {func(s *scene) { s.h1.Boot.Free, s.plan.Action = 0, nixcmd.Test }, nil, ""},
		"boot is where store is": {func(s *scene) {
			s.h1.Store.Free, s.h1.Boot = 1<<20, fleet.Space{Disk: fleet.Disk{Total: 9}, Mount: "/"}
		}, []string{"h1 space blocker /nix/store"}, ""},
		"a disk that is unread": {func(s *scene) { s.h1.Store, s.h1.Boot = fleet.Space{}, fleet.Space{} }, nil, ""},
	})
}

// TestFindingsOfBusy: who else is at the host.
func TestFindingsOfBusy(t *testing.T) {
	find(t, map[string]findingCase{
		"somebody switches": {func(s *scene) {
			s.h1.Activation = &fleet.Activation{By: "eve", For: 90 * time.Second, Command: "/nix/store/x/bin/switch-to-configuration switch", Logins: []string{"eve pts/0 (10.0.0.7)"}}
		}, []string{"h1 busy blocker somebody is activating a system on it right now: by eve, for 1m30s, with `/nix/store/x/bin/switch-to-configuration switch`, logged in there: eve pts/0 (10.0.0.7)"}, ""},
		"unseen":               {func(s *scene) { s.h1.Activation = &fleet.Activation{} }, []string{"h1 busy blocker somebody is activating a system on it right now:"}, "Wait"},
		"which a build leaves": {func(s *scene) { s.h1.Activation, s.plan.Action = &fleet.Activation{}, nixcmd.Build }, nil, ""},
		"another run": {func(s *scene) {
			s.h1.Activation = &fleet.Activation{}
			s.ground.Holders["h1"] = Holder{Run: "20261123T010000Z-switch-3f2a", Host: "alias", Since: time.Now()}
		}, []string{"h1 busy blocker the run 20261123T010000Z-switch-3f2a (as alias) has had its machine since"}, "--wait-for-others"},
		"who waits is told for whom": {func(s *scene) {
			s.ground.Holders["h1"], s.plan.Wait = Holder{Run: "the-run", Host: "alias", User: "eve", Since: time.Now()}, true
		}, []string{"h1 busy note it waits for its turn: the run the-run of eve (as alias) has had its machine since"}, ""},
		"who waits waits for all": {func(s *scene) { s.h1.Activation, s.plan.Wait = &fleet.Activation{By: "eve"}, true },
			[]string{"h1 busy note it waits for its turn: somebody is activating a system on it: by eve"}, ""},
		"a run without a name": {func(s *scene) { s.ground.Holders["h1"] = Holder{} }, []string{"h1 busy blocker another run has its machine"}, ""},
	})
}

// TestFindingsOfPlatform: who can build for it.
func TestFindingsOfPlatform(t *testing.T) {
	find(t, map[string]findingCase{
		"a daemon that is gone": {func(s *scene) { no := false; s.h1.Reading.Store = &no }, []string{"h1 store blocker"}, "on the host itself"},
		"another's kind":        {aarch64, []string{"h1 platform confirm nobody builds for aarch64-linux: the host itself is x86_64-linux"}, "--build-on"},
		"told by what it runs":  {func(s *scene) { s.h1.Reading.System = "riscv64-linux" }, []string{"h1 platform confirm nobody builds for riscv64-linux"}, ""},
		"emulated":              {func(s *scene) { aarch64(s); s.h1.Conf.ExtraPlatforms = []string{"aarch64-linux"} }, nil, ""},
		"32 bits are its own":   {func(s *scene) { s.h1.Reading.System = "i686-linux" }, nil, ""},
		"helped":                {func(s *scene) { aarch64(s); helper(s, fleet.HealthOK) }, nil, ""},
		"helped by the dead":    {func(s *scene) { aarch64(s); helper(s, fleet.HealthDown) }, []string{"h1 platform confirm"}, "pi cannot be used now"},
		"helped by the unknown": {func(s *scene) { aarch64(s); helper(s, fleet.HealthUnknown) }, []string{"h1 platform warning whether anybody"}, "only pi would"},
		"built here":            {func(s *scene) { aarch64(s); s.plan.Hosts[0].BuildOn = BuildOnLocal; s.h1.Trust = nixcmd.Trusted }, []string{"h1 platform confirm"}, "this machine is x86_64-linux"},
		"built on one that says it can": {func(s *scene) {
			aarch64(s)
			s.plan.Hosts[0].BuildOn, s.h1.Trust = "h2", nixcmd.Trusted
			s.ground.Builders = []fleet.Builder{{Name: "two", Host: "h2", Systems: []string{"aarch64-linux"}}}
		}, nil, ""},
	})
}

// TestFindingsOfTrust: whether it accepts what was built elsewhere.
func TestFindingsOfTrust(t *testing.T) {
	find(t, map[string]findingCase{
		"built elsewhere":           {func(s *scene) { s.plan.Hosts[0].BuildOn = "h2" }, []string{"h1 trust blocker its Nix does not trust ops, and would refuse what h2 has built"}, "trusted-users"},
		"by who is trusted":         {func(s *scene) { s.plan.Hosts[0].BuildOn, s.h1.Trust = "h2", nixcmd.Trusted }, nil, ""},
		"for who takes anything":    {func(s *scene) { s.plan.Hosts[0].BuildOn, s.h1.Conf.Unsigned = "h2", true }, nil, ""},
		"only dry":                  {func(s *scene) { s.plan.Hosts[0].BuildOn, s.plan.Action = "h2", nixcmd.DryBuild }, nil, ""},
		"by one whose key is known": {func(s *scene) { signed(s, "two-1:KEY"); s.h1.Conf.TrustedKeys = []string{"two-1:KEY"} }, nil, ""},
		"by one whose key is new":   {func(s *scene) { signed(s, "two-1:KEY"); s.h1.Conf.TrustedKeys = []string{"two-1:OLD"} }, []string{"h1 trust blocker"}, ""},
		"by the flake's word":       {func(s *scene) { signed(s, "two-1:KEY"); s.h1.Conf = fleet.NixConf{} }, nil, ""},
		"what it has already":       {func(s *scene) { s.plan.Hosts[0].BuildOn = "h2"; wants(s, runsNow) }, nil, ""},
		"by who cannot be asked": {func(s *scene) {
			s.plan.Hosts[0].BuildOn, s.h1.Trust, s.h1.TrustErr = "h2", nixcmd.TrustUnknown, errors.New("hung up")
		}, []string{"h1 trust warning"}, "hung up"},
		"by who is too old":         {func(s *scene) { s.plan.Hosts[0].BuildOn, s.h1.Trust = "h2", nixcmd.TrustUnknown }, []string{"h1 trust warning its Nix is too old"}, ""},
		"by one that is not there":  {func(s *scene) { s.plan.Hosts[0].BuildOn, s.h1.Trust, s.err2 = "h2", nixcmd.Trusted, down() }, []string{"h1 reach blocker h2, where it is built, cannot be reached"}, ""},
		"by one that has no room":   {func(s *scene) { s.plan.Hosts[0].BuildOn, s.h1.Trust, s.h2.Store.Free = "h2", nixcmd.Trusted, 0 }, []string{"h1 space blocker /nix/store on h2, where it is built, is full"}, ""},
		"for one that is not there": {func(s *scene) { s.plan.Hosts[0].BuildOn, s.err = "h2", down() }, []string{"h1 reach blocker it cannot"}, ""},
	})
}

// TestFindingsOfDrift: what would be undone.
func TestFindingsOfDrift(t *testing.T) {
	find(t, map[string]findingCase{
		"ahead":                      {func(s *scene) { s.ground.Histories["h1"] = fleet.HistoryDescends }, []string{"h1 drift confirm it is ahead: it runs aaaaaaa, which comes after this tree's bbbbbbb"}, ""},
		"diverged":                   {func(s *scene) { s.ground.Histories["h1"] = fleet.HistoryUnrelated; wants(s, runsLater) }, []string{"h1 drift confirm it has diverged"}, ""},
		"the same by another name":   {func(s *scene) { s.ground.Histories["h1"] = fleet.HistoryUnrelated; wants(s, runsNow) }, nil, ""},
		"behind":                     {func(s *scene) { s.ground.Histories["h1"] = fleet.HistoryAncestor; wants(s, runsLater) }, nil, ""},
		"which a build leaves alone": {func(s *scene) { s.ground.Histories["h1"], s.plan.Action = fleet.HistoryUnrelated, nixcmd.Build }, nil, ""},
		"testing":                    {func(s *scene) { s.h1.Reading.Current = runsLater }, []string{"h1 drift note it is testing"}, ""},
	})
}

// TestFindingsOfTree: the flake itself.
func TestFindingsOfTree(t *testing.T) {
	find(t, map[string]findingCase{
		"dirty":             {func(s *scene) { s.plan.Flake.Dirty = true }, []string{" tree warning the tree git+file:///flake is dirty"}, ""},
		"untracked":         {func(s *scene) { s.ground.Untracked = []string{"a", "b.nix", "c", "d", "e"} }, []string{" tree warning git does not track a, b.nix, c and 2 more"}, "git add a"},
		"untracked, no Nix": {func(s *scene) { s.ground.Untracked = []string{"notes"} }, []string{" tree note git does not track notes, so"}, ""},
		"does not evaluate": {func(s *scene) { s.ground.Facts["h1"] = fleet.Facts{State: fleet.FactsFailed, EvalError: "no option"} }, []string{"h1 flake warning it did not evaluate when this tree was last looked at: no option"}, ""},
	})
}

// signed lets h2 build for h1 and sign what it builds; the flake trusts that key.
func signed(s *scene, key string) {
	s.plan.Hosts[0].BuildOn = "h2"
	s.ground.Builders = []fleet.Builder{{Name: "h2", SigningKey: key}}
	s.ground.Facts["h1"] = fleet.Facts{State: fleet.FactsFresh, HostFacts: nixcmd.HostFacts{TrustedKeys: []string{key}}}
}

func wants(s *scene, system string) {
	s.ground.Facts["h1"] = fleet.Facts{State: fleet.FactsFresh, HostFacts: nixcmd.HostFacts{Wanted: system}}
}

func TestQuestions(t *testing.T) {
	host := func(buildOn string) PlanHost {
		return PlanHost{Name: "h1", BuildOn: buildOn, Sudo: true, ForwardAgent: true}
	}
	all := fleet.Questions{Sudo: true, Agent: true}
	for name, c := range map[string]struct {
		action nixcmd.Action
		host   PlanHost
		want   map[string]fleet.Questions
	}{
		"switch":           {nixcmd.Switch, host("target"), map[string]fleet.Questions{"h1": all}},
		"dry-activate":     {nixcmd.DryActivate, host("target"), map[string]fleet.Questions{"h1": all}},
		"as root":          {nixcmd.Switch, PlanHost{Name: "h1"}, map[string]fleet.Questions{"h1": {}}},
		"build there":      {nixcmd.Build, host("target"), map[string]fleet.Questions{"h1": {}}},
		"build here":       {nixcmd.Build, host("local"), map[string]fleet.Questions{"h1": {Agent: true, Trust: true}, Here: {}}},
		"only think here":  {nixcmd.DryBuild, host("local"), map[string]fleet.Questions{Here: {}}},
		"switch, built on": {nixcmd.Switch, host("h2"), map[string]fleet.Questions{"h1": {Sudo: true, Agent: true, Trust: true}, "h2": {}}},
		"skipped":          {nixcmd.Switch, PlanHost{Name: "h1", Skip: "frozen"}, map[string]fleet.Questions{}},
	} {
		p := Plan{Action: c.action, Hosts: []PlanHost{c.host}}
		if got := p.Questions(); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	both := Plan{Action: nixcmd.Switch, Hosts: []PlanHost{host("h2"), {Name: "h2", BuildOn: "target", Sudo: true}}}
	if got := both.Questions()["h2"]; got != (fleet.Questions{Sudo: true}) {
		t.Errorf("a host that also builds for another is asked %+v", got)
	}
}

func TestNeedsHelp(t *testing.T) {
	s := newScene()
	aarch64(s)
	helper(s, fleet.HealthOK)
	s.findings()
	if got := s.ground.NeedsHelp(&s.plan); !slices.Equal(got, []string{"pi"}) {
		t.Errorf("got %v, want pi alone: the other takes no jobs", got)
	}
	s.h1.Conf.ExtraPlatforms = []string{"aarch64-linux"}
	s.findings()
	if got := s.ground.NeedsHelp(&s.plan); got != nil {
		t.Errorf("got %v for a machine that emulates", got)
	}
}

func TestRefuse(t *testing.T) {
	p := Plan{
		Hosts: []PlanHost{{Name: "h1"}, {Name: "h2"}, {Name: "h3", Skip: "frozen"}},
		Findings: []Finding{{Host: "h1", Level: LevelBlocker, Message: "no sudo"}, {Host: "h1", Level: LevelBlocker, Message: "no room"},
			{Host: "h2", Level: LevelConfirm, Message: "ahead"}, {Host: "h3", Level: LevelBlocker, Message: "no sudo"}},
	}
	p.Refuse()
	if got := []string{p.Hosts[0].Skip, p.Hosts[1].Skip, p.Hosts[2].Skip}; !slices.Equal(got, []string{"refused: no sudo", "", "frozen"}) {
		t.Errorf("got %q", got)
	}
}

func TestHolderOf(t *testing.T) {
	store, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := fleet.Reading{MachineID: "m1"}
	if _, held, err := store.HolderOf(r, "h1"); held || err != nil {
		t.Fatalf("nobody has had it: %v, %v", held, err)
	}
	task := &task{run: &run{Supervisor: Supervisor{Store: store, Now: time.Now}, plan: Plan{ID: "the-run"}}, host: PlanHost{Name: "alias"}}
	if _, err := task.lockMachine(t.Context(), machineID(&r, "alias")); err != nil {
		t.Fatal(err)
	}
	h, held, err := store.HolderOf(r, "h1")
	if err != nil || !held || h.Run != "the-run" || h.Host != "alias" || time.Since(h.Since) > time.Minute {
		t.Errorf("got %+v, %v, %v", h, held, err)
	}
	task.machine.release()
	if _, held, err := store.HolderOf(r, "h1"); held || err != nil {
		t.Errorf("it was given back: %v, %v", held, err)
	}
}
