package demo

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestCopies(t *testing.T) {
	dozen, err := readFleet()
	if err != nil {
		t.Fatal(err)
	}
	for wanted, want := range map[string]int{"": len(dozen), "3": len(dozen), "-1": len(dozen), "many": len(dozen), "30": 30} {
		e, err := NewEvaluator(wanted)
		if err != nil {
			t.Fatal(err)
		}
		names, err := e.HostNames(t.Context(), "demo")
		if err != nil || len(names) != want || !slices.IsSorted(names) {
			t.Errorf("%q: %d hosts, %v: %v", wanted, len(names), err, names)
		}
		raw, err := e.File(t.Context(), "")
		var file struct{ Hosts map[string]map[string]any }
		if err != nil || json.Unmarshal(raw, &file) != nil || len(file.Hosts) != want {
			t.Errorf("%q: fleet.nix has %d hosts, %v", wanted, len(file.Hosts), err)
		}
		if want == 30 && (file.Hosts["kelyus-00001"]["builder"] != nil || file.Hosts["kelyus"]["builder"] == nil) {
			t.Error("a copy builds for others, or the original does not")
		}
	}
}

// A copy is reached by its own names, and is the machine that it is a copy of.
func TestCopiesAnswer(t *testing.T) {
	where := endpoint{Hosts: map[string]address{"kelyus": {Port: 7, User: "me", FQDN: "kelyus.lan"}}}
	where.addCopies([]host{{Name: "kelyus", Address: "kelyus.lan"}, {Name: "kelyus-00001", Address: "kelyus-00001.lan", original: "kelyus"}})
	if got := where.Hosts["kelyus-00001"]; got != (address{Port: 7, User: "me", FQDN: "kelyus-00001.lan", Original: "kelyus"}) {
		t.Errorf("got %+v", got)
	}
	c := &Client{dir: "/demo"}
	if target := c.target("x", "kelyus-00001", where.Hosts["kelyus-00001"]); target.Port != 7 || target.HostKeyAlias != "kelyus" {
		t.Errorf("got %+v", target)
	}
}
