package ui

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestKeysDocument(t *testing.T) {
	const path = "../docs/keys.md"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(keysDocument()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != keysDocument() {
		t.Errorf("%s is not what the table of keys says; UPDATE=1 go test ./ui -run Keys makes it anew", path)
	}
}

// In each set of scopes that hold together, a key has one meaning, or the
// nearer scope takes it on purpose.
func TestKeysAreNotTakenTwice(t *testing.T) {
	seen := map[string]string{}
	for _, a := range actions() {
		for _, k := range a.Keys() {
			at := string(a.scope) + " " + k
			if other := seen[at]; other != "" {
				t.Errorf("%s: %s and %s both have it", at, other, a.id)
			}
			seen[at] = a.id
		}
	}
	allowed := map[string]bool{"enter": true} // of the host place: its table has none below
	for name, scopes := range placeScopes(t) {
		for i, s := range scopes {
			for _, below := range scopes[i+1:] {
				for k := range newKeymap(actions()).byKey[s] {
					if newKeymap(actions()).byKey[below][k] != nil && !allowed[k] {
						t.Errorf("in %s, %q of %q hides that of %q", name, k, s, below)
					}
				}
			}
		}
	}
}

func placeScopes(t *testing.T) map[string][]scope {
	s := newStage(t, 80, 24)
	s.showRun(2, false)
	all := map[string][]scope{"run": s.m.run.scopes(), "fleet": s.m.fleet.scopes(), "builders": s.m.builders.scopes(), "runs": s.m.runs.scopes(), "host": s.m.host.scopes()}
	s.keys("v")
	all["list"] = s.m.run.scopes()
	return all
}

func TestActionsAreToldInFull(t *testing.T) {
	ids := map[string]bool{}
	for _, a := range actions() {
		if a.id == "" || ids[a.id] {
			t.Errorf("the action %q has no name of its own", a.id)
		}
		ids[a.id] = true
		if (a.do == nil) == (a.press == nil) || len(a.Keys()) == 0 || a.Help().Key == "" || a.Help().Desc == "" {
			t.Errorf("%s lacks a key, a word or what it does", a.id)
		}
		if !strings.HasSuffix(a.about, ".") || a.about[:1] != strings.ToUpper(a.about[:1]) {
			t.Errorf("%s: %q is no sentence", a.id, a.about)
		}
	}
}

// keysDocument is docs/keys.md: every key, from the table that the dashboard uses.
func keysDocument() string {
	var b strings.Builder
	b.WriteString(`# Keys

Made from the table in ` + "`ui/actions.go`" + `; ` + "`UPDATE=1 go test ./ui -run Keys`" + ` makes it anew.

A key counts in the nearest scope that has it: a dialog takes all keys, then
the place decides, then what holds everywhere. Digits go to places, but choose
panes where panes are shown. Keys marked **!** can change a host, or stop what
changes one; each of them asks first or is the answer to such a question. A
question passes over every key but ` + "`esc`" + ` for its first 400 ms.
`)
	all := actions()
	for _, s := range scopesInOrder(all) {
		fmt.Fprintf(&b, "\n## %s\n\n| key | | action | does |\n|---|---|---|---|\n", s)
		for _, a := range all {
			if a.scope == s {
				fmt.Fprintf(&b, "| %s | %s | `%s` | %s |\n", keysOf(a), dangerMark(a), a.id, strings.ReplaceAll(a.about, "|", `\|`))
			}
		}
	}
	return b.String()
}

func scopesInOrder(all []action) []scope {
	var order []scope
	seen := map[scope]bool{}
	for _, a := range all {
		if !seen[a.scope] {
			seen[a.scope] = true
			order = append(order, a.scope)
		}
	}
	return order
}

func keysOf(a action) string {
	names := a.Keys()
	shown := make([]string, len(names))
	for i, n := range names {
		if n == " " {
			n = "space"
		}
		shown[i] = "`" + n + "`"
	}
	return strings.Join(shown, " ")
}

func dangerMark(a action) string {
	if a.danger {
		return "**!**"
	}
	return ""
}

// TestTheReadmeNamesKeysThatThereAre: its short table of keys has none that
// does nothing.
func TestTheReadmeNamesKeysThatThereAre(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(readme), "\n## Keys\n")
	section, _, _ = strings.Cut(section, "\n## ")
	known := map[string]bool{}
	for _, a := range actions() {
		for _, k := range a.Keys() {
			known[strings.ReplaceAll(k, " ", "space")] = true
		}
	}
	named := 0
	for line := range strings.Lines(section) {
		keys, _, isRow := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !found || !isRow || !strings.HasPrefix(keys, "`") {
			continue
		}
		for _, k := range strings.Fields(keys) {
			named++
			if !known[strings.Trim(k, "`")] {
				t.Errorf("the README names the key %s, which does nothing", k)
			}
		}
	}
	if named < 20 {
		t.Errorf("the README's table of keys was not found: %d keys", named)
	}
}
