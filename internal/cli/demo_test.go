package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
)

// demoBench is a bench whose child processes find the same directories, and
// whose demo is twenty times as fast as life.
func demoBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.programs() // nothing but this program
	t.Setenv("NIXFLEET_DEMO_SPEED", "20")
	for _, name := range []string{"HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"} {
		t.Setenv(name, b.env[name])
	}
	t.Cleanup(func() {
		if code := b.run("demo", "reset"); code != ExitOK {
			t.Errorf("demo reset: %s", &b.err)
		}
	})
	return b
}

// demoRuns are the run directories of the demo.
func (b *bench) demoRuns() []string {
	b.t.Helper()
	dirs, err := filepath.Glob(filepath.Join(b.env["XDG_STATE_HOME"], "nixfleet", "demo", "runs", "*"))
	if err != nil {
		b.t.Fatal(err)
	}
	return dirs
}

func TestDemoStatus(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "status", "--json"); code != ExitOK {
		t.Fatalf("exit code %d\n%s", code, &b.err)
	}
	var doc fleet.StatusDocument
	if err := json.Unmarshal(b.out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	states := map[string]fleet.HostDocument{}
	for _, h := range doc.Hosts {
		states[h.Name] = h
	}
	if len(doc.Hosts) != 12 || len(doc.Builders) != 3 {
		t.Errorf("%d hosts and %d builders", len(doc.Hosts), len(doc.Builders))
	}
	for host, want := range map[string]fleet.State{"boraha": fleet.StateUp, "sifaka": fleet.StateDown, "vanga": fleet.StateHostKey} {
		if h := states[host]; h.State != want || want != fleet.StateUp && (h.Error == "" || h.Hint == "") {
			t.Errorf("%s: %+v", host, h)
		}
	}
	if h := states["ayeaye"]; h.Drift != fleet.DriftBootPending || h.RebootNeeded == nil || !*h.RebootNeeded || h.Facts != fleet.FactsFresh {
		t.Errorf("ayeaye: %+v", h)
	}
	for on, want := range map[string]int{"*": ExitFailed, "kelyus": ExitFailed, "sifaka": ExitOK, "boraha": ExitOK} {
		// kelyus is a builder that is ill; sifaka is down, which is normal for it.
		if code := b.run("demo", "status", "--check", "--on", on); code != want {
			t.Errorf("--check --on %s: exit code %d, not %d\n%s", on, code, want, &b.out)
		}
	}
	if code := b.run("demo", "status", "--on", "drift:in-sync,!state:down"); code != ExitOK || !strings.Contains(b.out.String(), "boraha") || strings.Contains(b.out.String(), "tsingy") {
		t.Errorf("exit code %d\n%s", code, &b.out)
	}
	if strings.Contains(b.out.String(), "\x1b") {
		t.Errorf("escapes off a terminal: %q", &b.out)
	}
	if code := b.run("demo", "builders"); code != ExitOK || !strings.Contains(b.out.String(), "indri") || !strings.Contains(b.out.String(), "hint: `nixfleet-tui demo builders --check` asks") {
		t.Errorf("builders: exit code %d\n%s", code, &b.out)
	}
}

// TestDemoRun goes through the life of a run by commands: started, shown,
// watched again, listed.
func TestDemoRun(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "switch", "--on", "andasibe,ankarana,tenrec", "--yes"); code != ExitAttention {
		t.Fatalf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
	printed := b.out.String()
	for _, want := range []string{
		"[ankarana] -- building", "[ankarana] -- ok", "[andasibe] -- degraded: ", "acme-andasibe.example.org.service", "tenrec", "frozen",
		"1 degraded, 1 skipped, 1 ok", "log: ",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("it does not print %q:\n%s", want, printed)
		}
	}
	dirs := b.demoRuns()
	if len(dirs) != 1 {
		t.Fatalf("%d runs", len(dirs))
	}
	id := filepath.Base(dirs[0])

	b.run("demo", "runs", "show", "last")
	if b.out.Len() == 0 || !strings.HasSuffix(printed, b.out.String()) {
		t.Errorf("`runs show` prints another summary:\n%s", &b.out)
	}
	raw, err := os.ReadFile(rollout.LogPath(dirs[0], "ankarana"))
	if err != nil {
		t.Fatal(err)
	}
	b.run("demo", "runs", "show", id, "ankarana")
	if b.out.String() != string(raw) {
		t.Error("`runs show` with a host does not print the log as it is")
	}
	if code := b.run("demo", "runs", "attach", "last", "--json"); code != ExitAttention {
		t.Errorf("`runs attach` of a degraded run: exit code %d", code)
	}
	events, err := os.ReadFile(filepath.Join(dirs[0], "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if b.out.String() != string(events) {
		t.Error("`runs attach --json` does not print the events as they stand in events.jsonl")
	}
	b.run("demo", "runs")
	if !strings.Contains(b.out.String(), id) || !strings.Contains(b.out.String(), "1 degraded, 1 skipped, 1 ok") {
		t.Errorf("`runs` does not list it:\n%s", &b.out)
	}
	if code := b.run("demo", "runs", "cancel", "last"); code != ExitUsage || !strings.Contains(b.err.String(), "has ended already") {
		t.Errorf("`runs cancel` of a run that has ended: %d, %s", code, &b.err)
	}
	b.run("__complete", "demo", "runs", "show", "")
	if !strings.Contains(b.out.String(), id) {
		t.Errorf("the run is not offered for completion: %s", &b.out)
	}
	b.run("__complete", "demo", "switch", "--on", "boraha,t")
	if !strings.Contains(b.out.String(), "boraha,tenrec\n") || !strings.Contains(b.out.String(), "boraha,@web\n") {
		t.Errorf("completions of `boraha,t`: %s", &b.out)
	}
	if code := b.run("demo", "runs", "show", id, "boraha"); code != ExitUsage || !strings.Contains(b.err.String(), "ankarana") {
		t.Errorf("a host that the run does not have: %d, %s", code, &b.err)
	}
}

// TestPlainHasEveryLine: what --plain prints of a host is its readable log.
func TestPlainHasEveryLine(t *testing.T) {
	b := demoBench(t)
	b.run("demo", "switch", "--on", "ankarana,andasibe", "--yes", "--plain")
	for _, host := range []string{"ankarana", "andasibe"} {
		var got []string
		for line := range strings.Lines(b.out.String()) {
			if words, ok := strings.CutPrefix(line, "["+host+"] "); ok && !strings.HasPrefix(words, "-- ") {
				got = append(got, strings.TrimRight(words, "\n"))
			}
		}
		text, err := os.ReadFile(rollout.TextPath(b.demoRuns()[0], host))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d lines are printed, and %d stand in the log", host, len(got), len(want))
		}
	}
}

// TestInterrupts: the first one asks to cancel, and the command says what came of
// it. Another signal leaves the run to itself, under which nobody pulls the ground away.
func TestInterrupts(t *testing.T) {
	b := demoBench(t)
	t.Setenv("NIXFLEET_DEMO_SPEED", "1") // slow enough to be interrupted
	b.signals <- os.Interrupt
	b.deaf = 1 // the plan is made before we interrupt
	if code := b.run("demo", "switch", "--on", "tsingy", "--yes"); code != ExitCancelled {
		t.Errorf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
	if !strings.Contains(b.err.String(), "Asked to cancel") || !strings.Contains(b.out.String(), "cancelled") {
		t.Errorf("it prints\n%s%s", &b.out, &b.err)
	}
	b.signals <- syscall.SIGTERM
	b.deaf = 1
	if code := b.run("demo", "switch", "--on", "ankarana", "--yes"); code != ExitCancelled || !strings.Contains(b.err.String(), "demo runs attach") {
		t.Errorf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
	if code := b.run("demo", "reset"); code != ExitUsage || !strings.Contains(b.err.String(), "demo runs attach") {
		t.Errorf("`demo reset` while a run goes on: exit code %d, %s", code, &b.err)
	}
	if code := b.run("demo", "runs", "cancel", "last"); code != ExitOK {
		t.Errorf("`runs cancel`: exit code %d, %s", code, &b.err)
	}
	if code := b.run("demo", "runs", "attach", "last"); code != ExitCancelled { // waits for its end
		t.Errorf("`runs attach`: exit code %d\n%s%s", code, &b.out, &b.err)
	}
}

// TestLiveRows watches a run on a small terminal and reads its screen.
func TestLiveRows(t *testing.T) {
	b := demoBench(t)
	t.Setenv("NIXFLEET_DEMO_SPEED", "4") // progress is told once a second: a build must last that long
	screen := newScreen(60, 12)
	b.io.Out, b.io.OutTerminal, b.io.Color = screen, true, true
	b.io.Size = func() (int, int) { return 60, 12 }
	if code := b.run("demo", "switch", "--on", "ankarana,masoala", "--yes"); code != ExitFailed {
		t.Errorf("exit code %d", code)
	}
	most := 0
	for _, frame := range screen.frames {
		if !strings.Contains(strings.Join(frame, "\n"), "ctrl+c cancels") {
			continue // not while it goes on
		}
		rows := 0
		for _, line := range frame {
			if strings.HasPrefix(line, "ankarana") || strings.HasPrefix(line, "masoala") {
				rows++
			}
		}
		most = max(most, rows)
	}
	if most != 2 {
		t.Errorf("two hosts took up to %d rows at once", most)
	}
	if screen.wrapped > 0 {
		t.Errorf("%d lines did not fit the terminal while rows were updated in place", screen.wrapped)
	}
	if !slices.ContainsFunc(screen.frames, func(frame []string) bool {
		return slices.ContainsFunc(frame, func(line string) bool { return strings.Contains(line, "building") && strings.Contains(line, "built") })
	}) {
		t.Error("no frame shows progress")
	}
	last := strings.Join(screen.all, "\n")
	if !strings.Contains(last, "postgresql.conf") || !strings.Contains(last, "1 failed, 1 ok") || strings.Contains(last, "ctrl+c") {
		t.Errorf("in the end the terminal shows\n%s", last)
	}
}

// TestWatchedStatus draws in place, and ends when it is interrupted.
func TestWatchedStatus(t *testing.T) {
	b := demoBench(t)
	screen := newScreen(100, 40)
	b.io.Out, b.io.OutTerminal = screen, true
	b.io.Size = func() (int, int) { return 100, 40 }
	screen.seen = func(frame []string) {
		if strings.Contains(strings.Join(frame, "\n"), "ayeaye") && strings.Contains(strings.Join(frame, "\n"), "boot-pending") {
			select {
			case b.signals <- os.Interrupt:
			default:
			}
		}
	}
	if code := b.run("demo", "status", "--watch"); code != ExitOK {
		t.Errorf("exit code %d\n%s", code, &b.err)
	}
	tables := 0
	for _, line := range screen.all {
		if strings.HasPrefix(line, "HOST") {
			tables++
		}
	}
	if tables != 1 {
		t.Errorf("%d tables are on the screen", tables)
	}
}

// TestDemoHelp: every command teaches by example.
// TestDemoHints: what a hint has one type is the demo's, too.
func TestDemoHints(t *testing.T) {
	b := demoBench(t)
	for _, c := range []struct{ args, hint string }{
		{"demo generations nosuch", "`nixfleet-tui demo status`"},
		{"demo unpin masoala 68", "`nixfleet-tui demo generations masoala`"},
		{"demo runs show nosuch", "`nixfleet-tui demo runs`"},
		{"demo nosuch", "`nixfleet-tui demo --help`"},
		{"nosuch", "`nixfleet-tui --help`"},
	} {
		if code := b.run(strings.Fields(c.args)...); code == ExitOK {
			t.Errorf("%s: it went well", c.args)
		}
		if _, hint := b.twoLines(); !strings.Contains(hint, c.hint) {
			t.Errorf("%s: the hint is %q", c.args, hint)
		}
	}
}

func TestDemoHelp(t *testing.T) {
	b := newBench(t)
	for _, args := range [][]string{{}, {"status"}, {"builders"}, {"switch"}, {"boot"}, {"test"}, {"build"}, {"dry-build"}, {"dry-activate"},
		{"runs"}, {"runs", "show"}, {"runs", "attach"}, {"runs", "cancel"}, {"doctor"}, {"version"}, {"completion"}, {"demo"}, {"demo", "reset"}} {
		if code := b.run(append(args, "--help")...); code != ExitOK || !strings.Contains(b.out.String(), "Examples:\n  nixfleet-tui") && args[0] != "completion" {
			t.Errorf("%v --help: exit code %d\n%s", args, code, &b.out)
		}
	}
}

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0:00", 7 * time.Second: "0:07", 754 * time.Second: "12:34", 3723 * time.Second: "1:02:03",
	} {
		if got := clock(d); got != want {
			t.Errorf("%s is shown as %s, not %s", d, got, want)
		}
	}
}

func TestDemoBuildersClimb(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "builders", "--json"); code != ExitOK {
		t.Errorf("without --check the exit code is %d\n%s", code, &b.err)
	}
	if code := b.run("demo", "builders", "--check", "--json"); code != ExitFailed {
		t.Fatalf("one of them is ill, and the exit code is %d\n%s", code, &b.err)
	}
	var doc buildersJSON
	if err := json.Unmarshal(b.out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for _, d := range doc.Builders {
		states := map[fleet.Rung]stepJSON{}
		for _, s := range d.Steps {
			states[s.Rung] = s
		}
		switch trust := states[fleet.RungTrust]; {
		case d.Name == "kelyus": // whose daemon does not listen
			if d.Health != fleet.HealthIll || states[fleet.RungHandshake].State != fleet.StepBad {
				t.Errorf("got %+v", d)
			}
		case d.Health != fleet.HealthOK || d.Rung != fleet.RungBuild || trust.State != fleet.StepOK || trust.From == nil:
			t.Errorf("got %+v", d)
		}
	}
	if len(doc.Builders) != 3 {
		t.Errorf("%d builders", len(doc.Builders))
	}
}
