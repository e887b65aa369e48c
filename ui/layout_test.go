package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/internal/text"
)

func TestShares(t *testing.T) {
	cases := []struct {
		length, n int
		want      []int
	}{
		{10, 3, []int{4, 3, 3}},
		{11, 3, []int{4, 4, 3}},
		{12, 3, []int{4, 4, 4}},
		{2, 3, []int{1, 1, 0}},
		{0, 1, []int{0}},
		{7, 0, []int{}},
	}
	for _, c := range cases {
		if got := shares(c.length, c.n); !slices.Equal(got, c.want) {
			t.Errorf("shares(%d, %d) = %v, want %v", c.length, c.n, got, c.want)
		}
	}
}

func TestGrid(t *testing.T) {
	cases := []struct {
		w, h, n    int
		cols, rows int
	}{
		{79, 20, 1, 1, 1}, {79, 20, 4, 1, 4}, {80, 20, 2, 1, 2}, {80, 20, 4, 1, 4}, {80, 20, 5, 2, 3}, {100, 26, 2, 2, 1}, {120, 37, 3, 2, 2},
		{200, 46, 1, 1, 1}, {200, 46, 2, 2, 1}, {200, 46, 4, 2, 2}, {200, 46, 8, 3, 3}, {300, 86, 12, 4, 3},
		{60, 11, 8, 1, 2}, {200, 4, 9, 3, 1},
	}
	for _, c := range cases {
		g := gridFor(c.w, c.h, c.n, 0)
		if g.cols != c.cols || g.rows != c.rows {
			t.Errorf("%d panes on %d×%d stand in %d columns and %d rows, want %d and %d", c.n, c.w, c.h, g.cols, g.rows, c.cols, c.rows)
		}
		for n := 1; n <= g.perPage(); n++ {
			height, panes := 0, 0
			for _, line := range g.lines(n) {
				width := 0
				for _, e := range line {
					width += e.w
				}
				if width != c.w {
					t.Errorf("%d panes on %d×%d: a row is %d wide", n, c.w, c.h, width)
				}
				height += line[0].h
				panes += len(line)
			}
			if height != c.h || panes != n {
				t.Errorf("%d panes on %d×%d: %d panes on %d rows", n, c.w, c.h, panes, height)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	cases := []struct {
		s    string
		w    int
		want []string
	}{
		{"one two three", 7, []string{"one two", "three"}},
		{"abcdefghij kl", 4, []string{"abcd", "efgh", "ij", "kl"}},
		{"", 5, nil},
		{"漢字漢字", 5, []string{"漢字", "漢字"}},
		{"漢", 1, []string{"漢"}},
		{"x", 0, nil},
	}
	for _, c := range cases {
		if got := wrap(c.s, c.w); !slices.Equal(got, c.want) {
			t.Errorf("wrap(%q, %d) = %q, want %q", c.s, c.w, got, c.want)
		}
	}
}

func TestJoinLeavesOutTheLeastImportant(t *testing.T) {
	s := []segment{{"one", 1}, {"two", 3}, {"three", 2}, {"four", 3}}
	for w, want := range map[int]string{40: "one two three four", 17: "one two three", 12: "one three", 5: "one", 2: "o…"} {
		if got := join(s, " ", w); got != want {
			t.Errorf("in %d cells: %q, want %q", w, got, want)
		}
	}
}

func TestElapsed(t *testing.T) {
	for d, want := range map[time.Duration]string{-time.Second: "0s", 61 * time.Second: "1m01s", 65 * time.Minute: "1h05m", 26 * time.Hour: "26h00m"} {
		if got := elapsed(d); got != want {
			t.Errorf("elapsed(%v) = %s, want %s", d, got, want)
		}
	}
	for n, want := range map[int64]string{5: "5 B", 2048: "2.0 KiB", 3 << 30: "3.0 GiB", 5000 << 40: "5000.0 TiB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestListSaysHowManyWereLeftOut(t *testing.T) {
	names := []string{"alpha", "beta", "gamma", "delta"}
	for w, want := range map[int]string{40: "alpha, beta, gamma, delta", 20: "alpha and 3 more", 24: "alpha, beta and 2 more", 8: "4 hosts"} {
		if got := list(names, w); got != want {
			t.Errorf("in %d cells: %q, want %q", w, got, want)
		}
	}
}

func TestSentences(t *testing.T) {
	for s, want := range map[string]string{
		"it broke": "It broke.", "fleet.nix is missing": "fleet.nix is missing.", "Why?": "Why?", "": "", "two\nlines": "Two lines.", "web1 is down": "web1 is down.",
	} {
		if got := sentence(s); got != want {
			t.Errorf("sentence(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestWideNamesKeepTheColumns(t *testing.T) {
	s := newStage(t, 80, 24)
	all := dozen()[:3]
	for i, name := range []string{"日本語ホスト", "e\u0301tude", "🐘elephant"} {
		all[i].host.Name = name
	}
	s.news(InventoryRead{inventoryOf(all)})
	for _, h := range all {
		s.news(h.newsOf()...)
	}
	s.fits("wide names", 80, 24)
	at := -1
	for _, row := range s.screen() {
		before, _, found := strings.Cut(row, "● up")
		if !found || strings.HasPrefix(row, " ●") {
			continue
		}
		if w := text.Width(before); at >= 0 && w != at {
			t.Errorf("states stand in columns %d and %d", at, w)
		} else {
			at = w
		}
	}
	if at < 0 {
		t.Fatal(fmt.Sprint("no rows:\n", s.text()))
	}
}
