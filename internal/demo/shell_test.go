package demo

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitScript(t *testing.T) {
	for script, want := range map[string][]scriptPart{
		"":                         nil,
		"true":                     {{"", "true"}},
		"a; b && c || d\ne":        {{"", "a"}, {"", "b"}, {"&&", "c"}, {"||", "d"}, {"", "e"}},
		"# nothing\n\n ;; ":        nil,
		`echo 'a; b' "c && d" \;e`: {{"", `echo 'a; b' "c && d" \;e`}},
		`echo 'it\'; true`:         {{"", `echo 'it\'`}, {"", "true"}},
		`echo "a\"; b"`:            {{"", `echo "a\"; b"`}},
	} {
		if got := splitScript(script); !slices.Equal(got, want) {
			t.Errorf("%q is split into %q, want %q", script, got, want)
		}
	}
}

// TestCommands runs command lines over SSH, as a run and a person would.
func TestCommands(t *testing.T) {
	_, d := fleetHere(t)
	current := printed(t, d, "tenrec", "readlink /run/current-system")
	for line, want := range map[string]struct {
		status int
		out    string
		err    string // a part of it
	}{
		"true":                                     {},
		"false":                                    {status: 1},
		"false || echo yes":                        {out: "yes\n"},
		"false && echo no":                         {status: 1},
		"false; echo $?":                           {out: "1\n"},
		"exec 2>&1; dd if=/dev/zero; echo $?":      {out: "sh: dd: command not found\n127\n"},
		"dd 2>/dev/null":                           {status: 127},
		"rm -r /":                                  {status: 1, err: "roots only"},
		`echo "$HOME/x"`:                           {out: "/home/korfuri/x\n"},
		"$(reboot)":                                {status: 127, err: "command not found"},
		"echo 'unclosed":                           {status: 2, err: "syntax error"},
		"sudo -n -u root -- whoami":                {out: "root\n"},
		"sudo env -i PATH=/bin whoami":             {out: "root\n"},
		"whoami":                                   {out: "korfuri\n"},
		"test -e /run/current-system":              {},
		"test -f " + current + "/nixos-version":    {},
		"test -d /run/systemd/system":              {},
		"test -e /nix/store/nothing":               {status: 1},
		"test ! -e /nix/store/nothing":             {},
		"[ -L /run/current-system ]":               {},
		"readlink -f /nix/var/nix/profiles/system": {out: current + "\n"},
		"readlink /nix/var/nix/profiles/system":    {out: "system-45-link\n"},
		"readlink /run/current-system/kernel":      {out: systemOf(hostNamed(t, "tenrec"), revisions()[0]).part("kernel") + "\n"},
		"readlink /nowhere":                        {status: 1},
		"cat /run/current-system/system":           {out: "x86_64-linux"},
		"cat /etc/shadow":                          {status: 1, err: "No such file"},
		"systemctl is-active --quiet nginx":        {},
		"systemctl is-active " + activationUnit:    {status: 3, out: "inactive\n"},
		"systemctl is-system-running":              {status: 1, out: "degraded\n"},
		"systemctl list-units --failed --plain --no-legend --no-pager":   {out: "zfs-scrub.service loaded failed failed\n"},
		"nix-env -p /nix/var/nix/profiles/system --set /nix/store/x":     {status: 1, err: "Permission denied"},
		"sudo nix-env -p /nix/var/nix/profiles/system --set /nix/store/": {status: 1, err: "does not exist"},
		"sudo nix-env -p /tmp/p --set " + current:                        {status: 1, err: "one profile"},
		"nix --version":                      {out: "nix (Nix) 2.31.3\n"},
		"nix build /nix/store/nothing.drv^*": {status: 1, err: "is not valid"},
		"systemd-run --unit=x /nix/store/x/bin/switch-to-configuration switch":      {status: 1, err: "authentication required"},
		"sudo systemd-run --unit=x /nix/store/x/bin/switch-to-configuration switch": {status: 127, err: "No such file"},
		current + "/bin/switch-to-configuration switch":                             {status: 1, err: "Permission denied"},
		"sudo " + current + "/bin/switch-to-configuration dance":                    {status: 1, err: "Usage"},
		"sudo " + current + "/bin/switch-to-configuration switch extra":             {status: 1, err: "Usage"},
		"test":                            {status: 2, err: "test -e PATH"},
		"sudo":                            {},
		"nix-store -r /nix/store/nothing": {status: 1, err: "does not exist"},
	} {
		got := on(t, d, "tenrec", line, "")
		if got.ExitCode != want.status || string(got.Stdout) != want.out || !strings.Contains(string(got.Stderr), want.err) {
			t.Errorf("%s\n  exit status %d, stdout %q, stderr %q\n  want %d, %q, a stderr with %q", line, got.ExitCode, got.Stdout, got.Stderr, want.status, want.out, want.err)
		}
	}
}

func TestScriptOnStdin(t *testing.T) {
	_, d := fleetHere(t)
	if got := on(t, d, "tenrec", "/bin/sh -s", "hostname\nfalse || id -un\n"); got.ExitCode != 0 || string(got.Stdout) != "tenrec\nkorfuri\n" {
		t.Errorf("exit status %d: %q %q", got.ExitCode, got.Stdout, got.Stderr)
	}
	if got := on(t, d, "ayeaye", "/bin/sh -s", "whoami"); string(got.Stdout) != "root\n" {
		t.Errorf("on ayeaye we are %q", got.Stdout)
	}
}

// TestMending: what is said to help does help.
func TestMending(t *testing.T) {
	_, d := fleetHere(t)
	if got := on(t, d, "kelyus", "test -S "+daemonSocket, ""); got.ExitCode == 0 {
		t.Error("kelyus's Nix daemon listens from the start")
	}
	printed(t, d, "kelyus", "sudo systemctl restart nix-daemon")
	printed(t, d, "kelyus", "test -S "+daemonSocket)
	if got := printed(t, d, "kelyus", "systemctl is-system-running"); got != "running" {
		t.Errorf("kelyus is %s", got)
	}
}

func TestImportTakesOnlyWhatItKnows(t *testing.T) {
	_, d := fleetHere(t)
	if got := on(t, d, "tenrec", "nix-store --import", "/etc/passwd\n"); got.ExitCode == 0 {
		t.Error("it takes /etc/passwd for a path of its store")
	}
	path := wanted(t, "ankarana")
	if got := on(t, d, "tenrec", "nix-store --import", path+"\n"); got.ExitCode != 0 || string(got.Stdout) != path+"\n" {
		t.Errorf("exit status %d: %q %q", got.ExitCode, got.Stdout, got.Stderr)
	}
	printed(t, d, "tenrec", "test -e "+path)
}
