package text

import "testing"

func TestWidth(t *testing.T) {
	tests := []struct {
		in   string
		want int
	}{
		{"", 0}, {"abc", 3}, {"\x1b[31mabc\x1b[0m", 3}, {"世界", 4}, {"e\u0301", 1}, {"\x1b[1m世\x1b[0m", 2},
	}
	for _, tt := range tests {
		if got := Width(tt.in); got != tt.want {
			t.Errorf("Width(%q) = %d, want %d", tt.in, got, tt.want)
		}
	}
}

func TestFitAndTruncate(t *testing.T) {
	tests := []struct {
		in       string
		w        int
		fit, cut string
	}{
		{"abc", 5, "abc  ", "abc"},
		{"abc", 3, "abc", "abc"},
		{"abcdef", 4, "abc…", "abc…"},
		{"abc", 1, "…", "…"},
		{"abc", 0, "", ""},
		{"abc", -1, "", ""},
		{"世界世", 4, "世… ", "世…"},
		{"\x1b[31mabcdef\x1b[0m", 4, "\x1b[31mabc…\x1b[0m", "\x1b[31mabc…\x1b[0m"},
		{"\x1b[31mab\x1b[0m", 4, "\x1b[31mab\x1b[0m  ", "\x1b[31mab\x1b[0m"},
	}
	for _, tt := range tests {
		if got := Fit(tt.in, tt.w); got != tt.fit {
			t.Errorf("Fit(%q, %d) = %q, want %q", tt.in, tt.w, got, tt.fit)
		}
		if got := Truncate(tt.in, tt.w); got != tt.cut {
			t.Errorf("Truncate(%q, %d) = %q, want %q", tt.in, tt.w, got, tt.cut)
		}
	}
}
