package fleet

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func subjects() []Subject {
	return []Subject{
		{Host: Host{Name: "a.example.org", Tags: []string{"web", "eu"}}, System: "x86_64-linux", State: StateUp, Drift: DriftInSync},
		{Host: Host{Name: "db1", Tags: []string{"db"}}, System: "x86_64-linux", State: StateDown, Drift: DriftUnknown},
		{Host: Host{Name: "pi", Tags: []string{"home"}, Intermittent: true}, System: "aarch64-linux", State: StateUp, Drift: DriftBehind, Reboot: true},
		{Host: Host{Name: "iso", Tags: []string{"web"}, Hidden: true}, System: "x86_64-linux"},
		{Host: Host{Name: "web1", Tags: []string{"web"}, Builder: &Builder{}}, System: "x86_64-linux", State: StateAuth, Drift: DriftBootPending},
		{Host: Host{Name: "web2", Tags: []string{"web"}, Frozen: "moving"}, State: StateUp, Drift: DriftTesting, Builds: true},
	}
}

func TestSelection(t *testing.T) {
	for on, want := range map[string]string{
		"web1":                     "web1",
		"web2,web1":                "web1 web2",
		" web1 , db1 ,":            "db1 web1",
		"a.example.org":            "a.example.org",
		"web*":                     "web1 web2",
		"web[12]":                  "web1 web2",
		"?i":                       "pi",
		"*":                        "a.example.org db1 pi web1 web2",
		"@web":                     "a.example.org web1 web2",
		"@we*":                     "a.example.org web1 web2",
		"@web,db1":                 "a.example.org db1 web1 web2",
		"@web,!web2":               "a.example.org web1",
		"!web2,@web":               "a.example.org web1",
		"@web,!@eu":                "web1 web2",
		"!@web":                    "db1 pi",
		"! web1,!db1":              "a.example.org pi web2",
		"*,!system:aarch64-linux":  "a.example.org db1 web1 web2",
		"system:aarch64-linux":     "pi",
		"system:x86_64-*":          "a.example.org db1 web1",
		"state:up":                 "a.example.org pi web2",
		"state:up,!drift:behind":   "a.example.org web2",
		"state:auth,state:down":    "db1 web1",
		"drift:boot-pending":       "web1",
		"drift:unknown":            "db1",
		"is:reboot":                "pi",
		"is:builder":               "web1 web2",
		"is:frozen":                "web2",
		"is:intermittent":          "pi",
		"is:hidden":                "iso",
		"iso":                      "iso",
		"iso,web1":                 "iso web1",
		"*,!is:frozen,!is:builder": "a.example.org db1 pi",
	} {
		t.Run(on, func(t *testing.T) {
			s, err := ParseSelection(on)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Select(subjects())
			if err != nil || strings.Join(got, " ") != want {
				t.Errorf("got %v, %v; want %s", got, err, want)
			}
		})
	}
}

func TestSelectionMistakes(t *testing.T) {
	for on, c := range map[string]struct{ message, hint string }{
		"":                 {"the selection is empty", "--on '*'"},
		" , ":              {"the selection is empty", ""},
		"wbe1":             {"there is no host called wbe1", "Did you mean web1?"},
		"web1,qqqqqqqq":    {"there is no host called qqqqqqqq", "nixfleet-tui status"},
		"*,!wbe1":          {"there is no host called wbe1", "Did you mean web1?"},
		"@wbe":             {"no host has the tag wbe", "Did you mean @web?"},
		"*,!@wbe":          {"no host has the tag wbe", "Did you mean @web?"},
		"@qqqqqq":          {"no host has the tag qqqqqq", "fleet.nix"},
		"x*":               {"no host matches x*", "status"},
		"web1,!@web":       {"no host matches web1,!@web", ""},
		"state:hostkey":    {"no host matches state:hostkey", ""},
		"state:upp":        {`state knows no "upp"`, "Did you mean up?"},
		"drift:insync":     {`drift knows no "insync"`, "Did you mean in-sync?"},
		"is:rebooting":     {`is knows no "rebooting"`, "reboot"},
		"drfit:behind":     {"there is no drfit: to select by", "Did you mean drift:?"},
		"whatever:x":       {"there is no whatever: to select by", "It takes system:"},
		"!":                {"something is missing", ""},
		"@":                {"something is missing", ""},
		"web1,state:":      {"state:: something is missing", ""},
		"web[":             {"the pattern does not end", ""},
		"!!web1":           {"there is no host called !web1", ""},
		"web1 web2":        {"there is no host called web1 web2", ""},
		"system:riscv64-*": {"no host matches", ""},
	} {
		t.Run(on, func(t *testing.T) {
			s, err := ParseSelection(on)
			if err == nil {
				_, err = s.Select(subjects())
			}
			wantMistake(t, err, c.message, c.hint)
		})
	}
}

func TestFilter(t *testing.T) {
	for typed, want := range map[string]string{
		"":            "a.example.org db1 pi web1 web2",
		"EX":          "a.example.org",
		"b":           "db1 web1 web2",
		"eb1,p":       "a.example.org pi web1", // exam*p*le
		"web?":        "web1 web2",
		"@w":          "a.example.org web1 web2",
		"@":           "a.example.org db1 pi web1 web2",
		"state:":      "a.example.org db1 pi web1 web2",
		"state:d":     "db1",
		"drift:b":     "pi web1",
		"is:r":        "pi",
		"!web":        "a.example.org db1 pi",
		"!":           "a.example.org db1 pi web1 web2",
		"drfit:x":     "",
		"nobody":      "",
		"[":           "",
		"iso":         "iso",
		"is":          "",
		"is:h":        "iso",
		"state:up,db": "a.example.org db1 pi web2",
	} {
		t.Run(typed, func(t *testing.T) {
			got, err := ParseFilter(typed).Select(subjects())
			if err != nil || strings.Join(got, " ") != want {
				t.Errorf("got %v, %v; want %s", got, err, want)
			}
		})
	}
}

func TestNeedsStatus(t *testing.T) {
	for on, want := range map[string]bool{
		"web1": false, "@web": false, "system:x86_64-linux": false, "is:frozen": false,
		"state:up": true, "!state:down": true, "web1,drift:behind": true, "is:reboot": true,
	} {
		s, err := ParseSelection(on)
		if err != nil {
			t.Fatal(err)
		}
		if s.NeedsStatus() != want {
			t.Errorf("%s: got %v", on, !want)
		}
	}
}

func TestNeedsFacts(t *testing.T) {
	for expression, want := range map[string]bool{
		"web1": false, "@db": false, "*": false, "state:up": false, "is:reboot": false, "is:frozen": false,
		"system:x86_64-linux": true, "drift:ahead": true, "is:builder": true, "web1,!is:builder": true,
	} {
		s, err := ParseSelection(expression)
		if err != nil {
			t.Fatal(err)
		}
		if s.NeedsFacts() != want {
			t.Errorf("%s needs facts: %v, want %v", expression, s.NeedsFacts(), want)
		}
	}
}

// TestNobodyMatches: that nobody is selected can be told from a mistake.
func TestNobodyMatches(t *testing.T) {
	for expression, want := range map[string]bool{"nobody*": true, "nobody": false} {
		s, err := ParseSelection(expression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Select(subjects()); err == nil || errors.Is(err, ErrNoMatch) != want {
			t.Errorf("%s: %v, want no match: %v", expression, err, want)
		}
	}
}

func TestEveryWordOfStateAndDriftIsTaken(t *testing.T) {
	for _, word := range []string{
		"state:up", "state:down", "state:auth", "state:hostkey", "state:unknown",
		"drift:in-sync", "drift:behind", "drift:ahead", "drift:diverged", "drift:boot-pending", "drift:older-booted", "drift:testing", "drift:unknown",
	} {
		if _, err := ParseSelection(word); err != nil {
			t.Error(err)
		}
	}
}

func FuzzSelection(f *testing.F) {
	for _, seed := range []string{"web1,@db,!x", "state:up", "[", "!@", "a:b:c", "\\", "*\x00"} {
		f.Add(seed)
	}
	all := subjects()
	f.Fuzz(func(t *testing.T, on string) {
		ParseFilter(on).Matches(all[0])
		s, err := ParseSelection(on)
		if err != nil {
			return
		}
		names, err := s.Select(all)
		if (err == nil) == (len(names) == 0) {
			t.Errorf("%q: %v, %v", on, names, err)
		}
		again, err := ParseSelection(s.String())
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%q read again: %v, %v", s, again, err)
		}
	})
}
