//go:build lab

package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// generationsDoc is `generations --json` as far as it is looked at.
type generationsDoc struct {
	Generations []struct {
		Number                             int
		Path                               string
		KernelVersion, NixosVersion        *string
		ConfigurationRevision              *string
		Running, Booted, BootDefault, Gone bool
		Pinned                             bool
		SizeAlone                          *int64
	}
}

func (w *where) generations(host string) generationsDoc {
	w.t.Helper()
	return decode[generationsDoc](w.t, w.wants(0, "generations %s --json", host).stdout)
}

// colours are what `nix store diff-closures` prints even into a pipe.
var colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// TestPast makes a past on two hosts, looks at it, compares its systems as Nix
// does, and goes back by -1 and by number.
func TestPast(t *testing.T) {
	need(t, "h5", "h8")
	w := place(t)
	w.shape("h5", "settle = 0;")
	w.shape("h8", `settle = 0; linux = "6.12.60";`)
	w.wants(0, "switch --on h5,h8 --yes")
	w.newRevision()
	w.wants(0, "switch --on h5,h8 --yes")

	all := w.generations("h5").Generations
	newest, before := all[0], all[1]
	if !newest.Running || !newest.BootDefault || newest.Booted || newest.Path != w.system("h5") || before.Running || before.Number != newest.Number-1 {
		t.Fatalf("generations of h5: %+v", all)
	}
	if newest.KernelVersion == nil || *newest.KernelVersion != "6.12.57" || newest.NixosVersion == nil || newest.ConfigurationRevision == nil {
		t.Errorf("incomplete: %+v", newest)
	}
	w.agreesWithNix("h5", before.Number, newest.Number)
	h8 := w.generations("h8").Generations
	w.agreesWithNix("h8", h8[len(h8)-1].Number, h8[0].Number) // another kernel

	if r := w.wants(0, "exec --on h5,h8 -- cat /run/current-system/nixos-version"); !strings.Contains(r.stdout, "all of h5, h8") {
		t.Errorf("equal answers are not folded: %s", r.stdout)
	}
	if r := w.wants(1, "exec --on h5,h8 --diff -- 'hostname; test $(hostname) = h5'"); !strings.Contains(r.stdout, "+ h8") && !strings.Contains(r.stdout, "- h5") {
		t.Errorf("the difference is not shown: %s", r.stdout)
	}

	w.wants(0, "rollback --on h5,h8 --to -1 --yes")
	for host, want := range map[string]string{"h5": before.Path, "h8": h8[1].Path} {
		if w.system(host) != want || w.profile(host) != want {
			t.Errorf("%s runs %s and would boot %s, not %s", host, w.system(host), w.profile(host), want)
		}
	}
	link := w.must("ssh h5 readlink /nix/var/nix/profiles/system")
	if link != fmt.Sprintf("system-%d-link", before.Number) {
		t.Errorf("the profile points to %s: a rollback makes no new generation", link)
	}
	w.wants(0, "rollback --on h5 --to %d --boot --yes", newest.Number)
	if w.system("h5") != before.Path || w.profile("h5") != newest.Path {
		t.Errorf("after --boot h5 runs %s and would boot %s", w.system("h5"), w.profile("h5"))
	}
	standing := w.standing("h8")
	if r := w.wants(2, "rollback --on h5,h8 --to 9999 --yes"); !strings.Contains(r.stderr, "it has no generation 9999") || w.standing("h8") != standing {
		t.Errorf("--to 9999: %s", r.stderr)
	}
}

// agreesWithNix compares `diff` with `nix store diff-closures`, line by line.
func (w *where) agreesWithNix(host string, from, to int) {
	w.t.Helper()
	ours := w.wants(0, "diff %s %d %d", host, from, to).stdout
	const profile = "/nix/var/nix/profiles/system"
	nix := colours.ReplaceAllString(w.must("ssh %s nix --extra-experimental-features nix-command store diff-closures %s-%d-link %[2]s-%[4]d-link", host, profile, from, to), "")
	if strings.TrimSpace(ours) != strings.TrimSpace(nix) {
		w.t.Errorf("%s, %d and %d: we say\n%s\nand Nix\n%s", host, from, to, ours, nix)
	}
}
