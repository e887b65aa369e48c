package cli

import (
	"bytes"
	"strings"
	"testing"
)

func TestTableGivesWay(t *testing.T) {
	rows := func() *table {
		tab := &table{columns: []column{
			{title: "HOST", keep: 9}, {title: "STATE", keep: 8}, {title: "EMPTY", keep: 7}, {title: "GEN", keep: 3, right: true}, {title: "TAGS", keep: 1, flex: true},
		}}
		tab.add(cell{words: "web1"}, cell{"● up", good}, cell{}, cell{words: "7"}, cell{words: "a long list of many tags"})
		tab.add(cell{words: "db.example.org"}, cell{"✗ down", bad}, cell{}, cell{words: "12"}, cell{words: "b\x1b[2J"})
		return tab
	}
	for width, want := range map[int][]string{
		0: {
			"HOST            STATE   GEN  TAGS",
			"web1            ● up      7  a long list of many tags",
			`db.example.org  ✗ down   12  b\x1b[2J`,
		},
		46: {
			"HOST            STATE   GEN  TAGS",
			"web1            ● up      7  a long list of …",
			`db.example.org  ✗ down   12  b\x1b[2J`,
		},
		30: {
			"HOST            STATE   GEN",
			"web1            ● up      7",
			"db.example.org  ✗ down   12",
		},
		20: {
			"HOST",
			"web1",
			"db.example.org",
		},
	} {
		s := &IO{OutTerminal: width > 0, Size: func() (int, int) { return width, 24 }}
		var b bytes.Buffer
		if err := rows().write(&b, s); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(b.String(), "\n"); got != strings.Join(want, "\n") {
			t.Errorf("at width %d:\n%s\nnot\n%s", width, got, strings.Join(want, "\n"))
		}
	}
}

func TestColourOnlyWhereItIsWanted(t *testing.T) {
	tab := &table{columns: []column{{title: "STATE"}}}
	tab.add(cell{"● up", good})
	for colour, want := range map[bool]string{true: "\x1b[2mSTATE\x1b[0m\n\x1b[32m● up\x1b[0m\n", false: "STATE\n● up\n"} {
		var b bytes.Buffer
		if err := tab.write(&b, &IO{Color: colour}); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("colour %v: %q", colour, b.String())
		}
	}
}
