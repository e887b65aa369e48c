package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/rollout"
)

// TestBrokenRuns spoils copies of a run: each is listed in one plain line, what
// is left of it is shown, and nothing of it is obeyed by a terminal.
func TestBrokenRuns(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "switch", "--on", "ankarana,tenrec", "--yes"); code != ExitAttention {
		t.Fatalf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
	whole := b.demoRuns()[0]
	waitForFile(t, filepath.Join(whole, "summary.json")) // the supervisor's last word, a moment after the end
	for name, c := range map[string]struct {
		spoil  func(dir string) error
		listed string // in its line of `runs`
		shown  string // by `runs show`, on stdout or stderr
		code   int    // of `runs show`
	}{
		"no-plan":   {func(d string) error { return os.Remove(filepath.Join(d, "run.json")) }, "run.json is missing", "run.json is missing", ExitUsage},
		"cut-plan":  {func(d string) error { return os.Truncate(filepath.Join(d, "run.json"), 100) }, "run.json is cut", "What is left of it is in", ExitUsage},
		"empty":     {func(d string) error { return errors.Join(os.RemoveAll(d), os.Mkdir(d, 0o700)) }, "run.json is missing", "it can be removed", ExitUsage},
		"no-events": {func(d string) error { return os.Remove(filepath.Join(d, "events.jsonl")) }, "1 skipped, 1 ok; the end of events.jsonl is missing", "its record is damaged", ExitOK},
		"cut-events": {func(d string) error { return os.Truncate(filepath.Join(d, "events.jsonl"), 500) },
			"1 skipped, 1 ok; the end of events.jsonl is missing", "how it ended is known from summary.json", ExitOK},
		"no-hosts":    {func(d string) error { return os.RemoveAll(filepath.Join(d, "hosts")) }, "1 skipped, 1 ok", "1 skipped, 1 ok", ExitOK},
		"bad-summary": {func(d string) error { return os.WriteFile(filepath.Join(d, "summary.json"), []byte("\x1b[2J"), 0o600) }, "1 skipped, 1 ok", "ankarana", ExitOK},
		"no-lock":     {func(d string) error { return os.Remove(filepath.Join(d, "lock")) }, "1 skipped, 1 ok", "ankarana", ExitOK},
		"\x1b[2Jname": {func(d string) error { return os.Remove(filepath.Join(d, "run.json")) }, `\x1b[2Jname`, "run.json is missing", ExitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(filepath.Dir(whole), "20260101T000000Z-"+name)
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			// What tells of the run itself is in a copy that has its name.
			if err := rename(filepath.Join(dir, "run.json"), filepath.Base(whole), filepath.Base(dir)); err != nil {
				t.Fatal(err)
			}
			if err := c.spoil(dir); err != nil {
				t.Fatal(err)
			}
			if code := b.run("demo", "runs"); code != ExitOK || strings.Count(b.out.String(), "\n") != 3 {
				t.Errorf("exit code %d, and not two lines below the heading:\n%s%s", code, &b.out, &b.err)
			}
			if line := lastLine(b.out.String()); !strings.Contains(line, c.listed) || strings.Contains(line, "\x1b") {
				t.Errorf("it is listed as %q, without %q", line, c.listed)
			}
			code := b.run("demo", "runs", "show", filepath.Base(dir))
			if said := b.out.String() + b.err.String(); code != c.code || !strings.Contains(said, c.shown) || strings.Contains(said, "\x1b") {
				t.Errorf("`runs show`: exit code %d\n%q\nwithout %q", code, said, c.shown)
			}
		})
	}
	if err := os.Remove(rollout.LogPath(whole, "ankarana")); err != nil {
		t.Fatal(err)
	}
	for host, why := range map[string]string{"ankarana": "is missing", "tenrec": "nothing was started"} {
		if code := b.run("demo", "runs", "show", "last", host); code != ExitUsage || !strings.Contains(b.err.String(), why) || !strings.Contains(b.err.String(), "demo runs show") {
			t.Errorf("the log of %s: exit code %d, %s", host, code, &b.err)
		}
	}
}

// waitForFile waits until another process has made a file.
func waitForFile(t *testing.T, path string) {
	t.Helper()
	timeout := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		select {
		case <-timeout:
			t.Fatalf("nobody makes %s", path)
		case <-tick.C:
		}
	}
}

// rename replaces a name in a file.
func rename(path, from, to string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.ReplaceAll(string(content), from, strings.ReplaceAll(to, "\x1b", "?"))), 0o600)
}

func lastLine(s string) string {
	s = strings.TrimSuffix(s, "\n")
	return s[strings.LastIndexByte(s, '\n')+1:]
}
