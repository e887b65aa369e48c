package rollout

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

// fuzzedRun is a run of two hosts of which nothing has happened yet.
func fuzzedRun(f *testing.F) runDir {
	f.Helper()
	d := runDir(f.TempDir())
	p := Plan{Version: PlanVersion, ID: NewID("switch", fixedNow()), Action: nixcmd.Switch, Created: fixedNow(), Hosts: []PlanHost{{Name: "h1"}, {Name: "h2"}}}
	if err := writeJSON(d.plan(), p); err != nil {
		f.Fatal(err)
	}
	return d
}

// put replaces a file by what the fuzzer made.
func put(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// FuzzEvents: whatever stands in events.jsonl, the view has the plan's hosts,
// and is the same for a viewer that came while half of it was written.
func FuzzEvents(f *testing.F) {
	const start, end = `{"version":1,"seq":1,"event":"start"}` + "\n", `{"version":1,"seq":9,"event":"end","exitCode":1}` + "\n"
	for _, seed := range []string{
		start + `{"seq":2,"host":"h1","event":"verdict","verdict":"ok","exitCode":0,"changed":true}` + "\n" + end,
		start + `{"seq":2,"host":"h2","event":"question","state":"asked","question":{"id":"x","wants":"pin"}}` + "\n" + `{"host":"h2","event":"question"}` + "\n",
		start + `{"host":"h1","event":"progress","progress":null,"secondsLeft":-1}` + "\n" + `{"host":"h1","event":"task","state":"armed"}` + "\n{\x00\n\n}{\n",
		`{"event":"verdict","host":"h1"}` + "\n" + `{"event":"wave"}` + "\n" + `{"event":7}` + "\nnull\n[]\n\"x\"\n", end + end + start + `{"seq`, "",
	} {
		f.Add([]byte(seed), uint16(len(seed)/2))
	}
	d := fuzzedRun(f)
	f.Fuzz(func(t *testing.T, lines []byte, cut uint16) {
		put(t, d.events(), lines)
		whole, err := readAll(string(d))
		if err != nil {
			t.Fatal(err)
		}
		if len(whole.Tasks) != 2 || whole.Task("h1") == nil || whole.Task("h2") == nil {
			t.Errorf("the view has %+v", whole.Tasks)
		}
		put(t, d.events(), lines[:min(int(cut), len(lines))])
		r, err := NewReader(string(d))
		if err != nil {
			t.Fatal(err)
		}
		for _, content := range [][]byte{nil, lines} {
			if content != nil {
				put(t, d.events(), content)
			}
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}
		if halves := r.View(); !reflect.DeepEqual(halves.Tasks, whole.Tasks) || halves.Over() != whole.Over() || halves.Broken != whole.Broken {
			t.Errorf("in two parts:\n%+v\nat once:\n%+v", halves, whole)
		}
	})
}

// FuzzPlan: whatever stands in run.json and summary.json, there is a view or a
// *BrokenError.
func FuzzPlan(f *testing.F) {
	d := fuzzedRun(f)
	good, err := os.ReadFile(d.plan())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, []byte(`{"version":1,"exitCode":1,"hosts":{"h1":{"verdict":"ok"},"h3":{}}}`))
	f.Add(good, []byte(`{"hosts":7}`))
	f.Add([]byte(`{"version":99}`), []byte("null"))
	f.Add([]byte(`{"hosts":[{"name":"../x"},{"name":"../x"}],"waves":{"size":-1}}`), []byte("{"))
	f.Fuzz(func(t *testing.T, plan, end []byte) {
		put(t, d.plan(), plan)
		put(t, d.summary(), end)
		v, err := readAll(string(d))
		var broken *BrokenError
		switch {
		case err == nil && (len(v.Tasks) != len(v.Plan.Hosts) || !v.Over()):
			t.Errorf("%q and %q: %+v", plan, end, v)
		case err != nil && (!errors.As(err, &broken) || broken.Why == ""):
			t.Errorf("%q and %q: %v", plan, end, err)
		}
	})
}

// FuzzRequests: whatever a viewer drops into a run is taken away, and a
// question of a process that is not there is none.
func FuzzRequests(f *testing.F) {
	for _, seed := range []string{
		`{"version":1,"cancel":["h1"],"insist":true}`, `{"version":1,"cancel":null}`, `{"cancel":"h1"}`, "{", "",
		`{"version":1,"id":"x","host":"h1","wants":"pin","process":"0 x","socket":"/dev/null"}`, `{"id":"../../x","process":"999999999 1"}`, `{"process":"-1 "}`,
	} {
		f.Add([]byte(seed))
	}
	d := fuzzedRun(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		put(t, filepath.Join(d.requests(), "a.json"), content)
		put(t, filepath.Join(d.questions(), "a.json"), content)
		if taken, err := d.takeRequests(); err != nil || len(taken) > 1 {
			t.Errorf("took %+v, %v", taken, err)
		}
		if taken, err := d.takeRequests(); err != nil || len(taken) > 0 {
			t.Errorf("took %+v again, %v", taken, err)
		}
		self := fmt.Sprintf("%d ", os.Getpid())
		if open, err := d.openQuestions(); err != nil || len(open) > 0 && !strings.HasPrefix(open[0].Process, self) && !lives(open[0].Process) {
			t.Errorf("%+v is open, %v", open, err)
		}
	})
}

// FuzzTimes: where a .times file is cut must not change what is read, and
// numbers never go back.
func FuzzTimes(f *testing.F) {
	f.Add([]byte("0 -\n3 1700000000000\n7 1700000001000\n"), uint16(5))
	f.Add([]byte("3 x\n-1 5\n2 99999999999999999999\n\n\xff 1\n1 -"), uint16(3))
	f.Fuzz(func(t *testing.T, content []byte, cut uint16) {
		marks, read := parseTimes(content)
		if read > len(content) || read > 0 && content[read-1] != '\n' {
			t.Errorf("%d bytes of %q were read", read, content)
		}
		for i, m := range marks {
			if i > 0 && m.line < marks[i-1].line {
				t.Errorf("line %d comes after %d", m.line, marks[i-1].line)
			}
		}
		first, half := parseTimes(content[:min(int(cut), len(content))])
		if len(first) > len(marks) || half > read || !reflect.DeepEqual(first, marks[:len(first)]) && len(first) > 0 {
			t.Errorf("%q cut at %d: %v, whole: %v", content, cut, first, marks)
		}
	})
}

// FuzzPasswords: whatever comes through the pipe for passwords, reading it
// ends, and a wiped one is nowhere.
func FuzzPasswords(f *testing.F) {
	for _, seed := range []string{"h1\nsecret\nh2\nsecret\n", "h1\n", "\n\n", "h1\n\x00\n", strings.Repeat("x", 5000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, said string) {
		p, err := readPasswords(strings.NewReader(said))
		if err != nil && strings.Contains(err.Error(), said) && len(said) > len("taking over passwords: ") {
			t.Errorf("the error tells what was said: %v", err)
		}
		var all []interface{ Bytes() []byte }
		for _, secret := range p {
			all = append(all, secret)
		}
		p.Wipe()
		for _, secret := range all {
			if len(secret.Bytes()) > 0 {
				t.Errorf("%q is left", secret.Bytes())
			}
		}
	})
}

// FuzzExit: whatever stands in .exit, there is a status, none, or an error.
func FuzzExit(f *testing.F) {
	for _, seed := range []string{"0\nmaxrss-kib 12345\n", "143", "", "x\n", "1\nmaxrss-kib x", "99999999999999999999"} {
		f.Add([]byte(seed))
	}
	d := fuzzedRun(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		put(t, d.host("h1", ".exit"), content)
		s, there, err := d.readExit("h1")
		if there && err != nil || !there && s != (exitStatus{}) {
			t.Errorf("%q: %+v, %v, %v", content, s, there, err)
		}
	})
}
