package cli

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// TestRefused: what would fail for sure is told in one list, and nothing is started.
func TestRefused(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "switch", "--on", "ankarana,sifaka,kelyus", "--yes"); code != ExitUsage {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		"refused: sifaka: it cannot be reached: ", "refused: kelyus: the Nix daemon does not listen",
		"nothing was started: it would fail on 2 hosts of 3: ", "leave them out (`--on ankarana`)", "--insist",
	} {
		if !strings.Contains(b.err.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &b.err)
		}
	}
	if left := b.demoRuns(); len(left) > 0 {
		t.Errorf("it started %q", left)
	}
}

func TestSkipUnreachable(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "switch", "--on", "ankarana,sifaka", "--yes", "--skip-unreachable"); code != ExitAttention {
		t.Errorf("exit code %d\n%s", code, &b.err)
	}
	v := b.lastDemoRun()
	if got := v.Task("sifaka").Verdict; got.Outcome != rollout.OutcomeSkipped || !strings.HasPrefix(got.Reason, "unreachable: ") {
		t.Errorf("sifaka: %+v", got)
	}
	if got := v.Task("ankarana").Verdict; got.Outcome != rollout.OutcomeOK {
		t.Errorf("ankarana: %+v", got)
	}
}

// TestChangedKeyIsNotSkipped: a host that shows another key than the known one
// may be somebody else, which nobody wants to go unnoticed.
func TestChangedKeyIsNotSkipped(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "switch", "--on", "ankarana,sifaka,vanga", "--yes", "--skip-unreachable"); code != ExitUsage {
		t.Errorf("exit code %d\n%s", code, &b.err)
	}
	for _, want := range []string{"refused: vanga: it shows a host key that is not accepted: ", "it is not down, so it is not skipped", "it would fail on 1 host of 3: vanga"} {
		if !strings.Contains(b.err.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &b.err)
		}
	}
}

// TestInsist: what is insisted on is tried, and the run keeps what was said before.
func TestInsist(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "build", "--on", "sifaka", "--yes", "--insist"); code != ExitFailed {
		t.Errorf("exit code %d\n%s", code, &b.err)
	}
	if !strings.Contains(b.err.String(), "insisted: sifaka: it cannot be reached: ") {
		t.Errorf("it does not say what is insisted on:\n%s", &b.err)
	}
	v := b.lastDemoRun()
	if found := v.Plan.Findings; !v.Plan.Insist || len(found) != 1 || found[0].Host != "sifaka" || found[0].Level != rollout.LevelBlocker {
		t.Errorf("the run keeps %+v", v.Plan.Findings)
	}
	if code := b.run("demo", "runs", "show", "last"); code != ExitOK || !strings.Contains(b.out.String(), "insisted: sifaka: it cannot be reached") {
		t.Errorf("exit code %d\n%s", code, &b.out)
	}
}

// lastDemoRun is the newest run of the demo.
func (b *bench) lastDemoRun() rollout.View {
	b.t.Helper()
	dirs := b.demoRuns()
	if len(dirs) == 0 {
		b.t.Fatalf("there is no run:\n%s", &b.err)
	}
	v, err := readRun(slices.Max(dirs))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func TestAskingForNames(t *testing.T) {
	unsure := rollout.Plan{Findings: []rollout.Finding{
		{Host: "web1", Level: rollout.LevelConfirm}, {Host: "web2", Level: rollout.LevelConfirm}, {Host: "web2", Level: rollout.LevelConfirm}, {Host: "web3", Level: rollout.LevelNote},
	}}
	insisted := unsure
	insisted.Insist = true
	for _, c := range []struct {
		plan   rollout.Plan
		insist bool
		answer string
		want   bool
		asks   string
	}{
		{rollout.Plan{}, false, "y\n", true, "Go ahead? [y/N]"},
		{rollout.Plan{}, false, "YES\r\n", true, "Go ahead? [y/N]"},
		{rollout.Plan{}, false, "", false, "Go ahead? [y/N]"},
		{unsure, false, "web1,web2\n", true, "type the names of the hosts to confirm (web1, web2)"},
		{unsure, false, "web2 web1\r\n", true, "web1, web2"},
		{unsure, false, "y\n", false, "web1, web2"},
		{unsure, false, "web1\n", false, "web1, web2"},
		{unsure, false, "web1,web2,web3\n", false, "web1, web2"},
		{unsure, false, "\n", false, "web1, web2"},
		{insisted, true, "y\n", true, "Go ahead? [y/N]"},
	} {
		b := newBench(t)
		b.in = c.answer
		o := &actionOptions{Program: b.program(), Insist: c.insist}
		if got := o.ask(t.Context(), &c.plan); got != c.want || !strings.Contains(b.err.String(), c.asks) {
			t.Errorf("%q: %v after %q", c.answer, got, &b.err)
		}
	}
}

func TestRefusal(t *testing.T) {
	found := func(level rollout.Level, hosts ...string) *rollout.Plan {
		p := &rollout.Plan{Hosts: make([]rollout.PlanHost, 9)}
		for _, h := range hosts {
			p.Findings = append(p.Findings, rollout.Finding{Host: h, Level: level})
		}
		return p
	}
	busy := found(rollout.LevelBlocker, "web1")
	busy.Findings[0].Check = rollout.CheckBusy
	for name, c := range map[string]struct {
		o     actionOptions
		plan  *rollout.Plan
		wants string // "" is no refusal
		hints string
	}{
		"only a warning":         {actionOptions{Yes: true}, found(rollout.LevelWarning, "web1"), "", ""},
		"two":                    {actionOptions{On: "*"}, found(rollout.LevelBlocker, "web1", "web2", "web1"), "it would fail on 2 hosts of 9: web1, web2", "--on '*,!web1,!web2'"},
		"many":                   {actionOptions{On: "*"}, found(rollout.LevelBlocker, "a", "b", "c", "d"), "4 hosts of 9: a, b, c, d", "--on '*,!…'"},
		"others are there":       {actionOptions{On: "*"}, busy, "others are at 1 host of 9: web1", "--wait-for-others"},
		"insisted":               {actionOptions{Insist: true}, found(rollout.LevelBlocker, "web1"), "", ""},
		"to confirm, and asked":  {actionOptions{}, found(rollout.LevelConfirm, "web1"), "", ""},
		"to confirm, not asked":  {actionOptions{Yes: true, On: "web1"}, found(rollout.LevelConfirm, "web1"), "1 host must be confirmed by name: web1", "without --yes"},
		"confirmed by insisting": {actionOptions{Yes: true, Insist: true}, found(rollout.LevelConfirm, "web1"), "", ""},
	} {
		err := c.o.refusal(c.plan)
		if c.wants == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if f := explain(err); f.Code != ExitUsage || !strings.Contains(f.Message, c.wants) || !strings.Contains(f.Hint, c.hints) {
			t.Errorf("%s: %d: %q, %q", name, f.Code, f.Message, f.Hint)
		}
	}
}

func TestUntracked(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git here: install it (Debian: apt-get install git)")
	}
	b := newBench(t)
	if got := untracked(t.Context(), b.dir); got != nil {
		t.Errorf("outside of git: %q", got)
	}
	b.programs("git").git()
	b.file(".gitignore", "result\n").file("result", "").file("new file.nix", "")
	want := []string{".gitignore", "new file.nix"}
	if got := untracked(t.Context(), b.dir); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := untracked(t.Context(), filepath.Join(b.dir, "missing")); got != nil {
		t.Errorf("where nothing is: %q", got)
	}
}

func TestHelpersAreFoundByEitherName(t *testing.T) {
	l := &loaded{inv: &fleet.Inventory{Builders: []fleet.Builder{{Name: "big", Address: "big.example.org"}, {Name: "pi", Host: "h2", Address: "pi.lan"}}}}
	for name, want := range map[string]string{"big": "big", "big.example.org": "big", "pi": "h2", "pi.lan": "h2", "stranger": "stranger"} {
		if got := l.builderCalled(name); got.Name != want {
			t.Errorf("%s is reached as %q, want %q", name, got.Name, want)
		}
	}
}

// TestThisMachine: what builds here is looked at with the script that hosts get.
func TestThisMachine(t *testing.T) {
	b := newBench(t)
	survey, err := fleet.ReadSurvey(t.Context(), thisMachine{}, fleet.Questions{}, b.program().Env.Now)
	if err != nil || survey.System() == "" || survey.User == "" {
		t.Errorf("got %+v, %v", survey, err)
	}
	if !survey.Builds(survey.System()) || survey.Trust != nixcmd.TrustUnknown {
		t.Errorf("%s does not build for itself", survey.System())
	}
}
