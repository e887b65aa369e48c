package nixcmd

import (
	"strings"
	"testing"
)

// closureOf is a closure of "NAME=SIZE" words; each path has a hash of its own.
func closureOf(t *testing.T, words string, hash byte) Closure {
	t.Helper()
	c := Closure{}
	for i, word := range strings.Fields(words) {
		name, size, _ := strings.Cut(word, "=")
		path := StorePath(StoreDir + strings.Repeat(string(hash), hashLen-1) + string("0123456789abcdf"[i]) + "-" + name)
		n := int64(0)
		for _, digit := range size {
			n = n*10 + int64(digit-'0')
		}
		c[path] = n
	}
	return c
}

// The expected lines are what `nix store diff-closures` of Nix 2.8 to 2.32
// prints by its source, which names the rules.
func TestDiffClosures(t *testing.T) {
	for name, c := range map[string]struct{ before, after, want string }{
		"nothing":                            {"a-1=10", "a-1=10", ""},
		"another version":                    {"openssl-3.0.7=100", "openssl-3.0.8=100", "openssl: 3.0.7 → 3.0.8"},
		"with its size":                      {"openssl-3.0.7=100", "openssl-3.0.8=13002", "openssl: 3.0.7 → 3.0.8, +12.6 KiB"},
		"smaller":                            {"a-1=20480", "a-1=0", "a: -20.0 KiB"},
		"just under 8 KiB":                   {"a-1=8191", "a-1=0", ""},
		"8 KiB":                              {"a-1=0", "a-1=8192", "a: +8.0 KiB"},
		"new":                                {"", "a-1=1", "a: ∅ → 1"},
		"gone":                               {"a-1=1", "", "a: 1 → ∅"},
		"without a version":                  {"etc=1", "", "etc: ε → ∅"},
		"a version beside none":              {"linux=1", "linux=1 linux-6.1=9000", "linux: ∅ → 6.1, +8.8 KiB"},
		"several versions":                   {"a-1=1 a-2=1", "a-2=1 a-3=1 a-10=1", "a: 1 → 10, 3"},
		"outputs count as their package":     {"a-1-bin=1 a-1=1", "a-2-lib32=1 a-2=1", "a: 1 → 2"},
		"a word at the end is no version":    {"a-2024-unstable=1", "a-2024=1", ""},
		"an output of what has no version":   {"etc-hosts=1", "etc=1", ""},
		"dashes in names":                    {"nix-store-1.0=1", "nix-store-1.0=9000", "nix-store: +8.8 KiB"},
		"sorted by bytes, capitals first":    {"b-1=1 A-1=1", "", "A: 1 → ∅|b: 1 → ∅"},
		"more than a MiB is still in KiB":    {"a-1=0", "a-1=3145728", "a: +3072.0 KiB"},
		"the same path name, two hashes":     {"a-1=1", "a-1=1 a-1=9000", "a: +8.8 KiB"},
		"a suffix that is a version by Nix":  {"a-1.2-rc1=1", "a-1.2-rc2=1", "a: 1.2-rc1 → 1.2-rc2"},
		"no letters before the dash: a name": {"x-3d=1", "x-4d=1", "x: 3d → 4d"},
	} {
		t.Run(name, func(t *testing.T) {
			var lines []string
			for _, change := range DiffClosures(closureOf(t, c.before, 'a'), closureOf(t, c.after, 'b')) {
				lines = append(lines, change.String())
			}
			if got := strings.Join(lines, "|"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestPackageVersion(t *testing.T) {
	for name, want := range map[string][2]string{
		"glibc-2.42-32":                           {"glibc", "2.42-32"},
		"glibc-2.42-32-bin":                       {"glibc", "2.42-32"},
		"nixos-system-web1-25.11.20261101.abcdef": {"nixos-system-web1", "25.11.20261101.abcdef"},
		"unit-nginx.service":                      {"unit-nginx.service", ""},
		"system-path":                             {"system", ""}, // an output's name, for all that Nix can tell
		"linux-6.12.57-modules":                   {"linux", "6.12.57"},
		"python3.13-requests-2.32":                {"python3.13-requests", "2.32"},
		"a-":                                      {"a-", ""},
		"-":                                       {"-", ""},
	} {
		pkg, version := packageVersion(name)
		if pkg != want[0] || version != want[1] {
			t.Errorf("%s is %q at %q, want %q", name, pkg, version, want)
		}
	}
}

func TestFormatBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "+1023 B", 1536: "+1.5 KiB", -2 << 20: "-2.0 MiB", 5 << 40: "+5.0 TiB"} {
		if got := FormatDelta(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

func TestParseGenerationLink(t *testing.T) {
	for link, want := range map[string]int{
		"system-42-link": 42, GenerationLink(7): 7, "/x/system-1-link": 1,
		"system": 0, "system--link": 0, "system-x-link": 0, "system-042-link": 0, "system-1-link.tmp": 0, "per-user-1-link": 0,
		"system-99999999999999999999-link": 0, "system-+1-link": 0,
	} {
		if got, ok := ParseGenerationLink(link); got != want && ok || ok != (want != 0) {
			t.Errorf("%s: %d, %v; want %d", link, got, ok, want)
		}
	}
}

// FuzzPackageVersion: whatever a path is called, its package is a part of it.
func FuzzPackageVersion(f *testing.F) {
	f.Add("openssl-3.0.8-bin")
	f.Fuzz(func(t *testing.T, name string) {
		pkg, version := packageVersion(name)
		if len(pkg)+len(version) > len(name) || !strings.HasPrefix(name, pkg) || version != "" && !strings.HasPrefix(name[len(pkg)+1:], version) {
			t.Errorf("%q is %q at %q", name, pkg, version)
		}
	})
}
