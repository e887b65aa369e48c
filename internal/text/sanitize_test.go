package text

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// four is a character with as many marks as it may carry.
func four(character string) string { return character + strings.Repeat("\u0301", maxMarks) }

func TestLine(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "building '/nix/store/abc'", "building '/nix/store/abc'"},
		{"empty", "", ""},
		{"line ending", "done\r\n", "done"},
		{"inner newline", "a\nb\n", `a\x0ab`},
		{"carriage return and backspace", "ok\rno\b", `ok\x0dno\x08`},
		{"bell and nul", "\a\x00", `\x07\x00`},
		{"delete", "a\x7f", `a\x7f`},
		{"colour is dropped", "\x1b[31mred\x1b[0m", "red"},
		{"clear screen", "\x1b[2J", `\x1b[2J`},
		{"window title", "\x1b]0;pwned\a", `\x1b]0;pwned\x07`},
		{"clipboard", "\x1b]52;c;eA==\x1b\\", `\x1b]52;c;eA==\x1b\`},
		{"C1 introducer as UTF-8", "\u009b31m", `\u009b31m`},
		{"C1 introducer as a byte", "\x9b31m", `\x9b31m`},
		{"bad bytes", "a\xff\xfeb", `a\xff\xfeb`},
		{"surrogate", "\xed\xa0\x80", `\xed\xa0\x80`},
		{"bidi override", "x\u202etxt.exe", `x\u202etxt.exe`},
		{"zero width", "a\u200bb\ufeff", `a\u200bb\ufeff`},
		{"line separator", "a\u2028b", `a\u2028b`},
		{"tag", "a\U000e0041", `a\U000e0041`},
		{"soft hyphen", "a\u00adb", `a\u00adb`},
		{"hangul filler", "a\u3164b", `a\u3164b`},
		{"letter that takes the next one in", "\u0d4e", `\u0d4e`},
		{"tabs", "a\tb\tc", "a       b       c"},
		{"tab after wide", "世\tb", "世      b"},
		{"words of the world", "Grüße, 世界, привет, ☃", "Grüße, 世界, привет, ☃"},
		{"emoji presentation", "\u26a0\ufe0f!", "\u26a0!"},
		{"combining mark", "e\u0301", "e\u0301"},
		{"mark without a base", "\u0301x", `\u0301x`},
		{"too many marks", "e\u0301\u0301\u0301\u0301\u0301", "e\u0301\u0301\u0301\u0301\\u0301"},
		{"marks are counted for each character", four("e") + four("a") + four("世") + four("i"), four("e") + four("a") + four("世") + four("i")},
		{"marks on an escape", "\xff" + four("") + "\u0301", four(`\xff`) + `\u0301`},
		{"marks behind a tab", four("e") + "\t" + four(""), four("e") + "       " + four("")},
		{"text presentation", "\u26a0\ufe0e!", "\u26a0!"},
		{"what others showed for a bad byte", "a\ufffdb", "a\ufffdb"},
		{"icon font", "\ue0b0 main", "\ue0b0 main"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Line(tt.in); got != tt.want {
				t.Errorf("Line(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestStyled(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"closed colour", "\x1b[31mred\x1b[0m.", "\x1b[31mred\x1b[0m."},
		{"closed by the short form", "\x1b[1mb\x1b[m", "\x1b[1mb\x1b[m"},
		{"open colour is closed", "\x1b[31mred", "\x1b[31mred\x1b[0m"},
		{"reset then colour", "\x1b[0;31mred", "\x1b[0;31mred\x1b[0m"},
		{"256 colours", "\x1b[38;5;8mgrey\x1b[0m", "\x1b[38;5;8mgrey\x1b[0m"},
		{"true colour", "\x1b[48;2;8;8;8mx\x1b[0m", "\x1b[48;2;8;8;8mx\x1b[0m"},
		{"curly underline", "\x1b[4:3mx\x1b[0m", "\x1b[4:3mx\x1b[0m"},
		{"conceal is dropped", "\x1b[8msecret\x1b[0m", "secret\x1b[0m"},
		{"conceal beside a colour", "\x1b[31;8mx\x1b[0m", "\x1b[31mx\x1b[0m"},
		{"conceal with zeros", "\x1b[008mx", "x"},
		{"blink is dropped", "\x1b[5mx", "x"},
		{"bright colours", "\x1b[97;107mx\x1b[0m", "\x1b[97;107mx\x1b[0m"},
		{"one bright background", "\x1b[107mx\x1b[0m", "\x1b[107mx\x1b[0m"},
		{"colour of an underline", "\x1b[58;5;5mx\x1b[0m", "\x1b[58;5;5mx\x1b[0m"},
		{"colour with colons", "\x1b[38:5:8mx\x1b[0m", "\x1b[38:5:8mx\x1b[0m"},
		{"closed beside another", "\x1b[1;0mx", "\x1b[1;0mx"},
		{"no code of ours", "\x1b[51mx\x1b[98mx\x1b[108mx\x1b[117mx\x1b[311mx", "xxxxx"},
		{"nothing is left", "\x1b[8;5mx", "x"},
		{"blink among others", "\x1b[1;5;31mx", "\x1b[1;31mx\x1b[0m"},
		{"colours that end early", "\x1b[38mx\x1b[31;38mx\x1b[0m\x1b[38;5mx\x1b[38;2;1mx\x1b[38;2;1;2mx\x1b[38:mx", "x\x1b[31mx\x1b[0mxxxx"},
		{"conceal with colons", "\x1b[8:1mx\x1b[31:5mx", "xx"},
		{"keyboard mode is no colour", "\x1b[>4;2mx", `\x1b[>4;2mx`},
		{"cursor", "\x1b[1A\x1b[31mx", "\\x1b[1A\x1b[31mx\x1b[0m"},
		{"cut sequence", "x\x1b[31", `x\x1b[31`},
		{"endless sequence", "\x1b[" + strings.Repeat("1;", 60) + "m", `\x1b[` + strings.Repeat("1;", 60) + "m"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Styled(tt.in); got != tt.want {
				t.Errorf("Styled(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// TestNothingHides: characters that are drawn as nothing are shown by number,
// also those that Unicode counts as letters or as marks on the one before.
func TestNothingHides(t *testing.T) {
	for _, span := range [][2]rune{
		{0x034f, 0x034f}, {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
		{0x3164, 0x3164}, {0xfe00, 0xfe0d}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xe0001, 0xe007f}, {0xe0100, 0xe01ef},
	} {
		for r := span[0]; r <= span[1]; r++ {
			want := fmt.Sprintf(`a\u%04xb`, r)
			if r > 0xffff {
				want = fmt.Sprintf(`a\U%08xb`, r)
			}
			if got := Line("a" + string(r) + "b"); got != want {
				t.Errorf("%U is shown as %q, want %q", r, got, want)
			}
		}
	}
	for _, r := range []rune{0x034e, 0x0350, 0x115e, 0x1161, 0x17b3, 0x17b6, 0x180a, 0x1810, 0x3163, 0x3165, 0xfdff, 0xfe10, 0xff9f, 0xffa1} {
		if got, want := Line("a"+string(r)), "a"+string(r); got != want {
			t.Errorf("%U, which is to be seen, is shown as %q", r, got)
		}
	}
}

// TestNoCharacterTakesTheNextOneIn: whatever is shown, a space behind it takes
// a cell of its own.
func TestNoCharacterTakesTheNextOneIn(t *testing.T) {
	for r := rune(' '); r <= unicode.MaxRune; r++ {
		if !visible(r) || unicode.Is(unicode.M, r) {
			continue
		}
		if s := string(r); Width(s+" ") != Width(s)+1 {
			t.Errorf("%U: %d cells, and %d with a space", r, Width(s), Width(s+" "))
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, seed := range []string{
		"plain", "\x1b[31mred\x1b[0m", "\x1b[38;5;8;8m", "\x1b]0;t\a", "\u009b1m", "\xff\xed\xa0\x80", "a\tb\t",
		"\u202e\u2066\u200d\ufeff", "e\u0301\u0301\u0301\u0301\u0301", "👩‍💻", "\x1b[4:3;58:2::1:2:3m", "\x1b[", "\r\n", "\U000e0041", "\u0d4e",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line := Line(s)
		checkHarmless(t, line, false)
		if again := Line(line); again != line {
			t.Errorf("Line(%q) is %q, and of that %q", s, line, again)
		}
		styled := Styled(s)
		checkHarmless(t, styled, true)
		if again := Styled(styled); again != styled {
			t.Errorf("Styled(%q) is %q, and of that %q", s, styled, again)
		}
		if Line(styled) != line {
			t.Errorf("%q: Styled says %q, Line says %q", s, Line(styled), line)
		}
		for _, w := range []int{0, 1, 7, 40} {
			if got := Width(Fit(styled, w)); got != w {
				t.Errorf("Fit(%q, %d) is %d cells wide", styled, w, got)
			}
			if got := Width(Truncate(styled, w)); got > w {
				t.Errorf("Truncate(%q, %d) is %d cells wide", styled, w, got)
			}
		}
	})
}

// checkHarmless fails if s holds anything but ink, spaces and, where allowed, colours.
func checkHarmless(t *testing.T, s string, colours bool) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%q is not UTF-8", s)
	}
	open := false
	for rest := s; rest != ""; {
		if params, n := sgr(rest); n > 0 && colours {
			var changed bool
			if _, open, changed = keepColours(params, open); !changed {
				t.Errorf("%q holds a forbidden colour %q", s, params)
			}
			rest = rest[n:]
			continue
		}
		r, n := utf8.DecodeRuneInString(rest)
		if r < 0x20 || r == 0x7f || !visible(r) {
			t.Errorf("%q holds %U", s, r)
		}
		rest = rest[n:]
	}
	if open {
		t.Errorf("%q leaves a colour open", s)
	}
}

func BenchmarkStyledPlain(b *testing.B) {
	s := strings.Repeat("copying path '/nix/store/abc' ", 4)
	b.ReportAllocs()
	for b.Loop() {
		Styled(s)
	}
}

func BenchmarkStyledColours(b *testing.B) {
	s := strings.Repeat("\x1b[32mcopying\x1b[0m path '/nix/store/abc' ", 4)
	b.ReportAllocs()
	for b.Loop() {
		Styled(s)
	}
}
