package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// pastExamples are the documents of commands that look at hosts' pasts.
func pastExamples(t *testing.T) map[string]string {
	t.Helper()
	at := exampleTime()
	g := fleet.Generations{Generations: []fleet.Generation{
		{Number: 42, Created: at, Path: exampleSystem("web1"), Label: "25.11.20261101.abcdef0", Kernel: "6.12.57", Revision: "7c1e0d92b4f3a86e5d20c9b17f48a3e6d5190fb2",
			Specialisations: []string{"gaming"}, Running: true, Booted: true, BootDefault: true},
		{Number: 39, Created: at.Add(-240 * time.Hour), Path: "/nix/store/0c6v6ir9fhqcb1wsdbnqnvzs5bfm63h4-nixos-system-web1-25.05.20260812.d80c35b", Gone: true},
	}}
	d := difference{
		from: side{"web1", "generation 41", "/nix/store/0c6v6ir9fhqcb1wsdbnqnvzs5bfm63h4-nixos-system-web1-25.05.20260812.d80c35b"}, sizeFrom: 1 << 30,
		to: side{"web1", "generation 42", exampleSystem("web1")}, size: 1<<30 + 12902,
		changes: []nixcmd.PackageChange{{Name: "etc", Removed: []string{}, Added: []string{""}}, {Name: "openssl", Removed: []string{"3.0.7"}, Added: []string{"3.0.8"}, Delta: 12902}},
	}
	groups := fleet.Fold([]fleet.Answer{
		{Host: "web1", Stdout: []byte("active\n")}, {Host: "web2", Stdout: []byte("active\n")}, {Host: "db1", Stdout: []byte("inactive\n"), ExitCode: 3},
		{Host: "web3", Err: &sshutil.Error{Kind: sshutil.KindUnreachable, Host: "web3", Message: "no route to 10.0.0.3", Hint: "check the network or the VPN"}},
	})
	return map[string]string{
		"exec --json":        document(t, execDocument("systemctl is-active nginx", groups)),
		"generations --json": document(t, generationsDocument("web1", g, map[string]int64{exampleSystem("web1"): 440 << 20})),
		"diff --json":        document(t, diffDocument(d)),
	}
}

func TestDemoGenerations(t *testing.T) {
	b := demoBench(t)
	if code := b.run("demo", "generations", "tsingy", "--sizes"); code != ExitOK || !strings.Contains(b.out.String(), "running, booted, boot default") || !strings.Contains(b.out.String(), "MiB") {
		t.Errorf("exit code %d\n%s%s", code, &b.out, &b.err)
	}
	b.run("demo", "generations", "tsingy", "--json")
	var doc generationsJSON
	if err := json.Unmarshal(b.out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Generations) != 7 || doc.Generations[0].Number != 72 || !doc.Generations[0].BootDefault || doc.Generations[0].SizeAlone != nil {
		t.Errorf("got %+v", doc)
	}
	for host, want := range map[string]string{"web1": "there is no host called web1", "tsing": "Did you mean tsingy?", "sifaka": "sifaka: "} {
		if code := b.run("demo", "generations", host); code == ExitOK || !strings.Contains(b.err.String(), want) || !strings.Contains(b.err.String(), "hint: ") {
			t.Errorf("%s: exit code %d\n%s", host, code, &b.err)
		}
	}
}

func TestDemoDiff(t *testing.T) {
	b := demoBench(t)
	for line, want := range map[string]string{
		"kelyus 212 214":            "systemd: 258.1 → 258.2",
		"kelyus booted":             "systemd: 258.1 → 258.2",
		"kelyus 214 212":            "systemd: 258.2 → 258.1",
		"ankarana running andasibe": "nixos-system-andasibe: ∅ → 26.05",
		"kelyus 214 kelyus:212":     "systemd: 258.2 → 258.1",
	} {
		if code := b.run(append([]string{"demo", "diff"}, strings.Fields(line)...)...); code != ExitOK || !strings.Contains(b.out.String(), want) || !strings.Contains(b.err.String(), "packages differ") {
			t.Errorf("%s: exit code %d\n%s%s", line, code, &b.out, &b.err)
		}
	}
	if code := b.run("demo", "diff", "kelyus"); code != ExitOK || b.out.Len() != 0 || !strings.Contains(b.err.String(), "the same system") {
		t.Errorf("in sync: exit code %d\n%s%s", code, &b.out, &b.err)
	}
	for line, want := range map[string]string{
		"tsingy":      "was not built yet",
		"kelyus 999":  "It has 203 to 214.",
		"kelyus soon": "is no system of kelyus",
		"kelyus x:1":  "there is no host called x",
		"sifaka 1 2":  "sifaka: ",
		"kelyus /nix/store/00000000000000000000000000000000-x": "is in no store",
		"kelyus /nix/store/x": "is no store path",
	} {
		if code := b.run(append([]string{"demo", "diff"}, strings.Fields(line)...)...); code == ExitOK || !strings.Contains(b.err.String(), want) || !strings.Contains(b.err.String(), "hint: ") {
			t.Errorf("%s: exit code %d\n%s%s", line, code, &b.out, &b.err)
		}
	}
}

func TestPastHelp(t *testing.T) {
	b := newBench(t)
	for _, cmd := range pastCommands(b.program(), &sourceFlags{}) {
		if code := b.run(cmd.Name(), "--help"); code != ExitOK || !strings.Contains(b.out.String(), "Examples:\n  nixfleet-tui") {
			t.Errorf("%s --help: exit code %d\n%s", cmd.Name(), code, &b.out)
		}
	}
}

func TestDemoExec(t *testing.T) {
	b := demoBench(t)
	for _, c := range []struct {
		line string
		code int
		want string
	}{
		{"--on @web,kelyus -- nixos-version", ExitOK, "── andasibe, ankarana  ✓ exit 0\n26.05.20261105.9b28f04 (Yarara)\n\n── kelyus  ✓ exit 0\n26.05.20261119.c5ae371 (Yarara)\n"},
		{"--on @web,kelyus --diff -- nixos-version", ExitOK, "── kelyus  ✓ exit 0\n- 26.05.20261105.9b28f04 (Yarara)\n+ 26.05.20261119.c5ae371 (Yarara)\n"},
		{"--on kelyus,indri -- echo same", ExitOK, "── all of indri, kelyus  ✓ exit 0\nsame\n"},
		{"--on kelyus,indri -- false", ExitFailed, "── all of indri, kelyus  ✗ exit 1\n"},
		{"--on kelyus -- nosuch", ExitFailed, "exit 127\nsh: nosuch: command not found\n"},
		{"--on sifaka -- true", ExitFailed, "── sifaka  ✗ no answer\nnothing listens on "},
	} {
		if code := b.run(append([]string{"demo", "exec"}, strings.Fields(c.line)...)...); code != c.code || !strings.Contains(b.out.String(), c.want) {
			t.Errorf("%s: exit code %d\n%s%s", c.line, code, &b.out, &b.err)
		}
	}
	for line, want := range map[string]string{"--on kelyus true": "after `--`", "-- true": "--on is missing", "--on nosuch -- true": "no host called nosuch", "--on kelyus": "what to run"} {
		if code := b.run(append([]string{"demo", "exec"}, strings.Fields(line)...)...); code != ExitUsage || !strings.Contains(b.err.String(), want) {
			t.Errorf("%s: exit code %d\n%s%s", line, code, &b.out, &b.err)
		}
	}
	if code := b.run("demo", "exec", "--on", "kelyus", "--", "echo a; echo b"); code != ExitOK || !strings.HasSuffix(b.out.String(), "\na\nb\n") {
		t.Errorf("a line for the shell: exit code %d\n%s%s", code, &b.out, &b.err)
	}
}
