package cli

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

var update = flag.Bool("update", false, "write the examples of docs/json.md anew; read them before committing")

const jsonPage = "../../docs/json.md"

// TestJSONExamples holds the examples of docs/json.md to what the program
// prints: each stands under the name of its command.
func TestJSONExamples(t *testing.T) {
	page, err := os.ReadFile(jsonPage)
	if err != nil {
		t.Fatal(err)
	}
	for command, example := range examples(t) {
		before, rest, ok := bytes.Cut(page, []byte("\n## `"+command+"`\n"))
		if !ok {
			t.Errorf("%s has no part on `%s`", jsonPage, command)
			continue
		}
		intro, rest, ok1 := bytes.Cut(rest, []byte("```json\n"))
		shown, after, ok2 := bytes.Cut(rest, []byte("```\n"))
		if !ok1 || !ok2 {
			t.Errorf("%s has no example of `%s`", jsonPage, command)
			continue
		}
		if *update {
			page = bytes.Join([][]byte{before, []byte("\n## `" + command + "`\n"), intro, []byte("```json\n"), []byte(example), []byte("```\n"), after}, nil)
		} else if string(shown) != example {
			t.Errorf("%s shows for `%s`\n%s\nand the program prints\n%s", jsonPage, command, shown, example)
		}
	}
	if *update {
		if err := os.WriteFile(jsonPage, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// examples are the documents of a small fleet, by command.
func examples(t *testing.T) map[string]string {
	t.Helper()
	rows, builders := exampleFleet()
	builders[0].Steps = []fleet.Step{
		{Rung: fleet.RungConnect, State: fleet.StepOK, Took: 12 * time.Millisecond, At: exampleTime()},
		{Rung: fleet.RungTrust, State: fleet.StepBad, From: "web2", At: exampleTime(), Reason: "its Nix does not trust nix-builder: it takes no builds and no unsigned paths from it",
			Hint: `nix.settings.trusted-users = [ "nix-builder" ]; on web1`},
	}
	doctor := doctorJSON{documentVersion, []finding{
		{"nix", healthOK, "nix (Nix) 2.31.2", ""},
		{"ssh agent", healthWarn, "it holds no keys", "Add a key with `ssh-add`"},
	}}
	builders[0].Builder.Protocol, builders[0].Held = "ssh-ng", []fleet.Holder{{Host: "web2", Slots: 2}}
	const mistake = `on web2: /etc/nix/machines:3: "fast" is no speed factor; for that, Nix there passes over all its builders`
	all := map[string]string{
		"status --json":   document(t, fleet.NewStatusDocument(rows, builders)),
		"builders --json": document(t, buildersDocument(builders, []string{mistake})),
		"switch --json":   exampleEvents(t),
		"runs --json":     document(t, runsDocument([]rollout.View{exampleView()})),
		"doctor --json":   document(t, doctor),
		"cert --json":     document(t, certExample(t)),
		"install --json":  exampleInstall(t),

		"switch --diff --json": exampleChanges(t),
	}
	maps.Copy(all, pastExamples(t))
	return all
}

func document(t *testing.T, doc any) string {
	t.Helper()
	var b bytes.Buffer
	if err := writeJSON(&b, doc); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func exampleTime() time.Time { return time.Date(2026, 11, 22, 7, 15, 0, 0, time.UTC) }

func exampleSystem(host string) string {
	return "/nix/store/fsapmwyhy04m63vbz65q9k7khdszia4s-nixos-system-" + host + "-25.11.20261101.abcdef0"
}

func exampleFleet() ([]fleet.Row, []fleet.BuilderHealth) {
	at, no, yes := exampleTime(), false, true
	system := exampleSystem("web1")
	inv := &fleet.Inventory{
		Hosts: []fleet.Host{{Name: "web1", InFlake: true, Tags: []string{"web"}}, {Name: "web2", InFlake: true}},
		Builders: []fleet.Builder{{Name: "web1", Host: "web1", Systems: []string{"x86_64-linux"}, MaxJobs: 4, SpeedFactor: 10,
			SupportedFeatures: []string{"big-parallel", "kvm"}, From: []string{"fleet.nix"}}},
	}
	facts := map[string]fleet.Facts{
		"web1": {State: fleet.FactsFresh, HostFacts: nixcmd.HostFacts{System: "x86_64-linux", Wanted: system}},
		"web2": {State: fleet.FactsFailed, EvalError: "The option `services.nginx.enabel' does not exist."},
	}
	statuses := map[string]fleet.Status{
		"web1": {State: fleet.StateUp, AsOf: at, Via: "direct", Latency: 400 * time.Microsecond, Reading: fleet.Reading{
			System: "x86_64-linux", Generation: 2, GenerationAt: at, Label: "25.11.20261101.abcdef0",
			Current: system, Profile: system, Booted: system, Reboot: &no, FailedUnits: []string{}, Store: &yes,
		}},
		"web2": {State: fleet.StateDown, AsOf: at, Error: "no route to 10.0.0.2", Hint: "Check the network or the VPN."},
	}
	rows := fleet.Rows(inv, facts, statuses, nil)
	rows[0].Sudo = fleet.SudoForecast{Outlook: sshutil.SudoWillWork, By: sshutil.SudoByUssh, Touch: true, Until: at.Add(3 * time.Hour), Key: "certificate ops@fossa",
		Reason: "pam_ussh lets ops through by the certificate ops@fossa", Risks: []sshutil.SudoRisk{{
			Message: "pam_ussh there lets everybody in who is not in the group admins", Hint: "Leave security.pam.ussh.group unset.",
		}}}
	return rows, fleet.JudgeBuilders(inv, statuses)
}

const exampleRun = "20261122T071500Z-switch-3f2a"

func exampleVerdict() rollout.Verdict {
	code := 4
	return rollout.Verdict{Outcome: rollout.OutcomeDegraded, ExitCode: &code, Phase: nixcmd.PhaseActivating, Changed: true, ProfileMoved: true,
		Units: []string{"bar.service"}, Reason: "active, but units failed: bar.service", Hint: "See why on the host: systemctl status bar.service",
		Decisive: []string{"warning: the following units failed: bar.service"}, System: exampleSystem("web1"), Profile: exampleSystem("web1"),
		Running: exampleSystem("web1"), Log: "/home/me/.local/state/nixfleet/runs/" + exampleRun + "/hosts/web1.log"}
}

// eventsOfAllKinds are those of a run that had to wait for another, lost its
// supervisor, and could not be cancelled.
func eventsOfAllKinds() []rollout.Event {
	at, end, three, twenty, v := exampleTime(), ExitAttention, 3, 20, exampleVerdict()
	left, no, status := 95, false, 4
	before := &rollout.Before{Profile: exampleSystem("before"), Running: exampleSystem("before"), Booted: exampleSystem("before"), Generation: 41,
		BootID: "6d2c1f0a-8e55-4b0c-9d0e-3a1f5c7b9d21", Machine: "0b5c9d6f1e2a3b4c5d6e7f80", HostTime: at}
	return []rollout.Event{
		{Event: rollout.EventStart, Invoked: &at, Action: nixcmd.Switch, Hosts: []string{"web1"}},
		{Event: rollout.EventWave, Wave: &rollout.Wave{Number: 1, Of: 1, Hosts: []string{"web1"}}},
		{Event: rollout.EventPhase, Host: "web1", Phase: nixcmd.PhasePreparing},
		{Event: rollout.EventTask, Host: "web1", State: rollout.TaskWaiting, Reason: "waits for the run 20261122T071200Z-boot-91c7 of eve, which has been at this machine (as web1) since 07:12:03"},
		{Event: rollout.EventTask, Host: "web1", State: rollout.TaskPrepared, Before: before},
		{Event: rollout.EventTask, Host: "web1", State: rollout.TaskNote, Reason: "generation 41 has appeared since preflight, which saw 40"},
		{Event: rollout.EventTask, Host: "web1", State: rollout.TaskStarted, PID: 4711},
		{Event: rollout.EventPhase, Host: "web1", Phase: nixcmd.PhaseBuilding},
		{Event: rollout.EventProgress, Host: "web1", Done: &three, Expected: &twenty, Left: &left,
			Progress: &nixcmd.Progress{BuildsDone: three, BuildsExpected: twenty, Building: []string{"nginx-1.29.3"}}},
		{Event: rollout.EventQuestion, Host: "web1", State: rollout.QuestionAsked, Question: &rollout.Question{Version: 1, ID: "5d0c2a91", Host: "web1", Program: "sudo",
			Purpose: "to activate on web1", Wants: rollout.WantsSudo, Words: "[sudo] password for me:", Asked: at, Until: at.Add(10 * time.Minute)}},
		{Event: rollout.EventAdopted, Reason: "the supervisor had gone; another one goes on"},
		{Event: rollout.EventPhase, Host: "web1", Phase: nixcmd.PhaseActivating},
		{Event: rollout.EventCancel, Host: "web1", Accepted: &no, Reason: "it may be activating, and stopping that would leave the host half-changed: wait for it, or detach"},
		{Event: rollout.EventTask, Host: "web1", State: rollout.TaskArmed, Reason: "it undoes this by itself unless it is confirmed within 60 s of its activation"},
		{Event: rollout.EventTask, Host: "web1", State: rollout.TaskEnded, ExitCode: &status},
		{Event: rollout.EventTask, Host: "web1", State: rollout.TaskConfirmed, Reason: "confirmed by a new login"},
		{Event: rollout.EventTask, Host: "web1", State: rollout.TaskUndoing, Reason: "undoing: a unit failed: bar.service"},
		{Event: rollout.EventVerdict, Host: "web1", Verdict: &v},
		{Event: rollout.EventEnd, ExitCode: &end},
	}
}

// TestAllEventsHaveAnExample: the page shows each kind of event, and each state
// of a task.
func TestAllEventsHaveAnExample(t *testing.T) {
	shown := map[string]bool{}
	for _, e := range eventsOfAllKinds() {
		shown[e.Event], shown[e.State] = true, true
	}
	source, err := os.ReadFile("../../rollout/event.go")
	if err != nil {
		t.Fatal(err)
	}
	kinds := regexp.MustCompile(`\t(?:Event|Task)[A-Z]\w+ *= "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	if len(kinds) < 13 {
		t.Fatalf("only %d kinds of events and states were found", len(kinds))
	}
	for _, match := range kinds {
		kind := match[1]
		if !shown[kind] {
			t.Errorf("%s has no example of %q", jsonPage, kind)
		}
	}
}

// exampleEvents is the stream of a small run, through the display that prints it.
func exampleEvents(t *testing.T) string {
	t.Helper()
	all := eventsOfAllKinds()
	at := exampleTime()
	for i := range all {
		all[i].Version, all[i].Seq, all[i].Run, all[i].Time = rollout.EventVersion, int64(i+1), exampleRun, at.Add(time.Duration(i)*time.Second)
	}
	var b bytes.Buffer
	if err := (&jsonDisplay{out: &b}).update(all, rollout.View{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func exampleView() rollout.View {
	at, v := exampleTime(), exampleVerdict()
	return rollout.View{
		Dir: strings.TrimSuffix(v.Log, "/hosts/web1.log"), ExitCode: ExitAttention, Started: at, Ended: at.Add(21 * time.Second),
		Plan: rollout.Plan{ID: exampleRun, Action: nixcmd.Switch, Created: at, Invoked: at, User: "me", On: "laptop",
			Flake: rollout.Flake{Pinned: "git+file:///home/me/fleet?rev=a9c53c8", Revision: "a9c53c8"}},
		Tasks: []rollout.TaskView{{Host: "web1", Phase: nixcmd.PhaseDone, Started: at, Ended: at.Add(20 * time.Second), Verdict: &v}},
	}
}

// TestEveryDocumentHasAVersion: programs that read them look there first.
func TestEveryDocumentHasAVersion(t *testing.T) {
	for command, example := range examples(t) {
		values := json.NewDecoder(strings.NewReader(example))
		for values.More() {
			var head struct{ Version int }
			if err := values.Decode(&head); err != nil || head.Version != 1 {
				t.Errorf("`%s`: version %d, %v", command, head.Version, err)
			}
		}
	}
}
