package fleet

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes empty files (and directories, with a slash at the end) and
// returns their root.
func tree(t *testing.T, paths ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, p := range paths {
		full := filepath.Join(root, p)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(p, "/") {
			if err := os.MkdirAll(full, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(full, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFind(t *testing.T) {
	for name, c := range map[string]struct {
		tree        []string
		dir         string
		flake, file string // flags
		want        Source // ROOT stands for the tree's root
	}{
		"a flake here":                     {[]string{"flake.nix"}, "", "", "", Source{Flake: "ROOT"}},
		"both here":                        {[]string{"flake.nix", "fleet.nix"}, "", "", "", Source{Flake: "ROOT", File: "ROOT/fleet.nix"}},
		"both above, in the repository":    {[]string{".git/", "flake.nix", "fleet.nix", "a/b/"}, "a/b", "", "", Source{Flake: "ROOT", File: "ROOT/fleet.nix"}},
		"a fleet.nix below its flake":      {[]string{".git/", "flake.nix", "hosts/fleet.nix"}, "hosts", "", "", Source{Flake: "ROOT", File: "ROOT/hosts/fleet.nix"}},
		"a flake below a strange fleet":    {[]string{".git/", "fleet.nix", "sub/flake.nix"}, "sub", "", "", Source{Flake: "ROOT/sub"}},
		"a fleet.nix alone":                {[]string{".git/", "fleet.nix"}, "", "", "", Source{File: "ROOT/fleet.nix"}},
		"not beyond the repository":        {[]string{"flake.nix", "repo/.git/", "repo/fleet.nix"}, "repo", "", "", Source{File: "ROOT/repo/fleet.nix"}},
		"a worktree's .git is a file":      {[]string{"flake.nix", "repo/.git", "repo/fleet.nix"}, "repo", "", "", Source{File: "ROOT/repo/fleet.nix"}},
		"--flake, relative":                {[]string{"conf/flake.nix", "conf/fleet.nix"}, "", "./conf", "", Source{Flake: "ROOT/conf", File: "ROOT/conf/fleet.nix"}},
		"--flake below the flake":          {[]string{".git/", "flake.nix", "conf/"}, "", "./conf", "", Source{Flake: "ROOT"}},
		"--flake path:":                    {[]string{"conf/flake.nix", "conf/fleet.nix"}, "", "path:./conf", "", Source{Flake: "path:ROOT/conf", File: "ROOT/conf/fleet.nix"}},
		"--flake git+file: with dir":       {[]string{"conf/flake.nix", "conf/fleet.nix"}, "", "git+file://ROOT?dir=conf", "", Source{Flake: "git+file://ROOT?dir=conf", File: "ROOT/conf/fleet.nix"}},
		"--flake elsewhere":                {[]string{"flake.nix", "fleet.nix"}, "", "github:me/fleet", "", Source{Flake: "github:me/fleet"}},
		"--flake from the registry":        {[]string{"home/flake.nix"}, "", "home", "", Source{Flake: "home"}},
		"--fleet brings its flake":         {[]string{"conf/flake.nix", "conf/fleet.nix"}, "", "", "conf/fleet.nix", Source{Flake: "ROOT/conf", File: "ROOT/conf/fleet.nix"}},
		"--fleet with the flake from here": {[]string{"here/flake.nix", "there/.git/", "there/x.nix"}, "here", "", "../there/x.nix", Source{Flake: "ROOT/here", File: "ROOT/there/x.nix"}},
		"--fleet names a folder":           {[]string{"conf/.git/", "conf/fleet.nix"}, "", "", "conf", Source{File: "ROOT/conf/fleet.nix"}},
		"both flags":                       {[]string{"a/flake.nix", "a/fleet.nix", "b/fleet.nix"}, "", "./a", "b/fleet.nix", Source{Flake: "ROOT/a", File: "ROOT/b/fleet.nix"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, c.tree...)
			at := func(s string) string { return strings.ReplaceAll(s, "ROOT", root) }
			got, err := Find(filepath.Join(root, c.dir), at(c.flake), c.file)
			if err != nil {
				t.Fatal(err)
			}
			if want := (Source{Flake: at(c.want.Flake), File: at(c.want.File)}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestFindTellsWhatIsMissing(t *testing.T) {
	root := tree(t, ".git/", "empty/")
	for name, c := range map[string]struct{ flake, file, message, hint string }{
		"nothing":            {"", "", "no flake.nix and no fleet.nix", "nixfleet-tui demo"},
		"no such file":       {"", "nowhere.nix", "nowhere.nix: no such file or directory", "--fleet"},
		"an empty folder":    {"", "empty", "empty/fleet.nix", "--fleet"},
		"no such folder":     {"./nowhere", "", "nowhere: no such file or directory", "--flake"},
		"no flake there":     {"./empty", "", "no flake.nix in", "--flake"},
		"an attribute":       {".#web1", "", "names an attribute", "--on web1"},
		"no flake by path:":  {"path:empty", "", "no flake.nix in", "--flake"},
		"a bare hash is one": {"github:me/f#h", "", "names an attribute", "--flake github:me/f"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Find(root, c.flake, c.file)
			wantMistake(t, err, c.message, c.hint)
		})
	}
}

// wantMistake checks that err is told for people: a sentence and a hint with
// these words in them.
func wantMistake(t *testing.T, err error, message, hint string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want an *Error", err, err)
	}
	if !strings.Contains(e.Message, message) {
		t.Errorf("message %q lacks %q", e.Message, message)
	}
	if e.Hint == "" || !strings.Contains(e.Hint, hint) {
		t.Errorf("hint %q lacks %q", e.Hint, hint)
	}
	if strings.Contains(e.Message, "\n") {
		t.Errorf("message %q is more than a line", e.Message)
	}
}
