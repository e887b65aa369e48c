package rollout

import (
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

// waveTasks reads "a:ok b c" and, with a !, hosts that come last.
func waveTasks(words string) []waveTask {
	var tasks []waveTask
	for w := range strings.FieldsSeq(words) {
		name, outcome, _ := strings.Cut(w, ":")
		plain, last := strings.CutSuffix(name, "!")
		tasks = append(tasks, waveTask{name: plain, last: last, outcome: Outcome(outcome)})
	}
	return tasks
}

func TestWavesStand(t *testing.T) {
	for _, c := range []struct {
		name    string
		waves   *Waves
		tasks   string
		number  int
		of      int
		hosts   string
		stopped string
	}{
		{"no waves: all at once, whatever fails", nil, "a:failed b c", 1, 1, "a b c", ""},
		{"the canary first", &Waves{Canary: 1, Size: 2}, "a b c d", 1, 3, "a", ""},
		{"then the first wave", &Waves{Canary: 1, Size: 2}, "a:ok b c d", 2, 3, "b c", ""},
		{"a wave ends with its last host", &Waves{Canary: 1, Size: 2}, "a:ok b:ok c d", 2, 3, "b c", ""},
		{"without a size, all the rest", &Waves{Canary: 1}, "a:ok b c d", 2, 2, "b c d", ""},
		{"without a canary, equal waves", &Waves{Size: 2}, "a:ok b:reboot c d", 2, 2, "c d", ""},
		{"a canary that fails stops all", &Waves{Canary: 1}, "a:failed b c", 1, 2, "a", "a failed"},
		{"degraded is not well", &Waves{Canary: 1}, "a:degraded b", 1, 2, "a", "a is degraded"},
		{"unknown is not well", &Waves{Canary: 1}, "a:unknown b", 1, 2, "a", "a is unknown"},
		{"as many failures as are allowed", &Waves{Size: 2, MaxFailures: 1}, "a:failed b:ok c d", 2, 2, "c d", ""},
		{"one more, over all waves", &Waves{Size: 2, MaxFailures: 1}, "a:failed b:ok c:failed d", 2, 2, "c d", "a failed, c failed"},
		{"only a limit: stops in the middle", &Waves{}, "a:failed b c", 1, 1, "a b c", "a failed"},
		{"hosts that come last are the last wave's", &Waves{Canary: 1, Size: 1}, "a! b c", 1, 3, "b", ""},
		{"a canary that nobody could try is none", &Waves{Canary: 1}, "a:skipped b", 1, 2, "a", "no host of wave 1 could be tried"},
		{"a skipped host beside one that is well", &Waves{Canary: 2}, "a:skipped b:ok c", 2, 2, "c", ""},
		{"over", &Waves{Canary: 1}, "a:ok b:ok", 2, 2, "b", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.waves.stand(waveTasks(c.tasks))
			if got.Number != c.number || got.Of != c.of || strings.Join(got.Hosts, " ") != c.hosts || got.Stopped != c.stopped {
				t.Errorf("stand = %+v", got)
			}
		})
	}
}

func TestHostsOfThePlanThatAreSkippedAreInNoWave(t *testing.T) {
	w := &Waves{Canary: 1}
	got := w.stand([]waveTask{{name: "frozen", skip: true, outcome: OutcomeSkipped}, {name: "b"}, {name: "c"}})
	if got.Number != 1 || strings.Join(got.Hosts, " ") != "b" {
		t.Errorf("stand = %+v, want b as the canary", got)
	}
}

func TestCanaryThatFailsStopsTheRun(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", `echo "error: no" >&2; exit 1`)
	w.host("h2", "m2", wellStory)
	w.host("h3", "m3", wellStory)
	p := w.plan(nixcmd.Switch, "h1", "h2", "h3")
	p.Waves = &Waves{Canary: 1, Size: 1}
	f := w.start(p)
	v := f.end()
	if got := outcomes(v); got != "h1:failed h2:skipped h3:skipped" {
		t.Errorf("outcomes = %s", got)
	}
	if d := v.Task("h3").Verdict; d.Reason != "wave stopped: h1 failed" || d.Hint == "" {
		t.Errorf("h3: %q, hint %q", d.Reason, d.Hint)
	}
	if v.ExitCode != 1 || v.Wave == nil || v.Wave.Stopped == "" {
		t.Errorf("exit code %d, wave %+v", v.ExitCode, v.Wave)
	}
}

func TestWavesOneAfterTheOther(t *testing.T) {
	w := newTestWorld(t)
	wait, open := w.gate("g")
	w.host("h1", "m1", wait+"; "+wellStory)
	w.host("h2", "m2", wellStory)
	w.host("h3", "m3", wellStory)
	p := w.plan(nixcmd.Switch, "h1", "h2", "h3")
	p.Waves = &Waves{Canary: 1}
	f := w.start(p)
	f.started("h1")
	open()
	first := f.until("the next host to begin", func(e Event) bool {
		if e.Event == EventPhase && e.Host != "h1" {
			t.Errorf("%s began before the canary was judged", e.Host)
		}
		return e.Event == EventVerdict
	})
	if first.Host != "h1" {
		t.Errorf("%s was judged first", first.Host)
	}
	second := f.until("the second wave", func(e Event) bool { return e.Event == EventWave })
	if second.Wave.Number != 2 || strings.Join(second.Wave.Hosts, " ") != "h2 h3" {
		t.Errorf("the second wave: %+v", second.Wave)
	}
	if got := outcomes(f.end()); got != "h1:ok h2:ok h3:ok" {
		t.Errorf("outcomes = %s", got)
	}
}
