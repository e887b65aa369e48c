package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nixfleet-tui/ui"
)

// TestBadInput provokes what people get wrong. Each gets one sentence that says
// what, one that says what to do, exit code 2, and nothing is begun.
func TestBadInput(t *testing.T) {
	switchAll := []string{"switch", "--on", "*", "--yes"}
	for name, c := range map[string]struct {
		place func(*bench)
		args  []string
		says  string // in the sentence
		hints string // in the hint
	}{
		"no flake and no fleet.nix": {func(b *bench) { b.everything() }, []string{"status"}, "no flake.nix and no fleet.nix", "--flake"},
		"no flake to deploy from": {func(b *bench) { b.everything().file("fleet.nix", `{ hosts.web1 = { }; }`) }, switchAll,
			"no flake to deploy from", "--flake"},
		"a flake with a syntax error": {func(b *bench) { b.everything().file("flake.nix", "{ outputs = { self }: { nixosConfigurations = ") },
			[]string{"status"}, "syntax error", "."},
		"a flake that does not evaluate": {func(b *bench) { b.everything().file("flake.nix", `{ outputs = { self }: throw "not today"; }`) },
			switchAll, "not today", "."},
		"a flake without hosts": {func(b *bench) { b.everything().file("flake.nix", `{ outputs = { self }: { }; }`) }, []string{"status"},
			"no hosts in", "nixosConfigurations"},
		"a flake without hosts to deploy": {func(b *bench) {
			b.everything().file("flake.nix", `{ outputs = { self }: { nixosConfigurations = { }; }; }`)
		}, switchAll,
			"no hosts in", "nixosConfigurations"},
		"a flake that is not there": {func(b *bench) { b.everything() }, []string{"status", "--flake", "./nowhere"}, "nowhere", "flake.nix"},
		"an unknown host":           {func(b *bench) { b.everything().file("flake.nix", aFlake) }, []string{"switch", "--on", "wep1", "--yes"}, "wep1", "web1"},
		"an unknown host to look at": {func(b *bench) { b.everything().file("flake.nix", aFlake) }, []string{"status", "--on", "nope"},
			"nope", "nixfleet-tui status"},
		"no hosts to look at":          {func(b *bench) { b.everything().file("flake.nix", aFlake) }, []string{"status", "--on", ""}, "--on names no hosts", "variable"},
		"no hosts to show":             {func(b *bench) { b.everything().file("flake.nix", aFlake) }, []string{"--on", ""}, "--on names no hosts", "variable"},
		"no hosts to deploy":           {func(b *bench) { b.everything().file("flake.nix", aFlake) }, []string{"switch", "--on", " , ", "--yes"}, "--on names no hosts", "variable"},
		"no hosts to ask":              {func(b *bench) { b.everything().file("flake.nix", aFlake) }, []string{"exec", "--on=", "--", "true"}, "--on names no hosts", "variable"},
		"no hosts to sign for":         {func(b *bench) { b.everything().file("flake.nix", aFlake) }, []string{"cert", "sign", "--on", ""}, "--on names no hosts", "variable"},
		"no hosts to foretell sudo on": {func(b *bench) { b.everything().file("flake.nix", aFlake) }, []string{"doctor", "--on", ""}, "--on names no hosts", "variable"},
		"an unknown tag":               {func(b *bench) { b.everything().file("flake.nix", aFlake) }, []string{"status", "--on", "@web"}, "web", "fleet.nix"},
		"a bad expression":             {func(b *bench) { b.everything().file("flake.nix", aFlake) }, []string{"status", "--on", "state:upp"}, "upp", "up"},
		"a misspelled key": {func(b *bench) { b.everything().file("fleet.nix", `{ hosts.web1 = { adress = "10.0.0.1"; }; }`) }, []string{"status"},
			"adress", "address"},
		"a wrong type":                    {func(b *bench) { b.everything().file("fleet.nix", `{ hosts.web1 = { port = "22"; }; }`) }, []string{"status"}, "port", "."},
		"a fleet.nix with a syntax error": {func(b *bench) { b.everything().file("fleet.nix", "{ hosts.web1 = { ; }") }, []string{"status"}, "fleet.nix", "."},
		"no nix":                          {func(b *bench) { b.programs("ssh", "nixos-rebuild").file("flake.nix", aFlake) }, []string{"status"}, "nix is not in PATH", "Install Nix"},
		"no nix to deploy":                {func(b *bench) { b.programs("ssh", "nixos-rebuild").file("flake.nix", aFlake) }, switchAll, "nix is not in PATH", "Install Nix"},
		"no nixos-rebuild":                {func(b *bench) { b.programs("nix", "git", "ssh").file("flake.nix", aFlake) }, switchAll, "nixos-rebuild is not in PATH", "nixos-rebuild"},
		"no ssh":                          {func(b *bench) { b.programs("nix", "git", "nixos-rebuild").file("flake.nix", aFlake) }, switchAll, "ssh is not in PATH", "OpenSSH"},
		"no ssh to look":                  {func(b *bench) { b.programs("nix", "git").file("flake.nix", aFlake) }, []string{"status", "--no-eval"}, "ssh is not in PATH", "OpenSSH"},
		"a state directory below a file": {func(b *bench) {
			b.everything().file("flake.nix", aFlake).file("file", "")
			b.env["XDG_STATE_HOME"] = filepath.Join(b.dir, "file")
		}, switchAll, "state directory", "XDG_STATE_HOME"},
		"runs in a state directory below a file": {func(b *bench) {
			b.file("file", "")
			b.env["XDG_STATE_HOME"] = filepath.Join(b.dir, "file")
		}, []string{"runs"}, "state directory", "XDG_STATE_HOME"},
		"bad NIX_SSHOPTS": {func(b *bench) { b.everything().file("flake.nix", aFlake); b.env["NIX_SSHOPTS"] = "-o 'open" }, switchAll, "NIX_SSHOPTS", "Quote"},
		"nobody to ask":   {func(b *bench) { b.everything().file("flake.nix", aFlake) }, []string{"switch", "--on", "web1"}, "no terminal", "--yes"},
		"no hosts named":  {func(*bench) {}, []string{"switch", "--yes"}, "--on", "--on"},
		"no builder of that name": {func(b *bench) { b.everything().file("flake.nix", aFlake) }, []string{"switch", "--on", "web1", "--yes", "--build-on", "big"},
			"big", "web1"},
		"parallel zero":        {func(*bench) {}, []string{"switch", "--on", "web1", "--yes", "--parallel", "0"}, "--parallel 0", "--parallel 4"},
		"two ways of printing": {func(*bench) {}, []string{"switch", "--on", "web1", "--yes", "--plain", "--json"}, "exclude each other", "one"},
		"a word for a number":  {func(*bench) {}, []string{"switch", "--on", "web1", "--parallel", "four"}, "a whole number is wanted", "--help"},
		"a flake for the demo": {func(*bench) {}, []string{"demo", "--flake", ".", "status"}, "a fleet of its own", "demo"},
		"a host without --on":  {func(*bench) {}, []string{"switch", "web1"}, "web1", "--on web1"},
		"an unknown command":   {func(*bench) {}, []string{"stats"}, "stats", "status"},
		"an unknown flag":      {func(*bench) {}, []string{"status", "--jsn"}, "--jsn", "--help"},
		"too many words":       {func(*bench) {}, []string{"status", "web1"}, "web1", "--help"},
		"no such run":          {func(*bench) {}, []string{"runs", "show", "nope"}, "no runs", "runs"},
		"frozen": {func(b *bench) {
			b.everything().file("flake.nix", aFlake).file("fleet.nix", `{ hosts.web1.frozen = "exam week"; }`)
		}, switchAll, "exam week", "--thaw"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			c.place(b)
			code := b.run(c.args...)
			sentence, hint := b.twoLines()
			if code != ExitUsage {
				t.Errorf("exit code %d", code)
			}
			if !strings.Contains(sentence, c.says) || !strings.Contains(hint, c.hints) {
				t.Errorf("it says\n%s\n%s\nwithout %q or %q", sentence, hint, c.says, c.hints)
			}
			if b.out.Len() > 0 {
				t.Errorf("it prints %q", &b.out)
			}
			if left := b.runs(); len(left) > 0 {
				t.Errorf("it leaves %q", left)
			}
		})
	}
}

var (
	isSentence = regexp.MustCompile(`^nixfleet-tui: .+[.?!]$`)
	isHint     = regexp.MustCompile(`^  hint: .+[.?!]$`)
)

// twoLines are the sentence and the hint that stderr is to hold, and nothing else.
func (b *bench) twoLines() (sentence, hint string) {
	b.t.Helper()
	lines := strings.Split(strings.TrimSuffix(b.err.String(), "\n"), "\n")
	if len(lines) != 2 || !isSentence.MatchString(lines[0]) || !isHint.MatchString(lines[1]) {
		b.t.Fatalf("not one sentence and one hint:\n%s", &b.err)
	}
	return lines[0], lines[1]
}

// TestNoFlakeComesFirst: where nixos-rebuild is missing, too, the place is still
// what is told of, each time.
func TestNoFlakeComesFirst(t *testing.T) {
	b := newBench(t).programs("nix", "ssh")
	for range 20 {
		code := b.run("switch", "--on", "web1", "--yes")
		if said, _ := b.twoLines(); code != ExitUsage || !strings.Contains(said, "there is no flake.nix") {
			t.Fatalf("exit code %d: %s", code, said)
		}
	}
}

// TestUnwritableCache costs time, not answers.
func TestUnwritableCache(t *testing.T) {
	b := newBench(t).programs("nix", "git", "ssh").file("flake.nix", aFlake).file("file", "")
	b.env["XDG_CACHE_HOME"] = filepath.Join(b.dir, "file")
	if code := b.run("status", "--no-eval"); code != ExitOK || !strings.Contains(b.out.String(), "web1") {
		t.Errorf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
	if !strings.Contains(b.err.String(), "warning:") {
		t.Errorf("no word about it: %s", &b.err)
	}
}

// TestCacheThatIsFull says that nothing is kept, once: here what is in the place
// of its files is a directory with something in it.
func TestCacheThatIsFull(t *testing.T) {
	b := newBench(t).programs("nix", "git", "ssh").file("flake.nix", aFlake)
	for _, again := range []bool{false, true} {
		if code := b.run("status", "--no-eval"); code != ExitOK || strings.Count(b.err.String(), "warning:") != map[bool]int{true: 1}[again] {
			t.Errorf("exit code %d, again: %v\n%s%s", code, again, &b.out, &b.err)
		}
		files, err := filepath.Glob(filepath.Join(b.env["XDG_CACHE_HOME"], "*", "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("nothing was kept: %v", err)
		}
		for _, f := range files {
			if err := errors.Join(os.RemoveAll(f), os.MkdirAll(filepath.Join(f, "full"), 0o700)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestWarningsOfTheDashboard do not get onto its terminal.
func TestWarningsOfTheDashboard(t *testing.T) {
	news := ui.NewMailbox()
	p := newBench(t).program()
	newBackend(p, &sourceFlags{}, "", nil, news).warnOfCache(errors.New("no room"))
	got := news.Take(t.Context())
	if want := (ui.Said{Message: "what Nix says cannot be kept for the next start: no room"}); len(got) != 1 || got[0] != want {
		t.Errorf("%v", got)
	}
}

// TestComplaintsOfTheDashboard come with what to do about them, where that is known.
func TestComplaintsOfTheDashboard(t *testing.T) {
	news := ui.NewMailbox()
	failed := fmt.Errorf("listing runs: %w", &fs.PathError{Op: "open", Path: "/state/runs", Err: fs.ErrPermission})
	newBackend(newBench(t).program(), &sourceFlags{}, "", nil, news).complain(failed)
	got := news.Take(t.Context())
	if want := (ui.Said{Message: failed.Error(), Hint: "Check who owns /state/runs and whether its disk is writable."}); len(got) != 1 || got[0] != want {
		t.Errorf("%v", got)
	}
}

// TestConfirmation: a no is a no, and so is anything but a yes.
func TestConfirmation(t *testing.T) {
	for answer, code := range map[string]int{"\n": ExitCancelled, "n\n": ExitCancelled, "what\n": ExitCancelled, "": ExitCancelled} {
		b := newBench(t).everything().file("flake.nix", aFlake)
		b.in, b.io.InTerminal, b.io.ErrTerminal = answer, true, true
		if got := b.run("switch", "--on", "web1", "--insist"); got != code {
			t.Errorf("%q: exit code %d, not %d", answer, got, code)
		}
		for _, want := range []string{"switch 1 host: web1", "nixos-rebuild switch --flake", "--target-host web1", "--build-host web1", "on the host itself", "Go ahead? [y/N]"} {
			if !strings.Contains(b.err.String(), want) {
				t.Errorf("it does not show %q:\n%s", want, &b.err)
			}
		}
		if left := b.runs(); len(left) > 0 {
			t.Errorf("%q starts %q", answer, left)
		}
	}
}

// TestDirtyTree: what is not committed is deployed, and that is said first.
func TestDirtyTree(t *testing.T) {
	b := newBench(t).everything().git()
	b.io.InTerminal, b.io.ErrTerminal = true, true
	for _, dirty := range []bool{false, true} {
		if dirty {
			b.file("flake.nix", aFlake+"\n# changed")
		}
		b.run("switch", "--on", "web1", "--insist")
		if got := strings.Contains(b.err.String(), "is dirty"); got != dirty {
			t.Errorf("a tree that is dirty: %v, and a warning: %v\n%s", dirty, got, &b.err)
		}
		if pinned := strings.Contains(b.err.String(), "rev="); pinned == dirty {
			t.Errorf("a tree that is dirty: %v, and pinned to a revision: %v\n%s", dirty, pinned, &b.err)
		}
	}
}

// TestFullStateDirectory needs a file system of its own.
func TestFullStateDirectory(t *testing.T) {
	b := newBench(t).everything().file("flake.nix", aFlake)
	full := smallFileSystem(t)
	b.env["XDG_STATE_HOME"] = full
	f, err := os.Create(filepath.Join(full, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	f.Close()
	for _, args := range [][]string{{"switch", "--on", "web1", "--yes"}, {"runs"}} {
		if code := b.run(args...); code != ExitUsage {
			t.Errorf("%s: exit code %d", args, code)
		}
		if sentence, hint := b.twoLines(); !strings.Contains(sentence, "space") || !strings.Contains(hint, "space") {
			t.Errorf("%s says\n%s\n%s", args, sentence, hint)
		}
		if left := b.runs(); len(left) > 0 {
			t.Errorf("%s leaves %q", args, left)
		}
	}
}
