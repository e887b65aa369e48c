package main

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	spans, end := read("\x1b[1mup\x1b[0m  \x1b[31m✗ ill\x1b[39m \x1b[7;92mhere", plainStyle())
	plain := plainStyle()
	want := []span{
		{0, "up", style{ink: -1, paper: -1, bold: true}}, {2, "  ", plain}, {4, "✗ ill", style{ink: 1, paper: -1}},
		{9, " ", plain}, {10, "here", style{ink: 10, paper: -1, reverse: true}},
	}
	if !slices.Equal(spans, want) || end != want[4].style {
		t.Errorf("%+v, ending in %+v", spans, end)
	}
}

func TestPieces(t *testing.T) {
	if got := pieces(" a b  c──│●● up "); !slices.Equal(got, []string{" ", "a b", "  ", "c", "──", "│", "●", "●", " ", "up", " "}) {
		t.Errorf("%q", got)
	}
}

// TestDraw: it is XML, and has all the text in it.
func TestDraw(t *testing.T) {
	svg := draw("\x1b[7m<a>\x1b[0m & b\n● up", "a & b")
	var said strings.Builder
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		if words, ok := token.(xml.CharData); ok {
			said.Write(words)
		}
	}
	for _, want := range []string{"a & b", "<a>", "& b", "●", "up"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q is not in\n%s", want, svg)
		}
	}
	if !strings.Contains(svg, `fill="`+ownInk+`"/>`) {
		t.Errorf("what is reversed has no paper:\n%s", svg)
	}
}
