package fleet

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// FuzzProbe: whatever a host answers to our scripts, what is read from it can
// be shown as it is, and no size is negative.
func FuzzProbe(f *testing.F) {
	for _, seed := range []string{
		lines("host", "h1", "load", "1 2 3", "uptime", "5", "now", "7", "disk /", "1 2 /", "end", "1"),
		lines("machine", "0123", "hostkey", "ssh-ed25519 AAAA root@h1", "boot", "b", "kernel", "6.12", "profile", "/nix/store/x-nixos-system-h1", "generation", "7",
			"generationtime", "1700000000", "reboot", "1", "store", "0", "switching", "1", "builds", "2", "nixos", `{"nixosVersion":"25.11","configurationRevision":"\u001b[2J"}`, "end", "1"),
		lines("systemd", "degraded", "failed", "- a.service \x1b]0;x\a.mount", "memkb", "99999999999999999 1", "cpus", "8", "disk /nix", "9223372036854775807 1 /nix", "end", "1"),
		lines("id", "uid=1000(ops) gid=100(users) groups=100(users),1(wheel)", "conf read", "-1", "conf builders", "-", "conf system", "-x86_64-linux",
			"machine 1", "ssh-ng://nix@b x86_64-linux /key 4 10 kvm - c3NoLWVkMjU1MTkgQUFBQQ==", "end", "1"),
		lines("switching", "1", "switcher", "ana", "switchage", "7", "switchcommand", "/nix/store/x/bin/switch-to-configuration switch", "login 1", "ana pts/0 \u202eevil", "end", "1"),
		"Welcome!\x1b[31m\nno newline: " + lines("host", "h1", "end", "1"), "NF1\tend", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		r, err := parseReading(out, time.Unix(1, 0))
		s, surveyErr := parseSurvey(out, time.Unix(1, 0), false)
		if (err == nil) != (surveyErr == nil) {
			t.Fatalf("of one answer, %v and %v", err, surveyErr)
		}
		if err != nil {
			return
		}
		shown := fmt.Sprintf("%+v %+v %+v", r, s, s.Machines)
		if s.Activation != nil {
			shown += fmt.Sprintf("%+v", *s.Activation)
		}
		if i := strings.IndexFunc(shown, unfit); i >= 0 || !utf8.ValidString(shown) {
			t.Errorf("%q is not fit to show", shown[max(i, 0):])
		}
		if r.MemTotal < 0 || r.MemAvailable < 0 || s.Store.Total < 0 || s.Store.Free < 0 || s.Boot.Total < 0 || r.Uptime < 0 {
			t.Errorf("a size is negative: %+v", s)
		}
		for on, d := range r.Disks {
			if d.Total < 0 || d.Free < 0 {
				t.Errorf("%s: %+v", on, d)
			}
		}
	})
}

// unfit reports whether a character may do something to a terminal.
func unfit(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\ufeff'
}
