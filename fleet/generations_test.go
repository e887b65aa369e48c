package fleet

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// past makes a host whose profile has holes, a generation that is gone, and a
// pinned one.
func past(t *testing.T) fakeRoot {
	t.Helper()
	r := nixos(t)
	r.link("/nix/var/nix/profiles/system-7-link", sys41)
	r.link("/nix/var/nix/profiles/system-39-link", "/nix/store/44444444444444444444444444444444-nixos-system-pi-24.11")
	r.link("/nix/var/nix/profiles/system-40-link", sys41)
	r.link("/nix/var/nix/profiles/other-3-link", sys41)
	r.link("/nix/var/nix/gcroots/nixfleet/system-7-link", sys41)
	r.file(sys41+"/bin/switch-to-configuration", "#!/bin/sh\nINSTALL_BOOTLOADER=/nix/store/x-install-grub.sh\n")
	r.file(sys42+"/bin/switch-to-configuration", "\x7fELF\x00/nix/store/y-install-systemd-boot.sh\x00/nix/store/z-install-grub.sh")
	r.file(sys41+"/init-interface-version", "systemd 1")
	r.file(sys42+"/init-interface-version", "systemd 2")
	r.file(sys42+"/specialisation/gaming/nixos-version", "x")
	r.file(sys42+"/specialisation/work/nixos-version", "x")
	for _, sys := range []string{sys41, sys42} {
		target, err := os.Readlink(filepath.Join(r.dir, sys, "kernel-modules"))
		if err != nil {
			t.Fatal(err)
		}
		r.file(strings.TrimPrefix(target, r.dir)+"/lib/modules/"+target[strings.LastIndexByte(target, '-')+1:]+"/x.ko", "")
	}
	return r
}

func readPast(t *testing.T, l local) Generations {
	t.Helper()
	g, err := ReadGenerations(t.Context(), l, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGenerations(t *testing.T) {
	for name, words := range shells(t) {
		t.Run(name, func(t *testing.T) {
			root := past(t)
			at := time.Now().Add(-time.Hour).Truncate(time.Second)
			for _, n := range []string{"7", "39", "40", "41", "42"} {
				root.touch("/nix/var/nix/profiles/system-"+n+"-link", at)
			}
			g := readPast(t, local{root: root.dir, shell: words})
			const rev = "0123456789012345678901234567890123456789"
			boot := func(version string) []string {
				k := root.dir + "/nix/store/33333333333333333333333333333333-linux-" + version
				return []string{k + "/bzImage", k + "/initrd", k}
			}
			at = at.UTC()
			old := func(number int) Generation {
				return Generation{Number: number, Created: at, Path: sys41, Label: "25.05", Kernel: "6.12.1", Revision: rev, Boot: boot("6.12.1"), Loader: "grub", Init: "systemd 1",
					Specialisations: []string{}, Booted: true, Pinned: true}
			}
			want := []Generation{
				{Number: 42, Created: at, Path: sys42, Label: "25.11.20261101.abcdef0", Kernel: "6.12.2", Revision: rev, Specialisations: []string{"gaming", "work"},
					Boot: boot("6.12.2"), Loader: "systemd-boot", Init: "systemd 2", Running: true, BootDefault: true},
				old(41), old(40),
				{Number: 39, Created: at, Path: root.dir + "/nix/store/44444444444444444444444444444444-nixos-system-pi-24.11", Gone: true},
				old(7),
			}
			for i := range g.Generations {
				if len(g.Generations[i].Specialisations) == 0 && i != 3 {
					g.Generations[i].Specialisations = []string{}
				}
				if i >= len(want) || !reflect.DeepEqual(g.Generations[i], want[i]) {
					t.Errorf("got  %+v", g.Generations[i])
					if i < len(want) {
						t.Errorf("want %+v", want[i])
					}
				}
			}
			if len(g.Generations) != len(want) || g.Init != "systemd 2" || g.Reading.Generation != 42 {
				t.Errorf("%d generations; init %q, generation %d", len(g.Generations), g.Init, g.Reading.Generation)
			}
		})
	}
}

func TestNoGenerations(t *testing.T) {
	for name, c := range map[string]struct {
		root func(t *testing.T) fakeRoot
		want string
	}{
		"no NixOS": {newRoot, "it is no NixOS"},
		"no profile": {func(t *testing.T) fakeRoot {
			r := nixos(t)
			if err := os.RemoveAll(filepath.Join(r.dir, "nix/var/nix/profiles")); err != nil {
				t.Fatal(err)
			}
			return r
		}, "its system profile has no generations"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadGenerations(t.Context(), local{root: c.root(t).dir}, time.Now)
			var e *Error
			if !errors.As(err, &e) || !strings.HasPrefix(e.Message, c.want) || e.Hint == "" {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTarget(t *testing.T) {
	g := readPast(t, local{root: past(t).dir})
	for number, want := range map[int]string{
		41: "41", 7: "7", -1: "41", -2: "40", -3: "7", // 39 is gone
		39: "the system of generation 39 is gone", 999: "it has no generation 999; It has 7, 39 to 42.", -4: "it has no generation that far", 0: "it has no generation 0",
	} {
		found, err := g.Target(number)
		var e *Error
		got := ""
		if errors.As(err, &e) {
			got = e.Message + "; " + e.Hint
		} else {
			got = strconv.Itoa(found.Number)
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%d: %s, want %s", number, got, want)
		}
	}
}

func TestRisksAreSaid(t *testing.T) {
	root := past(t)
	g := readPast(t, local{root: root.dir})
	to, err := g.Target(42)
	if err != nil {
		t.Fatal(err)
	}
	// 42 runs, and 41 was booted: another kernel.
	if risks := strings.Join(g.RiskOf(to, true), "|"); !strings.Contains(risks, "kernel 6.12.2, and 6.12.1 is booted") || strings.Contains(risks, "boot menu") {
		t.Errorf("got %s", risks)
	}
	to, err = g.Target(41)
	if err != nil {
		t.Fatal(err)
	}
	risks := strings.Join(g.RiskOf(to, true), "|")
	if strings.Contains(risks, "kernel") || !strings.Contains(risks, "writes the boot menu with grub, and now systemd-boot does") || !strings.Contains(risks, "init") {
		t.Errorf("got %s", risks)
	}
	if risks := g.RiskOf(to, false); len(risks) != 1 {
		t.Errorf("of what is to be booted only: %q", risks)
	}
}

func TestClosuresOfSeveral(t *testing.T) {
	a, b := "/nix/store/11111111111111111111111111111111-a", "/nix/store/22222222222222222222222222222222-b"
	bin := t.TempDir()
	store := `#!/bin/sh
case "$1 $2 $3" in
"--query --requisites ` + a + `") printf '%s\n' ` + a + ` /nix/store/33333333333333333333333333333333-both ;;
"--query --requisites ` + b + `") printf '%s\n' /nix/store/33333333333333333333333333333333-both ` + b + ` ;;
"--query --size "*) shift 2; for x; do case $x in *both) echo 100 ;; *-a) echo 1 ;; *) echo 7 ;; esac; done ;;
*) echo "error: path '$3' is not valid" >&2; exit 1 ;;
esac
`
	if err := os.WriteFile(filepath.Join(bin, "nix-store"), []byte(store), 0o755); err != nil {
		t.Fatal(err)
	}
	gone := "/nix/store/44444444444444444444444444444444-gone"
	for name, words := range shells(t) {
		t.Run(name, func(t *testing.T) {
			c, err := ReadClosures(t.Context(), local{shell: words, path: bin + ":" + os.Getenv("PATH")}, []string{a, gone, b})
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Of(a); len(got) != 2 || got.Size() != 101 {
				t.Errorf("closure of a: %v", got)
			}
			if c.Of(gone) != nil || c.Lacks(gone) != "error: path '"+gone+"' is not valid" {
				t.Errorf("what is gone: %v, %q", c.Of(gone), c.Lacks(gone))
			}
			if got := []int64{c.Alone(a), c.Alone(b), c.Alone(a, b), c.Alone()}; !reflect.DeepEqual(got, []int64{1, 7, 108, 0}) {
				t.Errorf("alone: %v", got)
			}
		})
	}
	if _, err := ReadClosures(t.Context(), local{}, []string{"/nix/store/x; rm -rf /"}); err == nil {
		t.Error("what is no store path is handed to a shell")
	}
}

func TestClosuresThatAreCutOff(t *testing.T) {
	const path = "/nix/store/11111111111111111111111111111111-a"
	for _, out := range []string{"", "NF1\tpath\t1 " + path + "\n", "NF1\tpath\t1 " + path + "\nNF1\tend\t1\n"} {
		if _, err := parseClosures([]string{path}, []byte(out)); err == nil {
			t.Errorf("%q is taken for a closure", out)
		}
	}
}
