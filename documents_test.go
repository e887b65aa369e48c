package main

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents are the pages that people read, by name.
func documents(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("docs", "*.md"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	texts := map[string]string{}
	for _, name := range append(names, "README.md") {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.ToSlash(name)] = string(content)
	}
	return texts
}

var (
	fileNamed = regexp.MustCompile("`([\\w./*-]+\\.(?:go|sh|nix|md))`")
	linkNamed = regexp.MustCompile(`\]\(([^)#:]+)\)`)
)

// TestDocumentsNameWhatIsThere: a test, a file of the source or a page that a
// document names exists. Most files are named without the room that they are in.
func TestDocumentsNameWhatIsThere(t *testing.T) {
	tests, found := testNames(t), 0
	var files []string
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Name() == ".git" {
			return filepath.SkipDir
		}
		files = append(files, "/"+filepath.ToSlash(path))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for page, content := range documents(t) {
		for _, name := range namedIn(content) {
			found++
			if tests[name] == "" {
				t.Errorf("%s: there is no test %s", page, name)
			}
		}
		for _, m := range fileNamed.FindAllStringSubmatch(content, -1) {
			found++
			if !slices.ContainsFunc(files, func(file string) bool { return endsIn(file, m[1]) }) {
				t.Errorf("%s: there is no file %s", page, m[1])
			}
		}
		for _, m := range linkNamed.FindAllStringSubmatch(content, -1) {
			found++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: its link leads nowhere: %v", page, err)
			}
		}
	}
	if found < 200 {
		t.Errorf("only %d names were found", found)
	}
}

// endsIn says whether a file is the one that is named, which may have a `*`.
func endsIn(file, named string) bool {
	at := len(file)
	for range strings.Count(named, "/") + 1 {
		at = strings.LastIndexByte(file[:max(at, 0)], '/')
	}
	same, err := path.Match(named, file[at+1:])
	return same && err == nil
}

var (
	roomRow = regexp.MustCompile("(?m)^\\| `([\\w./]+)` \\|.*\\| ([^|]+) \\|$")
	quoted  = regexp.MustCompile("`([^`]+)`")
)

// TestRoomsAreDescribed: docs/architecture.md has a row for each room of the
// house, or for one that it lies in, and says of it what arrows says.
func TestRoomsAreDescribed(t *testing.T) {
	described := map[string]bool{}
	for _, row := range roomRow.FindAllStringSubmatch(document(t, "architecture.md"), -1) {
		room := strings.TrimSuffix(strings.TrimSuffix(row[1], "/"), "main.go")
		described[room] = true
		if _, err := os.Stat(row[1]); err != nil {
			t.Errorf("the house has no %s: %v", row[1], err)
		}
		var may []string
		for _, m := range quoted.FindAllStringSubmatch(row[2], -1) {
			may = append(may, m[1])
		}
		want := slices.Sorted(slices.Values(arrows[room]))
		if slices.Sort(may); (len(may) > 0 || row[2] == "nothing of ours") && !slices.Equal(may, want) {
			t.Errorf("%s: the document lets it import %q, arrows %q", row[1], may, want)
		}
	}
	for room := range arrows {
		above, _, _ := strings.Cut(room, "/")
		if !described[room] && !described[above] {
			t.Errorf("docs/architecture.md does not tell of %s", room)
		}
	}
}
