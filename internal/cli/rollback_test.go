package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

// standing is what a host of the demo runs and would boot, by number.
func (b *bench) standing(host string) (running, bootDefault int) {
	b.t.Helper()
	b.run("demo", "generations", host, "--json")
	var doc generationsJSON
	if err := json.Unmarshal(b.out.Bytes(), &doc); err != nil {
		b.t.Fatalf("%v: %s", err, &b.err)
	}
	for _, g := range doc.Generations {
		if g.Running {
			running = g.Number
		}
		if g.BootDefault {
			bootDefault = g.Number
		}
	}
	return running, bootDefault
}

func TestDemoRollback(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "rollback", "--on", "ankarana,boraha", "--yes"); code != ExitOK || !strings.Contains(b.err.String(), "kernel 6.18.16, and 6.18.21 is booted") {
		t.Errorf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
	for host, want := range map[string]int{"ankarana": 152, "boraha": 60} {
		if running, next := b.standing(host); running != want || next != want {
			t.Errorf("%s runs %d and would boot %d, not %d", host, running, next, want)
		}
	}
	if code := b.run("demo", "rollback", "--on", "ankarana", "--to", "153", "--boot", "--yes"); code != ExitOK || !strings.Contains(b.out.String(), "ok") {
		t.Errorf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
	if running, next := b.standing("ankarana"); running != 152 || next != 153 {
		t.Errorf("ankarana runs %d and would boot %d", running, next)
	}
	b.run("demo", "runs")
	if !strings.Contains(b.out.String(), "-rollback-") {
		t.Errorf("`runs` does not tell what they were:\n%s", &b.out)
	}
}

func TestRollbacksThatAreRefused(t *testing.T) {
	b := demoBench(t)
	for line, want := range map[string]string{
		"--on ankarana --to 999 --yes":                           "ankarana: it has no generation 999; nothing was started.\n  hint: It has 146 to 153.",
		"--on @web --to 999 --yes":                               "(and 1 more of 2 hosts are refused)",
		"--on ankarana --to 2020-01-01 --yes":                    "no generation that was made until 2020-01-01 23:59",
		"--on ankarana --to -8 --yes":                            "no generation that far before",
		"--on ankarana --to 0 --yes":                             `"0" names no generation`,
		"--on sifaka --yes":                                      "sifaka: nothing listens",
		"--to 1 --yes":                                           "--on is missing",
		"--on ankarana":                                          "no terminal to ask",
		"--on ankarana --yes --plain --json":                     "exclude each other",
		"--on ankarana --yes --parallel 0":                       "makes no sense",
		"--on ankarana --yes --diff":                             "unknown flag: --diff",
		"--on ankarana --yes --to last":                          `"last" names no generation`,
		"--on ankarana,sifaka --to 999 --yes --skip-unreachable": "ankarana: it has no generation 999",
	} {
		code := b.run(append([]string{"demo", "rollback"}, strings.Fields(line)...)...)
		if code != ExitUsage || !strings.Contains(b.err.String(), want) || !strings.Contains(b.err.String(), "hint: ") {
			t.Errorf("%s: exit code %d\n%s%s", line, code, &b.out, &b.err)
		}
	}
	if dirs := b.demoRuns(); len(dirs) > 0 {
		t.Errorf("runs were started: %q", dirs)
	}
	if running, next := b.standing("ankarana"); running != 153 || next != 153 {
		t.Errorf("ankarana runs %d and would boot %d", running, next)
	}
}

// TestRollbackIsConfirmed: without --yes it says what becomes of whom, and a
// host that is frozen is left out.
func TestRollbackIsConfirmed(t *testing.T) {
	b := demoBench(t)
	b.io.InTerminal, b.io.ErrTerminal, b.io.Dumb = true, true, true
	b.in = "n\n"
	code := b.run("demo", "rollback", "--on", "ankarana,tenrec", "--canary", "1")
	for _, want := range []string{"rollback of 2 hosts", "ankarana  generation 153 (26.05.20261105.9b28f04) → 152 (26.05.20261008.41d7e6a, ", "tenrec  skipped: it is frozen: ", "1 host first, then the others; no more are begun as soon as one fails", "Go ahead? [y/N]"} {
		if !strings.Contains(b.err.String(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if code != ExitCancelled || len(b.demoRuns()) > 0 {
		t.Errorf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
}

func TestDemoReboot(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "reboot", "--on", "is:reboot", "--yes"); code != ExitOK || !strings.Contains(b.err.String(), "ayeaye: it comes back with generation 96") {
		t.Errorf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
	for _, want := range []string{"-- wave 1 of 1: ayeaye, kelyus", "[kelyus] it has gone down", "[kelyus] it is up again; the boot id is ", "[ayeaye] -- ok"} {
		if !strings.Contains(b.out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &b.out)
		}
	}
	if code := b.run("demo", "status", "--on", "is:reboot"); code != ExitOK || !strings.Contains(b.out.String(), "No host matches is:reboot.") {
		t.Errorf("hosts need a reboot still: %d\n%s", code, &b.out)
	}
}

func TestRebootsThatAreRefused(t *testing.T) {
	b := demoBench(t)
	for line, want := range map[string]string{
		"--on kelyus,boraha --yes":             "all builders of aarch64-linux would be down at once: boraha, kelyus",
		"--on kelyus --yes --return-timeout 0": "--return-timeout 0 makes no sense",
		"--on sifaka --yes":                    "sifaka: nothing listens",
		"--on ankarana":                        "no terminal to ask",
		"--on ankarana --yes --canary -1":      "--canary -1 makes no sense",
	} {
		if code := b.run(append([]string{"demo", "reboot"}, strings.Fields(line)...)...); code != ExitUsage || !strings.Contains(b.err.String(), want) || !strings.Contains(b.err.String(), "hint: ") {
			t.Errorf("%s: exit code %d\n%s%s", line, code, &b.out, &b.err)
		}
	}
	if dirs := b.demoRuns(); len(dirs) > 0 {
		t.Errorf("runs were started: %q", dirs)
	}
}
