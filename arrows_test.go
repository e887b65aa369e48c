package main

import (
	"cmp"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "nixfleet-tui"

// arrows says which rooms of the house a room may import. A room that is not
// here may not exist: add it with what it needs, and no more.
var arrows = map[string][]string{
	"":                    {"internal/cli"},
	"internal/text":       {},
	"internal/pty":        {},
	"internal/atomicfile": {},
	"sshutil":             {"internal/atomicfile", "internal/text"},
	"nixcmd":              {"internal/atomicfile", "internal/text"},
	"fleet":               {"internal/atomicfile", "internal/text", "nixcmd", "sshutil"},
	"rollout":             {"internal/atomicfile", "internal/text", "internal/pty", "nixcmd", "sshutil", "fleet"},
	"install":             {"internal/atomicfile", "internal/text", "nixcmd", "sshutil"},
	"ui":                  {"internal/text", "nixcmd", "fleet", "rollout", "install"},
	"internal/sshdtest":   {},
	"internal/demo":       {"internal/atomicfile", "internal/text", "nixcmd", "sshutil"},
	"internal/cli":        {"internal/atomicfile", "internal/pty", "internal/text", "nixcmd", "sshutil", "fleet", "rollout", "install", "ui", "internal/demo"},
	"e2e":                 {},
	"e2e/soak":            {"nixcmd", "rollout"},
	"nix":                 {}, // Nix, but for its tests
	"docs/pictures":       {"internal/text"},
	"bench":               {"fleet", "bench/figures", "bench/loopback"},
	"bench/latency":       {"rollout"},
	"bench/compare":       {"bench/figures"},
	"bench/figures":       {},
	"bench/floor":         {},
	"bench/metered":       {"internal/cli"},
	"bench/ssh":           {"fleet", "sshutil", "bench/floor", "bench/loopback"},
	"bench/loopback":      {},
}

// charm makes Bubble Tea and what draws with it, which only the dashboard may import.
const charm = "github.com/charmbracelet/"

var teaPackages = []string{charm + "bubbletea", charm + "bubbles", charm + "lipgloss"}

// TestArrows holds the imports to the directions that the design gives them.
// Tests may look further than the code that they test, but not past Bubble Tea.
func TestArrows(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		files++
		checkImports(t, filepath.ToSlash(path))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Fatalf("only %d files of Go were found", files)
	}
}

func checkImports(t *testing.T, path string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	room := roomOf(path)
	allowed, known := arrows[room]
	if !known {
		t.Errorf("%s stands in a room that the house does not have: %q", path, room)
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		if isTea(imported) && room != "ui" {
			t.Errorf("%s imports %s: only the dashboard draws with it", path, imported)
		}
		to, ours := strings.CutPrefix(imported, module+"/")
		if !ours || strings.HasSuffix(path, "_test.go") || inRoom(to, room) {
			continue
		}
		if !slices.ContainsFunc(allowed, func(a string) bool { return inRoom(to, a) }) {
			t.Errorf("%s imports %s: %q may import only %q", path, to, room, allowed)
		}
	}
}

// roomOf is the longest room that path lies in.
func roomOf(path string) string {
	dir := filepath.ToSlash(filepath.Dir(path))
	if dir == "." {
		return ""
	}
	longest := ""
	for room := range arrows {
		if inRoom(dir, room) && len(room) > len(longest) {
			longest = room
		}
	}
	return cmp.Or(longest, dir)
}

func inRoom(pkg, room string) bool {
	return room != "" && (pkg == room || strings.HasPrefix(pkg, room+"/"))
}

func isTea(imported string) bool {
	return slices.ContainsFunc(teaPackages, func(p string) bool { return imported == p || strings.HasPrefix(imported, p+"/") })
}
