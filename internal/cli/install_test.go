package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/fleet"
	"nixfleet-tui/install"
	"nixfleet-tui/nixcmd"
)

// TestInstallBadInput: nothing is begun, and two lines say why.
func TestInstallBadInput(t *testing.T) {
	for name, c := range map[string]struct {
		place       func(*bench)
		args        []string
		says, hints string
	}{
		"no host":    {func(*bench) {}, nil, "the name of the new host", "--help"},
		"no target":  {func(*bench) {}, []string{"new1"}, "--target is missing", "root@ADDRESS"},
		"not root":   {func(*bench) {}, []string{"new1", "--target", "bob@192.0.2.7"}, "needs root", "authorized_keys"},
		"a bad port": {func(*bench) {}, []string{"new1", "--target", "root@192.0.2.7:x"}, "cannot be read", "PORT"},
		"no nix":     {func(b *bench) { b.programs("ssh") }, []string{"new1", "--target", "root@192.0.2.7"}, "nix is not in PATH", "Install Nix"},
		"no flake":   {func(b *bench) { b.everything().file("fleet.nix", `{ hosts.web1 = { }; }`) }, []string{"new1", "--target", "root@192.0.2.7"}, "host of a flake", "--flake"},
		"an address of the fleet": {func(b *bench) {
			b.everything().file("flake.nix", aFlake).file("fleet.nix", `{ hosts.web1.address = "192.0.2.7"; }`)
		}, []string{"new1", "--target", "root@192.0.2.7"}, "address of web1", "switch --on web1"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			c.place(b)
			if code := b.run(append([]string{"install"}, c.args...)...); code != ExitUsage {
				t.Errorf("exit code %d", code)
			}
			if sentence, hint := b.twoLines(); !strings.Contains(sentence, c.says) || !strings.Contains(hint, c.hints) {
				t.Errorf("it says\n%s\n%s", sentence, hint)
			}
		})
	}
}

// TestInstallInDemo goes the whole way, stopped where a person has something to do.
func TestInstallInDemo(t *testing.T) {
	b := demoBench(t)
	hardware := filepath.Join(t.TempDir(), "hw.nix")
	says := func(want int, words ...string) []installEvent {
		t.Helper()
		if code := b.run(append([]string{"demo", "install", "fosa", "--json"}, words...)...); code != want {
			t.Errorf("install %v: exit code %d, not %d\n%s%s", words, code, want, &b.out, &b.err)
		}
		var all []installEvent
		for line := range bytes.Lines(b.out.Bytes()) {
			var e installEvent
			if err := json.Unmarshal(line, &e); err != nil || e.Version != documentVersion || e.Host != "fosa" {
				t.Fatalf("%s: %v", line, err)
			}
			all = append(all, e)
		}
		return all
	}
	has := func(events []installEvent, kind install.TellingKind, step, words string) {
		t.Helper()
		if !slices.ContainsFunc(events, func(e installEvent) bool {
			return e.Event == string(kind) && e.Step == step && strings.Contains(e.Text, words)
		}) {
			t.Errorf("no %s of %s with %q in\n%s", kind, step, words, &b.out)
		}
	}
	events := says(ExitAttention, "--target", "root@installer.example.org", "--hardware", hardware)
	if last := events[len(events)-1]; last.Event != "end" || *last.ExitCode != ExitAttention || last.Step != "secrets" || !strings.Contains(last.Error, "must be rekeyed") || last.Hint == "" {
		t.Errorf("it ends with %+v", last)
	}
	has(events, install.TellNote, "secrets", "root@fosa")
	has(says(ExitOK, "--undo", "--step", "hardware"), install.TellUndone, "hardware", "removed "+hardware)
	if _, err := os.Stat(hardware); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the hardware configuration: %v", err)
	}
	events = says(ExitOK, "--rekeyed", "--yes", "--reboot", "--hardware", hardware)
	has(events, install.TellDone, "key", installedKeyPath)
	has(events, install.TellDone, "reboot", "is up, with its own key")
	has(events, install.TellLeft, "entry", "")
	if !slices.ContainsFunc(events, func(e installEvent) bool {
		return e.Step == "copy" && e.Progress != nil && e.Progress.CopiesExpected > 0
	}) {
		t.Error("it does not tell how far the copy is")
	}
	has(says(ExitOK), install.TellDone, "reboot", "is up") // nothing is left to do
}

const installedKeyPath = "/etc/ssh/ssh_host_ed25519_key"

// TestInstallAsks: only a yes is one, and a flag answers its own question only.
func TestInstallAsks(t *testing.T) {
	q := install.Question{Text: "Run nixos-install?", Waits: "it waits"}
	for _, c := range []struct {
		typed         string
		terminal, yes bool
		flag          string
		want          bool
	}{
		{"y\n", true, false, "--yes", true}, {"Yes\n", true, false, "--yes", true}, {"\n", true, false, "--yes", false}, {"", true, false, "--yes", false},
		{"y\n", false, false, "--yes", false}, {"", false, true, "--yes", true}, {"", false, true, "--rekeyed", false},
	} {
		b := newBench(t)
		b.io.InTerminal, b.io.ErrTerminal, b.in = c.terminal, c.terminal, c.typed
		q.Flag = c.flag
		o := &installOptions{Program: b.program(), Yes: c.yes}
		if got, err := o.askInstall(context.Background(), q); got != c.want || err != nil {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
}

// TestInstallKnowsWhatToWrite: known_hosts can get the new host's line whether or
// not there is a fleet.nix, and in the demo nothing of the person's is written.
func TestInstallKnowsWhatToWrite(t *testing.T) {
	b := newBench(t)
	ours := filepath.Join(b.program().Env.Home, ".ssh", "known_hosts")
	for file, want := range map[string][2]string{
		"":                      {"", ours},
		"/srv/flake/fleet.nix":  {"/srv/flake/fleet.nix", ours},
		"fleet.nix of the demo": {"", ""},
	} {
		o := &installOptions{Program: b.program(), Host: "new1"}
		i := o.installation(t.Context(), &loaded{inv: &fleet.Inventory{Source: fleet.Source{File: file}}}, nil, nil)
		if got := [2]string{i.Plan.Fleet, i.Plan.KnownHosts}; got != want {
			t.Errorf("with %q: %q, want %q", file, got, want)
		}
	}
}

// exampleInstall is the end of an installation, as docs/json.md shows it.
func exampleInstall(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	e := &installEvents{out: &b, now: exampleTime, host: "new1"}
	for _, told := range []install.Telling{
		{Step: "build", Kind: install.TellDone, Text: exampleSystem("new1")},
		{Step: "copy", Kind: install.TellBegin},
		{Step: "copy", Kind: install.TellProgress, Progress: &nixcmd.Progress{CopiesDone: 212, CopiesExpected: 1408, BytesDone: 766509056, BytesExpected: 4294967296}},
		{Step: "copy", Kind: install.TellDone, Text: exampleSystem("new1")},
	} {
		e.tell(told)
	}
	e.step = "install"
	err := e.end(&install.Error{Message: "nixos-install waits for your word", Hint: "Run it again with --yes when that is so, or on a terminal to be asked; it goes on here.", Err: install.ErrWaits})
	if err != exit(ExitAttention) {
		t.Errorf("it ends with %v", err)
	}
	return b.String()
}
