package cli

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/fleet"
)

// numbers are a demo host's generations.
func (b *bench) numbers(host string) []int {
	b.t.Helper()
	b.run("demo", "generations", host, "--json")
	var doc generationsJSON
	if err := json.Unmarshal(b.out.Bytes(), &doc); err != nil {
		b.t.Fatalf("%v: %s", err, &b.err)
	}
	var all []int
	for _, g := range doc.Generations {
		all = append(all, g.Number)
	}
	return all
}

func TestDemoCollect(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "pin", "kelyus", "205"); code != ExitOK {
		t.Fatalf("pin: %d %s", code, &b.err)
	}
	if code := b.run("demo", "collect", "kelyus", "--keep", "2", "--dry-run"); code != ExitOK || !strings.Contains(b.out.String(), "kelyus  loses 8 generations: 211, 210, ") || !strings.Contains(b.out.String(), "frees about ") {
		t.Errorf("--dry-run: %d %s%s", code, &b.out, &b.err)
	}
	if n := len(b.numbers("kelyus")); n != 12 {
		t.Errorf("--dry-run leaves %d generations", n)
	}
	if code := b.run("demo", "collect", "kelyus", "--keep", "2", "--yes"); code != ExitOK || !strings.Contains(b.out.String(), "MiB freed") {
		t.Errorf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
	if got := b.numbers("kelyus"); !slices.Equal(got, []int{214, 213, 212, 205}) { // 212 is booted, 205 pinned
		t.Errorf("left are %v", got)
	}
	if code := b.run("demo", "collect", "kelyus", "--delete", "205", "--yes"); code != ExitUsage || !strings.Contains(b.err.String(), "generation 205 must stay: it is pinned") {
		t.Errorf("a pinned one: %d %s", code, &b.err)
	}
	b.run("demo", "unpin", "kelyus", "205")
	if code := b.run("demo", "collect", "kelyus", "--delete", "205", "--yes"); code != ExitOK {
		t.Errorf("unpinned: %d %s", code, &b.err)
	}
	if got := b.numbers("kelyus"); !slices.Equal(got, []int{214, 213, 212}) {
		t.Errorf("left are %v", got)
	}
	if code := b.run("demo", "collect", "kelyus", "--keep", "5", "--yes"); code != ExitOK || !strings.Contains(b.err.String(), "nothing to delete") {
		t.Errorf("nothing to do: %d %s%s", code, &b.out, &b.err)
	}
}

func TestCollectionsThatAreRefused(t *testing.T) {
	b := demoBench(t)
	for line, want := range map[string]string{
		"collect kelyus --yes":               "which generations go",
		"collect kelyus --keep 0 --yes":      "--keep 0 makes no sense",
		"collect kelyus --keep 3":            "no terminal to ask",
		"collect kelyus --keep 3 --delete 5": "--keep and --delete exclude each other",
		"collect --keep 3 --yes":             "which host",
		"collect kelyus indri --keep 3":      "one host, or --on",
		"collect --on @web --delete 3 --yes": "each host's own",
		"collect kelyus --delete 999 --yes":  "kelyus: it has no generation 999",
		"collect kelyus --delete 214 --yes":  "generation 214 must stay: it is running",
		"collect kelyus --delete 212 --yes":  "generation 212 must stay: it was booted",
		"collect sifaka --keep 3 --yes":      "sifaka: nothing listens",
		"pin kelyus 999":                     "it has no generation 999",
		"unpin kelyus 205":                   "generation 205 is not pinned",
		"pin kelyus x":                       "is no number of a generation",
		"pin nosuch 1":                       "there is no host called nosuch",
	} {
		if code := b.run(append([]string{"demo"}, strings.Fields(line)...)...); code == ExitOK || !strings.Contains(b.err.String(), want) || !strings.Contains(b.err.String(), "hint: ") {
			t.Errorf("%s: exit code %d\n%s%s", line, code, &b.out, &b.err)
		}
	}
	if got := len(b.numbers("kelyus")); got != 12 {
		t.Errorf("%d generations are left", got)
	}
}

// TestACollectionThatWasCutOff is told by the root that it has left, and is
// brought to its end by the next one, also when nothing is left to delete.
func TestACollectionThatWasCutOff(t *testing.T) {
	b := demoBench(t)
	b.run("demo", "exec", "--on", "kelyus", "--", "readlink -f /run/current-system")
	lines := strings.Split(strings.TrimSpace(b.out.String()), "\n")
	left := "sudo ln -sfn " + lines[len(lines)-1] + " " + fleet.CollectLink(0)
	if code := b.run("demo", "exec", "--on", "kelyus", "--", left); code != ExitOK {
		t.Fatalf("%s%s", &b.out, &b.err)
	}
	if b.run("demo", "generations", "kelyus"); !strings.Contains(b.err.String(), "has not come to its end") {
		t.Errorf("`generations` does not tell: %s", &b.err)
	}
	// 100 stands for one that the first has deleted.
	if code := b.run("demo", "collect", "kelyus", "--delete", "100,203", "--yes"); code != ExitOK || !strings.Contains(b.out.String(), "deleting generation 203\n") || !strings.Contains(b.err.String(), "which this one will") {
		t.Errorf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
	if b.run("demo", "generations", "kelyus"); strings.Contains(b.err.String(), "has not come to its end") {
		t.Error("it has left its root again")
	}
	b.run("demo", "exec", "--on", "kelyus", "--", left)
	if code := b.run("demo", "collect", "kelyus", "--keep", "50", "--yes"); code != ExitOK || strings.Contains(b.out.String(), "deleting") || !strings.Contains(b.out.String(), "writing the boot menu") {
		t.Errorf("with nothing left to delete: exit code %d\n%s%s", code, &b.out, &b.err)
	}
	if got := len(b.numbers("kelyus")); got != 11 {
		t.Errorf("%d generations are left", got)
	}
}
