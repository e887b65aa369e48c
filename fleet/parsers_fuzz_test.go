package fleet

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzFleetFile: whatever Nix makes of a fleet.nix, it is read or refused with
// a sentence and a hint that can be shown.
func FuzzFleetFile(f *testing.F) {
	example, err := os.ReadFile("../internal/demo/fleet.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(example))
	for _, seed := range []string{
		`{"defaults":{"user":"ops","port":22,"sudo":true},"hosts":{"h1":{"address":"10.0.0.1","tags":["a"],"hostKey":"ssh-ed25519 AAAA","frozen":"why"}}}`,
		`{"builders":{"b":{"systems":["x86_64-linux"],"signingKey":"k:AAAA","maxJobs":0,"speedFactor":-1}},"hosts":{"b":{}}}`,
		`{"hosts":{"h":{"builder":{"systems":[]},"port":70000,"address":"-oX","buildOn":"nowhere","system":"x"}}}`, `{"ca":{"publicKey":"x","principals":[1]}}`,
		`{"hsots":{}}`, `[]`, `null`, `{"hosts":{"\u001b[2J":{"tags":["a b","\u202e"]}}}`, `{"hosts":null}`, `{"defaults":{"port":1e99}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		d, err := parseFleetFile("fleet.nix", []byte(content))
		var told *Error
		switch {
		case err == nil:
			for name, b := range d.builders {
				if b.Name != name || b.MaxJobs < 1 || !(b.SpeedFactor > 0) || len(b.Systems) == 0 {
					t.Errorf("a builder %+v", b)
				}
			}
		case !errors.As(err, &told), told.Hint == "", !strings.HasPrefix(told.Message, "fleet.nix"):
			t.Errorf("%q is refused with %#v", content, err)
		default:
			fitToShow(t, told.Message, told.Hint)
		}
	})
}

// FuzzGenerations: whatever a host answers about its past, each generation is
// there once, the newest first, and all of it can be shown.
func FuzzGenerations(f *testing.F) {
	const sys = "/nix/store/33qffqmvgdh9qmj2brhjbn1ijgpgdldv-nixos-system-web1"
	for _, seed := range []string{
		lines("host", "h1", "profile", sys, "generation", "42", "init", "systemd 1", "gen 42 path", sys, "gen 42 time", "1700000000", "gen 42 kernel", "6.12", "pin a", sys, "end", "1"),
		lines("host", "h1", "gen 7 path", "/nix/store/..", "gen 7 gone", "1", "gen -7 time", "x", "gen 7 special", "a \x1b[2J b", "gen 007 label", "l", "end", "1"),
		lines("gen 1 nixos", `{"nixosVersion":"\u001b[2J","configurationRevision":7}`, "gen 1 loader", "install-grub.sh", "gen 2 boot", "/a /b /c", "end", "1"),
		lines("gen 99999999999999999999 path", sys, "end", "1"), "NF1\tend", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		g, err := parseGenerations(out, time.Unix(1, 0))
		if err != nil {
			return
		}
		for i, one := range g.Generations {
			if one.Number < 1 || i > 0 && one.Number >= g.Generations[i-1].Number {
				t.Errorf("generation %d stands at %d of %+v", one.Number, i, g.Generations)
			}
			if found, ok := g.Find(one.Number); !ok || found.Number != one.Number {
				t.Errorf("generation %d is not found", one.Number)
			}
			if one.Path != "" && (!strings.HasPrefix(one.Path, "/") || strings.ContainsAny(one.Path, " \t")) {
				t.Errorf("generation %d is at %q", one.Number, one.Path)
			}
			fitToShow(t, fmt.Sprintf("%+v %v %v", one, one.Marks(), g.RiskOf(one, true)))
		}
		for _, steps := range []int{-1, 1} {
			if _, err := g.Target(steps); err != nil {
				fitToShow(t, err.Error())
			}
		}
	})
}

// FuzzClosures: whatever a host answers about closures, what one root alone
// holds is never more than it has.
func FuzzClosures(f *testing.F) {
	const a, b = "/nix/store/33qffqmvgdh9qmj2brhjbn1ijgpgdldv-a", "/nix/store/44444444444444444444444444444444-b"
	f.Add([]byte(lines("path", "1,2 "+a, "path", "2 "+b, "size", "10", "size", "20", "end", "1")))
	f.Add([]byte(lines("lacks", "1 path \x1b[2J is not valid", "path", "2 "+b, "size", "-5", "end", "1")))
	f.Add([]byte(lines("path", "0,3,-1,x "+a, "size", "99999999999999999999", "lacks", "9 x", "end", "1")))
	f.Fuzz(func(t *testing.T, out []byte) {
		c, err := parseClosures([]string{a, b}, out)
		if err != nil {
			return
		}
		fitToShow(t, c.Lacks(a), c.Lacks(b))
		for _, root := range []string{a, b} {
			if c.Lacks(root) == "" && c.Of(root) == nil {
				t.Errorf("%s is neither there nor lacking", root)
			}
			for path, size := range c.Of(root) {
				if size < 0 {
					t.Errorf("%s has %d bytes", path, size)
				}
			}
		}
	})
}

// FuzzCapacity: whatever a builder answers about what it is, it is read or refused.
func FuzzCapacity(f *testing.F) {
	f.Add([]byte(lines("host", "b", "nix system", "-x86_64-linux", "nix extra-platforms", "-i686-linux \x1b[2J", "room i", "100 50", "room k", "1000 -5", "end", "1")))
	f.Add([]byte("NF1\tend"))
	f.Fuzz(func(t *testing.T, out []byte) {
		c, err := parseCapacity(out, time.Unix(1, 0))
		if err != nil {
			return
		}
		if c.space.total < 0 || c.space.free < 0 || c.inodes.total < 0 || c.inodes.free < 0 {
			t.Errorf("a size is negative: %+v", c)
		}
		step := c.declared(Builder{Systems: []string{"x86_64-linux"}, MaxJobs: 4, SupportedFeatures: []string{"kvm"}})
		fitToShow(t, step.Reason, step.Hint)
	})
}

// fitToShow fails the test if words could do something to a terminal.
func fitToShow(t *testing.T, words ...string) {
	t.Helper()
	for _, s := range words {
		if strings.ContainsFunc(s, unfit) || !utf8.ValidString(s) {
			t.Errorf("%q is not fit to show", s)
		}
	}
}
