package fleet

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"syscall"
	"testing"
)

// write makes a fleet.nix with this text the source's.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestClosedFileIsEvaluatedOnce(t *testing.T) {
	src := Source{File: filepath.Join(t.TempDir(), "fleet.nix")}
	ev, c := &answers{}, openCache(t)
	for _, step := range []struct {
		name, text, says string
		asked            int // by then
		hosts            []string
	}{
		{"the first time", `{ hosts.h1 = { }; }`, `{"hosts":{"h1":{}}}`, 1, []string{"h1"}},
		{"the same text", `{ hosts.h1 = { }; }`, `{"hosts":{"wrong":{}}}`, 1, []string{"h1"}},
		{"another text", `{ hosts.h2 = { }; }`, `{"hosts":{"h2":{}}}`, 2, []string{"h2"}},
		{"what reads others", `import ./hosts.nix`, `{"hosts":{"h3":{}}}`, 3, []string{"h3"}},
		{"that may say something else now", `import ./hosts.nix`, `{"hosts":{"h4":{}}}`, 4, []string{"h4"}},
		{"a text that was not the last one", `{ hosts.h2 = { }; }`, `{"hosts":{"h2":{}}}`, 5, []string{"h2"}},
		{"and then was", `{ hosts.h2 = { }; }`, `{}`, 5, []string{"h2"}},
	} {
		write(t, src.File, step.text)
		ev.file = step.says
		if got := load(t, ev, src, c).Names(); !reflect.DeepEqual(got, step.hosts) || ev.count("file") != step.asked {
			t.Fatalf("%s: %v, asked %d times, want %v and %d", step.name, got, ev.count("file"), step.hosts, step.asked)
		}
	}
	// The next start of the program, and one without a cache.
	again, err := OpenCache(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	if load(t, ev, src, again); ev.count("file") != 5 {
		t.Error("another start has it evaluated again")
	}
	if load(t, ev, src, nil); ev.count("file") != 6 {
		t.Error("without a cache something is known")
	}
}

func TestMistakesInClosedFilesAreToldEachTime(t *testing.T) {
	src := Source{File: filepath.Join(t.TempDir(), "fleet.nix")}
	write(t, src.File, `{ hosst = { }; }`)
	ev, c := &answers{file: `{"hosst":{}}`}, openCache(t)
	for range 2 {
		_, err := Load(t.Context(), ev, src, c)
		wantMistake(t, err, src.File+": unknown key hosst", "Did you mean hosts?")
	}
	write(t, src.File, `{ hosts = "a" + 1; }`)
	ev.fileErr = nixFailure("cannot coerce an integer to a string")
	for asked := 2; asked < 4; asked++ {
		_, err := Load(t.Context(), ev, src, c)
		if wantMistake(t, err, "cannot coerce", "nix-instantiate"); ev.count("file") != asked {
			t.Errorf("asked %d times, want %d", ev.count("file"), asked)
		}
	}
}

// saving is an Evaluator beside which somebody saves the file.
type saving struct {
	*answers
	save func()
}

func (s saving) File(ctx context.Context, path string) (json.RawMessage, error) {
	s.save()
	return s.answers.File(ctx, path)
}

func TestFileSavedMeanwhileIsEvaluatedAgain(t *testing.T) {
	src := Source{File: filepath.Join(t.TempDir(), "fleet.nix")}
	write(t, src.File, `{ hosts.old = { }; }`)
	ev, c := &answers{file: `{"hosts":{"old":{}}}`}, openCache(t)
	load(t, saving{ev, func() { write(t, src.File, `{ hosts.new = { }; }`) }}, src, c)
	for _, text := range []string{`{ hosts.new = { }; }`, `{ hosts.old = { }; }`} {
		write(t, src.File, text)
		before := ev.count("file")
		if load(t, ev, src, c); ev.count("file") != before+1 {
			t.Errorf("%s: what Nix said of one of the two stands for it", text)
		}
	}
}

func TestPipeIsLeftToNix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.nix")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if closedText(path) != "" { // it would wait for who writes
		t.Error("a pipe was read")
	}
}
