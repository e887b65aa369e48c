package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"nixfleet-tui/bench/figures"
)

// Every section that writes a table has its place on the page.
func TestThePageHasAPlaceForEverySection(t *testing.T) {
	content, err := os.ReadFile("../" + page)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sections() {
		if s.name == "compare" {
			continue // which depends on the parent commit
		}
		if _, err := figures.Splice(string(content), s.name, "x"); err != nil {
			t.Error(err)
		}
	}
}

func TestSections(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"scale", "--list", "start"}, &out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.HasPrefix(got, "scale ") || !strings.Contains(got, "\nstart ") || strings.Count(got, "\n") != 2 {
		t.Errorf("it lists\n%s", got)
	}
	if err := run(t.Context(), []string{"stat"}, &out); err == nil || !strings.Contains(err.Error(), `no section "stat"; there are status, ssh`) {
		t.Errorf("got %v", err)
	}
}

// What is not here is named, and is no failure; what fails is, and the next
// section has its turn all the same.
func TestSectionsThatCannotBeMeasured(t *testing.T) {
	var out strings.Builder
	b := &bench{out: &out, quick: true}
	ends := func(table figures.Table, err error) func(context.Context, *bench) (figures.Table, error) {
		return func(context.Context, *bench) (figures.Table, error) { return table, err }
	}
	err := b.all(t.Context(), []section{
		{"lacks", "something", ends(figures.Table{}, missing{"a peer", "install peer"})},
		{"fails", "a failure", ends(figures.Table{}, errors.New("it broke"))},
		{"works", "the last", ends(figures.Table{Head: []string{"what"}, Rows: [][]string{{"5 ms"}}}, nil)},
	})
	if err == nil || err.Error() != "fails: it broke" {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{"== lacks: left out, since a peer is not here: install peer\n", "FAILED: it broke\n", "== works: the last (0 s)\n| what |\n|---|\n| 5 ms |\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
