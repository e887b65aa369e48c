package ui

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
)

// furtherScenes are states of views that the others pass over.
func furtherScenes() []scene {
	return []scene{
		{"waiting", func(s *stage) {
			s.showFleet()
			s.m.start = func(func(context.Context) tea.Msg) tea.Cmd { return nil } // it takes its time
			s.keys("d", "s")
		}},
		{"menu-turned", func(s *stage) { s.showFleet(); s.keys("d", "o", "P", "C", "3", "B", "G", "1", "2", "0", "M", "N") }},
		{"preview", func(s *stage) {
			s.showFleet()
			s.backend.proposal = proposalFor([]string{"andasibe", "ankarana"})
			s.backend.proposal.Changes = []Change{{Hosts: []string{"andasibe", "ankarana"}, Lines: []string{
				"nginx: 1.29.2 → 1.29.3, +12.4 KiB", "openssl: 3.5.3 → 3.5.4", "would restart the following units: nginx.service"}}}
			s.keys("d", "s")
			s.advance(deafFor)
		}},
		{"builder-open", func(s *stage) { s.showFleet(); s.keys("2", "G", "enter") }},
		{"messages-none", func(s *stage) { s.showFleet(); s.keys("M") }},
		{"palette-none", func(s *stage) { s.showFleet(); s.keys(":", "q", "x", "z") }},
		{"ask-prompt", func(s *stage) { s.showFleet(); s.keys("x", "u", "n", "a", "m", "e") }},
		{"outdated", func(s *stage) {
			s.showFleet()
			s.keys("j")
			s.news(dozen()[3].with(down).newsOf()...)
		}},
		{"run-skipped", func(s *stage) {
			d := s.showRun(12, false)
			d.skip([]string{"kelyus", "sifaka", "tenrec", "tsingy", "vanga"})
			s.advance(tickEvery)
		}},
		{"run-wrap", func(s *stage) { s.showRun(4, false); s.keys("2", "z", "w", "f", "ctrl+u"); s.advance(tickEvery) }},
		{"run-errors", func(s *stage) {
			d := s.showRun(4, false)
			d.log("boraha", "error: builder for '/nix/store/5m1x-nginx-1.28.1.drv' failed with exit code 2\nCommand 'nix build' returned non-zero exit status 1.\n")
			d.event(rollout.Event{Event: rollout.EventVerdict, Host: "boraha", Time: s.clock, Verdict: &rollout.Verdict{Outcome: rollout.OutcomeFailed, Reason: "the build of nginx-1.28.1 failed"}})
			s.advance(tickEvery)
			s.keys("e")
			s.advance(tickEvery)
		}},
		{"install-key", func(s *stage) {
			s.showCourse(upTo("copy"))
			s.send(installEndedMsg{fosa(), InstallEnd{AcceptKey: exec.Command("ssh"), Err: &fleet.Error{Message: "nobody knows the key of 192.0.2.7"}}})
			s.advance(time.Second)
		}},
		{"run-broken", func(s *stage) {
			s.showFleet()
			s.news(RunsListed{[]rollout.View{{Dir: "/runs/20261122T071500Z-switch-dead", Broken: "run.json is missing", Plan: rollout.Plan{ID: "20261122T071500Z-switch-dead"}}}})
			s.keys("4", "enter")
		}},
	}
}

// TestEveryViewAndDialogHasAScene, and so a golden screen in each size and theme.
// Views are the places; dialogs are told apart by their keys and their titles.
func TestEveryViewAndDialogHasAScene(t *testing.T) {
	scopes, places, titles := map[scope]bool{}, map[placeID]bool{}, ""
	var ofPlaces []scope
	for _, sc := range scenes() {
		s := newStage(t, 120, 40)
		sc.setUp(s)
		places[s.m.at] = true
		ofPlaces = append(ofPlaces, s.m.place().scopes()...)
		if d := s.m.dialog; d != nil {
			scopes[d.scope] = true
			titles += d.title + "\n"
		}
	}
	m := newStage(t, 120, 40).m
	for id := range m.places() {
		if !places[placeID(id)] {
			t.Errorf("the place %d has no scene", id)
		}
	}
	for _, s := range m.keys.scopes() {
		if !slices.Contains(ofPlaces, s) && !scopes[s] {
			t.Errorf("no scene shows a dialog with the keys of %q", s)
		}
	}
	for _, title := range dialogTitles(t) {
		if !strings.Contains(titles, title) {
			t.Errorf("no scene shows the dialog %q", title)
		}
	}
}

// dialogTitles are the first words of all titles that dialogs are made with.
func dialogTitles(t *testing.T) (all []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			made, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if name, ok := made.Type.(*ast.Ident); !ok || name.Name != "dialog" {
				return true
			}
			for _, e := range made.Elts {
				field, ok := e.(*ast.KeyValueExpr)
				if key, isName := field.Key.(*ast.Ident); !ok || !isName || key.Name != "title" {
					continue
				}
				if words := firstWords(field.Value); words != "" {
					all = append(all, words)
				}
			}
			return true
		})
	}
	if len(all) < 8 {
		t.Fatalf("dialogs were not found in the source: %q", all)
	}
	return all
}

// firstWords are those that an expression begins with, or "".
func firstWords(e ast.Expr) string {
	for {
		sum, ok := e.(*ast.BinaryExpr)
		if !ok {
			break
		}
		e = sum.X
	}
	literal, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	words, _ := strconv.Unquote(literal.Value)
	return words
}

// TestNoGoldenIsLeftOver of a scene that is no more.
func TestNoGoldenIsLeftOver(t *testing.T) {
	names := map[string]bool{"ascii-fleet.txt": true, "ascii-run-ended-panes.txt": true}
	for _, sc := range scenes() {
		for _, size := range sizes() {
			names[sc.name+"-"+strconv.Itoa(size[0])+"x"+strconv.Itoa(size[1])+".txt"] = true
		}
		for _, theme := range []Theme{ThemeANSI, ThemeContrast, ThemeNone} {
			names[filepath.Join("themes", sc.name+"-"+string(theme)+".txt")] = true
		}
	}
	err := filepath.WalkDir("testdata", func(path string, d os.DirEntry, err error) error {
		name := strings.TrimPrefix(path, "testdata"+string(filepath.Separator))
		if err == nil && !d.IsDir() && !strings.HasPrefix(name, "fuzz") && !names[name] {
			t.Errorf("no scene makes %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
