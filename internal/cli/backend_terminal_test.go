package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

func TestTheQuestionAboutAKeyIsSSHs(t *testing.T) {
	login := loginWords("/bin/ssh", []string{"-o", "StrictHostKeyChecking=yes"}, "/cache/config", "web1")
	want := []string{"/bin/ssh", "-o", "StrictHostKeyChecking=ask", "-o", "ControlPath=none",
		"-o", "StrictHostKeyChecking=yes", "-F", "/cache/config", "--", "web1", "true"}
	if got := askForKey(login); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if login[1] != "-o" || len(login) != 7 {
		t.Errorf("the login itself became %q", login)
	}
}

func TestLogsAreShownByThePersonsPrograms(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's a run")
	log := rollout.LogPath(dir, "web1")
	if err := os.MkdirAll(filepath.Dir(log), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, []byte("error: no\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	backend := &backend{Program: b.program()}
	for _, c := range []struct {
		variable, words string
		in              ui.LogProgram
	}{{"PAGER", "sed 's/no/yes/'", ui.Pager}, {"EDITOR", "sed s/no/yes/", ui.Editor}, {"VISUAL", "sed  's/no/yes/'", ui.Editor}} {
		b.env[c.variable] = c.words
		cmd, err := backend.ShowLog(c.in, dir, "web1")
		if err != nil {
			t.Fatal(err)
		}
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != "error: yes\n" {
			t.Errorf("%s=%s: %q, %v", c.variable, c.words, out, err)
		}
	}
	var told *fleet.Error
	if _, err := backend.ShowLog(ui.Pager, dir, "web2"); !errors.As(err, &told) {
		t.Errorf("a log that is not there: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	delete(b.env, "PAGER")
	if _, err := backend.ShowLog(ui.Pager, dir, "web1"); !errors.As(err, &told) || told.Hint == "" {
		t.Errorf("no pager: %v", err)
	}
}
