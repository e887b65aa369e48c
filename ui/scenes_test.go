package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// scene is something that the dashboard can show, for goldens and for looking at.
type scene struct {
	name  string
	setUp func(s *stage)
}

func scenes() []scene {
	return append(slices.Concat(dialogScenes(), installScenes(), furtherScenes()), []scene{
		{"starting", func(s *stage) {}},
		{"names", func(s *stage) { s.news(InventoryRead{inventoryOf(dozen())}) }},
		{"no-hosts", func(s *stage) { s.news(InventoryRead{&fleet.Inventory{}}) }},
		{"broken", func(s *stage) {
			s.news(InventoryFailed{&fleet.Error{Message: "fleet.nix has an unknown key hosts.web1.adress", Hint: "Did you mean address?"}})
		}},
		{"fleet", func(s *stage) { s.showFleet() }},
		{"fleet-with-runs", func(s *stage) { s.showFleet(); s.news(RunsListed{threeRuns()}) }},
		{"marked", func(s *stage) { s.showFleet(); s.keys("down", "down", " ", " ", "v", "down", "down") }},
		{"grouped", func(s *stage) { s.showFleet(); s.keys("T", "j", " ") }},
		{"filter", func(s *stage) { s.showFleet(); s.keys("/", "@", "w", "e", "b") }},
		{"filter-none", func(s *stage) { s.showFleet(); s.keys("/", "x", "y", "enter") }},
		{"stale", func(s *stage) { s.showFleet(); s.clock = s.clock.Add(7 * time.Minute); s.send(minuteMsg{}) }},
		{"menu", func(s *stage) { s.showFleet(); s.keys("end", " ", "up", " ", "d") }},
		{"confirm", func(s *stage) { s.showConfirmation(); s.advance(time.Second) }},
		{"confirm-name", func(s *stage) { s.showConfirmation(); s.advance(time.Second); s.keys("y", "i", "n") }},
		{"confirm-insist", func(s *stage) { s.showConfirmation(); s.advance(time.Second); s.insist(); s.advance(time.Second) }},
		{"notice", func(s *stage) {
			s.showFleet()
			s.backend.planErr = &fleet.Error{Message: "the tree has a flake.lock that would have to change", Hint: "Run `nix flake lock` and commit the result."}
			s.keys("d", "s")
		}},
		{"host", func(s *stage) { s.showFleet(); s.news(RunsListed{threeRuns()}); s.keys("G", "up", "up", "up", "enter") }},
		{"builders", func(s *stage) { s.showFleet(); s.keys("2", "G") }},
		{"runs", func(s *stage) { s.showFleet(); s.news(RunsListed{threeRuns()}); s.keys("4", "down") }},
		{"runs-none", func(s *stage) { s.showFleet(); s.keys("4") }},
		{"run-none", func(s *stage) { s.showFleet(); s.keys("3") }},
		{"run", func(s *stage) { s.showRun(4, false) }},
		{"run-eight", func(s *stage) { s.showRun(8, false) }},
		{"run-zoom", func(s *stage) { s.showRun(4, false); s.keys("2", "z") }},
		{"run-builds", func(s *stage) { s.showBuilds(); s.keys("2", "z") }},
		{"run-search", func(s *stage) { s.showRun(4, false); s.keys("2", "z", "/", "h", "e", "l", "l", "o", "enter") }},
		{"run-only", func(s *stage) {
			s.showRun(4, false)
			s.keys("2", "z", "/", "h", "e", "l", "l", "o", "-", "3", "enter", "x")
		}},
		{"run-times", func(s *stage) {
			d := s.showRun(4, false)
			d.came("ankarana", map[int]int{0: 3, 20: 4, 22: 9, 46: 17, 48: 18, 50: 21})
			s.keys("2", "z", "t")
			s.advance(tickEvery)
		}},
		{"run-pages", func(s *stage) { s.showRun(12, false); s.keys("]", "+") }},
		{"run-cancel", func(s *stage) { s.showRun(4, false); s.keys("3", "c"); s.advance(time.Second) }},
		{"run-cancel-meanwhile", func(s *stage) {
			d := s.showRun(4, false)
			s.keys("2", " ", "3", " ", "c")
			s.ends(d, rollout.OutcomeOK, "ankarana")
			s.advance(time.Second)
		}},
		{"run-ended", func(s *stage) { s.showRun(4, true) }},
		{"run-ended-panes", func(s *stage) { s.showRun(4, true); s.keys("v") }},
		{"run-many", func(s *stage) { s.showRun(40, false) }},
		{"help", func(s *stage) { s.showFleet(); s.keys("?") }},
		{"help-search", func(s *stage) { s.showFleet(); s.keys("?", "/", "l", "i", "n", "e", "s") }},
		{"messages", func(s *stage) {
			s.showFleet()
			s.m.fail(&fleet.Error{Message: "the tree has a flake.lock that would have to change", Hint: "Run `nix flake lock` and commit the result."})
			s.advance(time.Minute)
			s.m.fail(&fleet.Error{Message: "how the dashboard is set up could not be remembered: no space left on device", Hint: "It holds until the dashboard is left."})
			s.keys("M")
		}},
		{"two-errors", func(s *stage) {
			s.showFleet()
			s.m.fail(&fleet.Error{Message: "the tree has a flake.lock that would have to change", Hint: "Run `nix flake lock` and commit the result."})
			s.m.fail(&fleet.Error{Message: "the cache is read only"})
			s.keys("j")
		}},
		{"welcome", func(s *stage) { s.showFleet(); s.m.welcome.shown = true; s.keys("j") }},
		{"ask", func(s *stage) { s.askThree(); s.advance(time.Second) }},
		{"answers", func(s *stage) { s.askThree(); s.advance(time.Second); s.keys("y") }},
		{"palette", func(s *stage) { s.showFleet(); s.keys(":", "r", "e", "down") }},
		{"quit", func(s *stage) { s.showRun(4, false); s.keys("q"); s.advance(time.Second) }},
	}...)
}

func planFor(hosts []string) rollout.Plan {
	p := rollout.Plan{Action: nixcmd.Switch, Created: begin(), Parallel: 4,
		Flake: rollout.Flake{Ref: "/home/me/machines", Pinned: "git+file:///home/me/machines?rev=3f2a1bc0d9e8f7", Revision: "3f2a1bc0d9e8f7"}}
	for _, h := range hosts {
		p.Hosts = append(p.Hosts, rollout.PlanHost{Name: h, BuildOn: "target", Sudo: true})
	}
	return p
}

func proposalFor(hosts []string) Proposal {
	p := Proposal{Plan: planFor(hosts)}
	for _, h := range hosts {
		p.Commands = append(p.Commands, Command{h, fmt.Sprintf("NIX_SSHOPTS='-F ~/.local/state/nixfleet/runs/…/ssh_config -o BatchMode=yes' nixos-rebuild switch --flake git+file:///home/me/machines?rev=3f2a1bc0d9e8f7#%s --target-host %s --build-host %s --use-remote-sudo --use-substitutes", h, h, h)})
	}
	return p
}

// showConfirmation asks to deploy to four hosts, one of which is down.
func (s *stage) showConfirmation() {
	s.showFleet()
	s.backend.proposal = proposalFor([]string{"andasibe", "ankarana", "indri", "tsingy"})
	p := &s.backend.proposal
	p.Plan.Hosts[3].Skip = "unreachable"
	p.Commands = p.Commands[:3]
	p.Findings = []Finding{
		{"tsingy", Blocker, "it cannot be reached: it did not answer within 8 seconds", "Switch it on, or press r to ask again."},
		{"indri", Confirm, "it has diverged: it runs a revision that is not in this history; somebody else deployed it, and it would be undone", ""},
		{"andasibe", Warning, "little room is left on /boot: 20.0 MiB", ""},
	}
	for _, name := range []string{"andasibe", "ankarana", "indri", "tsingy"} {
		s.m.fleet.marks[name] = true
	}
	s.keys("d", "s")
}

// insist presses I, and has the backend answer with a plan that insists.
func (s *stage) insist() {
	s.t.Helper()
	p := &s.backend.proposal
	p.Plan.Insist = true
	for i := range p.Plan.Hosts {
		p.Plan.Hosts[i].Skip = ""
	}
	s.keys("I")
}

func threeRuns() []rollout.View {
	run := func(id string, age, took time.Duration, outcomes map[string]rollout.Outcome, reasons ...string) rollout.View {
		var hosts []string
		for _, t := range dozen() {
			if _, has := outcomes[t.host.Name]; has {
				hosts = append(hosts, t.host.Name)
			}
		}
		v := rollout.View{Dir: "/runs/" + id, Plan: planFor(hosts), Started: ago(age), Ended: ago(age - took)}
		v.Plan.ID, v.Plan.Created = id, ago(age)
		for _, h := range hosts {
			v.Tasks = append(v.Tasks, rollout.TaskView{Host: h, Started: ago(age), Ended: ago(age - took), Phase: nixcmd.PhaseDone,
				Verdict: &rollout.Verdict{Outcome: outcomes[h], Changed: true, Reason: strings.Join(reasons, "; ")}})
		}
		return v
	}
	return []rollout.View{
		run("20261123T061500Z-switch-a1b2", time.Hour, 3*time.Minute, map[string]rollout.Outcome{"andasibe": rollout.OutcomeDegraded, "ankarana": rollout.OutcomeOK}, "units failed: acme.service"),
		run("20261121T071500Z-switch-c3d4", 2*text.Day, 11*time.Minute, map[string]rollout.Outcome{"ayeaye": rollout.OutcomeOK, "boraha": rollout.OutcomeOK, "sambirano": rollout.OutcomeOK}),
		run("20261101T071500Z-switch-e5f6", 22*text.Day, 95*time.Second, map[string]rollout.Outcome{"kelyus": rollout.OutcomeFailed}, "the build of linux-6.12.41 failed"),
	}
}

// showRun opens a run of n hosts, half a minute old, in all phases.
func (s *stage) showRun(n int, ended bool) *runDir {
	s.t.Helper()
	s.showFleet()
	var hosts []string
	for _, t := range dozen() {
		hosts = append(hosts, t.host.Name)
	}
	for i := 12; i < n; i++ {
		hosts = append(hosts, fmt.Sprintf("node%02d", i))
	}
	parent := s.runs
	if parent == "" {
		parent = s.t.TempDir()
	}
	d := newRunDirIn(s.t, parent, planFor(hosts[:n]))
	d.tell(hosts[:n], s.clock, ended)
	if !ended {
		d.supervise()
	}
	s.clock = s.clock.Add(37 * time.Second)
	s.backend.dir = d.dir
	s.backend.proposal = proposalFor(hosts[:n])
	s.keys("d", "s")
	s.advance(time.Second)
	s.keys("y")
	if ended {
		s.advance(time.Second)
	}
	return d
}

// showBuilds shows a run in which ankarana builds two things.
func (s *stage) showBuilds() *runDir {
	s.t.Helper()
	d := s.showRun(4, false)
	d.event(rollout.Event{Event: rollout.EventProgress, Time: s.clock, Host: "ankarana", Progress: &nixcmd.Progress{
		BuildsDone: 3, BuildsExpected: 20, Building: []string{"nginx-1.28.1", "openssl-3.5.4"}, Builds: []nixcmd.RunningBuild{
			{Name: "nginx-1.28.1", Step: "buildPhase", Since: s.clock.Add(-36 * time.Second)},
			{Name: "openssl-3.5.4", Machine: "ssh://builder@boraha", Step: "checkPhase", Since: s.clock.Add(-23 * time.Second)},
		}}})
	s.advance(tickEvery)
	return d
}

// tell writes what a supervisor would have until now.
func (d *runDir) tell(hosts []string, start time.Time, ended bool) {
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	d.event(rollout.Event{Event: rollout.EventStart, Time: start, Hosts: hosts})
	phases := []nixcmd.Phase{nixcmd.PhaseEvaluating, nixcmd.PhaseBuilding, nixcmd.PhaseActivating, nixcmd.PhaseCopying}
	for i, h := range hosts {
		if i >= 8 {
			break // these wait
		}
		phase := phases[i%4]
		d.event(rollout.Event{Event: rollout.EventPhase, Time: at(i), Host: h, Phase: nixcmd.PhasePreparing})
		d.event(rollout.Event{Event: rollout.EventPhase, Time: at(5 + i), Host: h, Phase: phase})
		d.log(h, someLog(h, phase))
		switch phase {
		case nixcmd.PhaseBuilding:
			d.event(rollout.Event{Event: rollout.EventProgress, Time: at(20), Host: h, Progress: &nixcmd.Progress{BuildsDone: 3, BuildsExpected: 20, Building: []string{"nginx-1.28.1", "openssl-3.5.4"}}})
		case nixcmd.PhaseCopying:
			d.event(rollout.Event{Event: rollout.EventProgress, Time: at(20), Host: h, Progress: &nixcmd.Progress{CopiesDone: 41, CopiesExpected: 57}})
		}
	}
	if ended {
		d.conclude(hosts, at)
	}
}

func (d *runDir) conclude(hosts []string, at func(int) time.Time) {
	verdicts := []*rollout.Verdict{
		{Outcome: rollout.OutcomeOK, Changed: true},
		{Outcome: rollout.OutcomeFailed, Reason: "the build of nginx-1.28.1 failed", Hint: "Look at the last lines of its log; `nix log` on the host shows all of it.",
			Decisive: []string{"error: builder for '/nix/store/5m1x-nginx-1.28.1.drv' failed with exit code 2", "       > make: *** [Makefile:8: build] Error 2"}},
		{Outcome: rollout.OutcomeDegraded, Changed: true, Reason: "active, but acme-ayeaye.example.org.service failed", Hint: "Look at it with `systemctl status acme-ayeaye.example.org.service` there."},
		{Outcome: rollout.OutcomeReboot, Changed: true, RebootNeeded: true, Reason: "installed; it takes effect at the next boot", Hint: "Reboot boraha."},
	}
	for i, h := range hosts {
		d.event(rollout.Event{Event: rollout.EventVerdict, Time: at(25 + i), Host: h, Verdict: verdicts[i%4]})
	}
	d.event(rollout.Event{Event: rollout.EventEnd, Time: at(30), ExitCode: num(1)})
}

func someLog(host string, phase nixcmd.Phase) string {
	var b strings.Builder
	fmt.Fprintf(&b, "building the system configuration...\n")
	if phase == nixcmd.PhaseEvaluating {
		return b.String()
	}
	b.WriteString("these 20 derivations will be built:\n")
	for i := range 20 {
		fmt.Fprintf(&b, "  /nix/store/%08x-package-%d-%s.drv\n", i*7919, i, host)
	}
	for i := range 30 {
		fmt.Fprintf(&b, "\x1b[35mhello-%d>\x1b[0m compiling unit %d of 30 with a line that is rather long, so that it is cut in narrow panes\n", i%4, i)
	}
	if phase == nixcmd.PhaseActivating {
		b.WriteString("stopping the following units: nginx.service\nactivating the configuration...\nsetting up /etc...\nrestarting systemd...\n")
	}
	return b.String()
}

func (s *stage) play(t testing.TB, name string) {
	t.Helper()
	for _, sc := range scenes() {
		if sc.name == name {
			sc.setUp(s)
			return
		}
	}
	t.Fatalf("there is no scene %q", name)
}
