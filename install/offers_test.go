package install

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
)

const otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOQa5bBd++DaVQn9omHt94Ttaifv8o/2KfDa4xAka1kD"

// offering is an installation at its end, whose questions are answered alike.
func offering(t *testing.T, answer bool) (*Installation, *[]Telling) {
	t.Helper()
	var told []Telling
	i := &Installation{
		Plan: Plan{Host: "new1", Address: "192.0.2.7"}, Now: time.Now, keys: []HostKey{{"/etc/ssh/key", "ssh-ed25519 " + blob}},
		Say: func(t Telling) { told = append(told, t) },
		Ask: func(context.Context, Question) (bool, error) { return answer, nil },
	}
	i.facts.System = "x86_64-linux"
	return i, &told
}

// step is the installation's step of that name.
func (i *Installation) stepCalled(t *testing.T, name string) step {
	t.Helper()
	for _, s := range i.steps() {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("there is no step %s", name)
	return step{}
}

// TestEntryIsWritten: only where the file then says what it said and the entry.
func TestEntryIsWritten(t *testing.T) {
	nix, err := exec.LookPath("nix")
	if err != nil {
		t.Skip("there is no nix here: install it (Debian: apt-get install nix-bin)")
	}
	const entry = `hosts.new1 = {`
	for name, c := range map[string]struct {
		file   string
		answer bool
		writes bool
		says   string
	}{
		"a set":                   {"{\n  hosts = {\n    h1 = { };\n  };\n}\n", true, true, "has an entry"},
		"on one line":             {"{ hosts.h1 = { }; }", true, true, "has an entry"},
		"without hosts":           {"{\n  defaults.user = \"me\";\n}\n# the end\n", true, true, "has an entry"},
		"a let":                   {"let a = { }; in\n{\n  hosts.h1 = a;\n}\n", true, true, "has an entry"},
		"a no":                    {"{ hosts.h1 = { }; }\n", false, false, "--write-entry"},
		"a brace in a comment":    {"{ hosts.h1 = { }; }\n# }\n", true, false, "last brace"},
		"a call":                  {"(a: a) { hosts.h1 = { }; }\n", true, true, "has an entry"},
		"hosts from elsewhere":    {"let all = { h1 = { }; }; in { hosts = all; }\n", true, false, "last brace"},
		"a set that is updated":   {"{ hosts.h1 = { }; } // { defaults = { user = \"me\"; }; }\n", true, false, "change more"},
		"one that cannot be read": {"{ hosts = ", true, false, "no closing brace"},
		"one that has it already": {"{ hosts.new1.address = \"x\"; }\n", true, false, "has an entry"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			real := filepath.Join(dir, "real.nix")
			if err := os.WriteFile(real, []byte(c.file), 0o640); err != nil {
				t.Fatal(err)
			}
			i, told := offering(t, c.answer)
			i.Plan.Fleet = filepath.Join(dir, "fleet.nix")
			if err := os.Symlink("real.nix", i.Plan.Fleet); err != nil { // which stays one
				t.Fatal(err)
			}
			i.Nix = &nixcmd.Nix{Program: nix, Dir: dir}
			if err := i.take(t.Context(), i.stepCalled(t, "entry")); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(real)
			if err != nil || strings.Contains(string(got), entry) != c.writes || !c.writes && string(got) != c.file {
				t.Errorf("it holds %q, %v", got, err)
			}
			if info, err := os.Stat(real); err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("its mode is %v, %v", info.Mode(), err)
			}
			if last := (*told)[len(*told)-1]; !strings.Contains(last.Text, c.says) {
				t.Errorf("it says %q", last.Text)
			}
			if left, err := filepath.Glob(filepath.Join(dir, ".fleet-*")); err != nil || len(left) > 0 {
				t.Errorf("there are %v, %v", left, err)
			}
		})
	}
}

// TestKnownHosts: a line is added once, and never beside another key.
func TestKnownHosts(t *testing.T) {
	line := "new1,192.0.2.7 ssh-ed25519 " + blob + "\n"
	for name, c := range map[string]struct {
		have   string // "-": there is no file
		answer bool
		want   string
		says   string
	}{
		"no file":                  {"-", true, line, "has it"},
		"others":                   {"h1 " + otherKey + "\n", true, "h1 " + otherKey + "\n" + line, "has it"},
		"a last line without end":  {"h1 " + otherKey, true, "h1 " + otherKey + "\n" + line, "has it"},
		"there already":            {line, true, line, "has it"},
		"by one of its names":      {"new1 ssh-ed25519 " + blob + "\n", true, "new1 ssh-ed25519 " + blob + "\n" + line, "has it"},
		"another key":              {"192.0.2.7 " + otherKey + "\n", true, "192.0.2.7 " + otherKey + "\n", "ssh-keygen -R 192.0.2.7"},
		"another key of its type":  {line + "new1 " + otherKey + "\n", true, line + "new1 " + otherKey + "\n", "has it"},
		"a no":                     {"h1 " + otherKey + "\n", false, "h1 " + otherKey + "\n", "--write-known-hosts"},
		"a line without sense":     {"@cert-authority\n", true, "@cert-authority\n" + line, "has it"}, // ssh passes over it as well
		"a key that was taken off": {"@revoked * ssh-ed25519 " + blob + "\n", true, "@revoked * ssh-ed25519 " + blob + "\n", "revoked"},
	} {
		t.Run(name, func(t *testing.T) {
			i, told := offering(t, c.answer)
			i.Plan.KnownHosts = filepath.Join(t.TempDir(), ".ssh", "known_hosts")
			if c.have != "-" {
				if err := os.MkdirAll(filepath.Dir(i.Plan.KnownHosts), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(i.Plan.KnownHosts, []byte(c.have), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 { // the second time changes nothing
				if err := i.take(t.Context(), i.stepCalled(t, "known")); err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(i.Plan.KnownHosts); string(got) != c.want || err != nil {
					t.Errorf("it holds %q, %v", got, err)
				}
			}
			if last := (*told)[len(*told)-1]; !strings.Contains(last.Text, c.says) {
				t.Errorf("it says %q", last.Text)
			}
		})
	}
}

// TestRekeyed: the header of an age file says whose it is.
func TestRekeyed(t *testing.T) {
	i, _ := offering(t, false)
	public := parsed(t, i.keys[0].Public)
	mine, theirs := ageTag(public), ageTag(parsed(t, otherKey))
	armored := "-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNzaC1lZDI1NTE5IFhYWFhYWCBhYWFhCmJiYmIKLS0tIGNjCg==\n-----END AGE ENCRYPTED FILE-----\n"
	for content, want := range map[string]opened{
		"age-encryption.org/v1\n-> ssh-ed25519 " + theirs + " c2hhcmU\nYm9\n-> ssh-ed25519 " + mine + " c2hhcmU\nYm9\n--- bWFj\n\x00\xff": openedYes,
		"age-encryption.org/v1\n-> ssh-ed25519 " + theirs + " c2hhcmU\nYm9\n--- bWFj\n-> ssh-ed25519 " + mine + " x\n":                    openedNo,
		"age-encryption.org/v1\n-> X25519 " + mine + "\nYm9\n--- bWFj\n":                                                                  openedNo,
		armored:          openedNo,
		"something else": openedNotSeen,
		"":               openedNotSeen,
	} {
		path := filepath.Join(t.TempDir(), "a.age")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := i.opens(nixcmd.Secret{Name: "a", File: path}); got != want {
			t.Errorf("%q is %d, not %d", content, got, want)
		}
	}
	if got := i.opens(nixcmd.Secret{Name: "a", File: "/nonexistent"}); got != openedNotSeen {
		t.Errorf("a file that is not there is %d", got)
	}
}
