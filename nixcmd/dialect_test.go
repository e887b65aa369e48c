package nixcmd

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestArgs(t *testing.T) {
	ng := Dialect{Kind: KindNG, Sudo: true, NoReexec: true, StorePath: true}
	early := Dialect{Kind: KindNG, Sudo: true}
	bash := Dialect{Kind: KindBash}
	full := Rebuild{
		Action: Switch, Flake: "git+file:///x?rev=1", Attr: "build01.example.org", TargetHost: "b1", BuildHost: "b2",
		Sudo: true, Substitutes: true, Extra: []string{"--option", "cores", "2"},
	}
	least := Rebuild{Action: Build, Flake: ".", Attr: "web", TargetHost: "web"}
	for _, c := range []struct {
		dialect Dialect
		rebuild Rebuild
		want    string
	}{
		{ng, full, "switch --flake git+file:///x?rev=1#build01.example.org --target-host b1 --build-host b2 --sudo --no-reexec --use-substitutes --log-format internal-json --option cores 2"},
		{early, full, "switch --flake git+file:///x?rev=1#build01.example.org --target-host b1 --build-host b2 --sudo --fast --use-substitutes --log-format internal-json --option cores 2"},
		{bash, full, "switch --flake git+file:///x?rev=1#build01.example.org --target-host b1 --build-host b2 --use-remote-sudo --fast --no-ssh-tty --use-substitutes --log-format internal-json --option cores 2"},
		{ng, least, "build --flake .#web --target-host web --no-reexec --log-format internal-json"},
		{bash, least, "build --flake .#web --target-host web --fast --no-ssh-tty --log-format internal-json"},
	} {
		if got := strings.Join(c.dialect.Args(c.rebuild), " "); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// program writes a stand-in for nixos-rebuild.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nixos-rebuild")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDetectDialect(t *testing.T) {
	for _, c := range []struct {
		name, script string
		want         Dialect
	}{
		{"bash", "echo \"$0: unknown option \\`--no-reexec'\" >&2; exit 1", Dialect{Kind: KindBash}},
		{"new ng", `[ "$MANPAGER" = cat ] && echo 'NIXOS-REBUILD(8) … --sudo …'`, Dialect{Kind: KindNG, Sudo: true, NoReexec: true, StorePath: true}},
		{"ng without man pages", `echo 'No manual entry for nixos-rebuild in section 8' >&2; exit 16`, Dialect{Kind: KindNG, Sudo: true, NoReexec: true, StorePath: true}},
		{"ng of 25.11", `echo 'usage: nixos-rebuild [-h]' >&2; echo 'nixos-rebuild: error: unrecognized arguments: --store-path /x' >&2; exit 2`, Dialect{Kind: KindNG, Sudo: true, NoReexec: true}},
		{"first ng", `echo 'nixos-rebuild: error: unrecognized arguments: --no-reexec --store-path /x' >&2; exit 2`, Dialect{Kind: KindNG, Sudo: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := DetectDialect(t.Context(), []string{program(t, c.script)}, nil)
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestDetectDialectAsksOneQuestion(t *testing.T) {
	asked := filepath.Join(t.TempDir(), "asked")
	path := program(t, `printf '%s,' "$@" >>$ASKED; read -r line && echo 'stdin is open' >>$ASKED; exit 0`)
	env := append(os.Environ(), "ASKED="+asked)
	if _, err := DetectDialect(t.Context(), []string{path, "leading", "word"}, env); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(asked)
	if err != nil || string(got) != "leading,word,--no-reexec,--sudo,--store-path,/x,--help," {
		t.Errorf("asked %q, %v", got, err)
	}
}

func TestDetectDialectMissing(t *testing.T) {
	for _, words := range [][]string{{"no-such-nixos-rebuild"}, {"/no/such/program"}, {}} {
		_, err := DetectDialect(t.Context(), words, nil)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: got %v", words, err)
		} else if len(words) > 0 && (e.Hint == "" || !strings.Contains(e.Message, words[0])) {
			t.Errorf("%q: got %+v", words, e)
		}
	}
}

func TestCachedDialectTrustsOnlyTheStore(t *testing.T) {
	counter := filepath.Join(t.TempDir(), "count")
	path := program(t, `echo x >>$COUNTER; [ "$FLAVOUR" = bash ] && echo "unknown option \`+"`x'"+`" >&2; exit 0`)
	file := filepath.Join(t.TempDir(), "new", "dialects.json")
	env := append(os.Environ(), "COUNTER="+counter)
	first, err := CachedDialect(t.Context(), []string{path}, env, file)
	if err != nil || first.Kind != KindNG {
		t.Errorf("got %+v, %v", first, err)
	}
	// A wrapper may answer otherwise in another environment.
	second, err := CachedDialect(t.Context(), []string{path}, append(env, "FLAVOUR=bash"), file)
	if err != nil || second.Kind != KindBash {
		t.Errorf("got %+v, %v", second, err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a program outside of the store was written down: %v", err)
	}
}

func TestDialectCacheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "dialects.json")
	want := Dialect{Kind: KindNG, Sudo: true}
	cache := readDialectCache(file)
	cache.Dialects["/nix/store/x/bin/nixos-rebuild"] = want
	if err := cache.write(file); err != nil {
		t.Fatal(err)
	}
	if got := readDialectCache(file).Dialects["/nix/store/x/bin/nixos-rebuild"]; got != want {
		t.Errorf("got %+v", got)
	}
	left, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	for _, broken := range []string{"", "{", `{"version":99,"dialects":{"x":{"kind":"ng"}}}`, `{"version":1}`} {
		if err := os.WriteFile(file, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := readDialectCache(file); got.Dialects == nil || len(got.Dialects) != 0 {
			t.Errorf("%q reads as %+v", broken, got)
		}
	}
}

func TestStorePaths(t *testing.T) {
	for s, want := range map[string]string{
		"/nix/store/fsapmwyhy04m63vbz65q9k7khdszia4s-nixos-system-h1-25.11":     "nixos-system-h1-25.11",
		"/nix/store/fsapmwyhy04m63vbz65q9k7khdszia4s-etc-h1.drv^*":              "etc-h1.drv",
		"/nix/store/fsapmwyhy04m63vbz65q9k7khdszia4s-a/bin/switch":              "a",
		"/nix/store/fsapmwyhy04m63vbz65q9k7khdszia4s-a' failed":                 "a",
		"/nix/store/fsapmwyhy04m63vbz65q9k7khdszia4s-":                          "",
		"/nix/store/fsapmwyhy04m63vbz65q9k7khdszia4s":                           "",
		"/nix/store/esapmwyhy04m63vbz65q9k7khdszia4s-e-is-no-letter-of-base-32": "",
		"/nix/store/short-a":                            "",
		"/gnu/store/fsapmwyhy04m63vbz65q9k7khdszia4s-a": "",
		"": "",
	} {
		p, ok := ParseStorePath(s)
		if ok != (want != "") || ok && (p.Name() != want || p.Hash() != "fsapmwyhy04m63vbz65q9k7khdszia4s") {
			t.Errorf("%q: got %q, %v", s, p, ok)
		}
	}
	p, ok := findStorePath("copying '/nix/store/x' and '/nix/store/fsapmwyhy04m63vbz65q9k7khdszia4s-nixos-system-a.drv'")
	if !ok || !p.isSystem() || !p.isDerivation() || p.shortName() != "nixos-system-a" {
		t.Errorf("found %q", p)
	}
	if got := shortStorePaths("a /nix/store/fsapmwyhy04m63vbz65q9k7khdszia4s-b.drv' /nix/store/c /nix/store/"); got != "a b.drv' /nix/store/c /nix/store/" {
		t.Errorf("got %q", got)
	}
	if got := StorePath("junk").shortName(); got != "junk" {
		t.Errorf("got %q", got)
	}
}
