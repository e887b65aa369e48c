package fleet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
)

// TestCachesOfFlakesThatAreGoneAreRemoved has each source evaluated at two trees
// and once more, so that it has all kinds of files.
func TestCachesOfFlakesThatAreGoneAreRemoved(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const long, short = keptGone + time.Hour, keptGone - time.Hour
	for _, c := range []struct {
		name   string
		source func(dir string) Source
		there  bool          // the directory
		age    time.Duration // of the files
		young  string        // the end of the name of one that is an hour old
		kept   bool
	}{
		{"gone for long", func(dir string) Source { return Source{Flake: dir} }, false, long, "", false},
		{"gone, with a fleet.nix", func(dir string) Source { return Source{Flake: dir, File: filepath.Join(dir, "fleet.nix")} }, false, long, "", false},
		{"only a fleet.nix, gone", func(dir string) Source { return Source{File: filepath.Join(dir, "fleet.nix")} }, false, long, "", false},
		{"gone, by a URL", func(dir string) Source { return Source{Flake: "git+file://" + dir + "?dir=machines"} }, false, long, "", false},
		{"gone lately", func(dir string) Source { return Source{Flake: dir} }, false, short, "", true},
		{"gone, with a log that is young", func(dir string) Source { return Source{Flake: dir} }, false, long, ".jsonl", true},
		{"still there", func(dir string) Source { return Source{Flake: dir} }, true, long, "", true},
		{"somewhere else", func(string) Source { return Source{Flake: "github:someone/machines"} }, false, long, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			cache, dir := openCache(t), filepath.Join(t.TempDir(), "flake")
			cache.Now = func() time.Time { return now }
			if c.there {
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			write(t, filepath.Join(cache.dir, "dialects.json"), `{"version":1}`)
			ev, src := evaluator(treeAt(1)), c.source(dir)
			for _, ev.meta = range []nixcmd.FlakeMetadata{treeAt(1), treeAt(2)} {
				inv := load(t, ev, src, cache)
				cache.keepFacts(inv, "h1", nixcmd.HostFacts{})
			}
			before := aged(t, cache, now.Add(-c.age), c.young, now.Add(-time.Hour))
			load(t, ev, src, cache) // a known one has nobody look
			if got := len(files(t, cache)); got != before {
				t.Fatalf("of %d files %d are left before another source came", before, got)
			}
			load(t, ev, Source{Flake: "github:someone/others"}, cache)
			want := before + 1
			if !c.kept {
				want = 2 // dialects.json, and what is new
			}
			if got := files(t, cache); len(got) != want {
				t.Errorf("%d files were there, and now there are %q", before, got)
			}
		})
	}
}

// aged dates all files of a cache, the one whose name ends in young later, and
// counts them.
func aged(t *testing.T, c *Cache, at time.Time, young string, later time.Time) int {
	t.Helper()
	all := files(t, c)
	for _, path := range all {
		when := at
		if young != "" && strings.HasSuffix(path, young) {
			when = later
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	return len(all)
}

func files(t *testing.T, c *Cache) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(c.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}
