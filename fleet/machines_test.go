package fleet

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestScriptReadsMachinesFiles runs the full script on a host whose list of
// builders includes others, and has every kind of mistake in it.
func TestScriptReadsMachinesFiles(t *testing.T) {
	for name, words := range shells(t) {
		t.Run(name, func(t *testing.T) {
			root := nixos(t)
			root.file("/etc/nix/machines", "# builders\n\nssh-ng://nix@a\tx86_64-linux,i686-linux /key 4 2 kvm\n@/etc/nix/more ; ssh://b # and @/etc/nix/never\nssh://c - - many\n"+
				"ftp://d\nssh://e - - - - - - !!!\nssh://long "+strings.Repeat("kvm,", 1<<18)+"\n*\n@/etc/nix/gone\nssh://last")
			root.file("/etc/nix/more", "ssh://included\n@/etc/nix/machines\n")
			root.file("/etc/nix/never", "ssh://never")
			m := readRoot(t, local{root: root.dir, shell: words}, true).Machines
			var names []string
			for _, one := range m.List {
				names = append(names, one.HostName)
			}
			if !slices.Equal(names, []string{"a", "included", "b", "*", "last"}) {
				t.Errorf("listed are %q", names)
			}
			if a := m.List[0]; a.String() != "ssh-ng://nix@a x86_64-linux,i686-linux /key 4 2 kvm - -" {
				t.Errorf("a is %s", a)
			}
			if b := m.List[2]; !slices.Equal(b.Systems, []string{"aarch64-linux"}) {
				t.Errorf("b is for %q", b.Systems)
			}
			var places []string
			for _, mistake := range m.Mistakes {
				place, _, _ := strings.Cut(mistake, ": ")
				places = append(places, place)
				if len(mistake) > 300 {
					t.Errorf("a mistake of %d bytes", len(mistake))
				}
			}
			if want := []string{MachinesFile + " includes itself", "/etc/nix/machines:5", "/etc/nix/machines:6", "/etc/nix/machines:7", "/etc/nix/machines:8"}; !slices.Equal(places, want) {
				t.Errorf("mistakes: %q", m.Mistakes)
			}
		})
	}
}

func TestNoMachinesFile(t *testing.T) {
	root := nixos(t)
	if r := readRoot(t, local{root: root.dir}, true); !reflect.DeepEqual(r.Machines, Machines{}) {
		t.Errorf("got %+v", r.Machines)
	}
}

// TestMachinesStay: the fast script does not read them, and they stay.
func TestMachinesStay(t *testing.T) {
	root := nixos(t)
	root.file("/etc/nix/machines", "ssh://a x86_64-linux")
	full, fast := readRoot(t, local{root: root.dir}, true), readRoot(t, local{root: root.dir}, false)
	if merged := full.merge(fast); len(fast.Machines.List) != 0 || !merged.Machines.Equal(full.Machines) || len(merged.Machines.List) != 1 {
		t.Errorf("got %+v", merged.Machines)
	}
}

// TestLineNumbersFromElsewhere: what a host says of line numbers is no size.
func TestLineNumbersFromElsewhere(t *testing.T) {
	a := map[string]string{"machines 1": MachinesFile, "machines 1 99999999999": "ssh://a", "machines 1 -1": "ssh://b", "machines 1 2": "ssh://c", "machines 2 1": "ssh://d"}
	if m := listedMachines(a, ""); len(m.List) != 1 || m.List[0].HostName != "c" {
		t.Errorf("got %+v", m)
	}
}

func TestListed(t *testing.T) {
	for want, from := range map[string][]string{
		"": nil,
		"fleet.nix; /etc/nix/machines; nix.buildMachines of a, b; /etc/nix/machines of a": {"fleet.nix", "nix.buildMachines of a", "nix.buildMachines of b", "/etc/nix/machines", "/etc/nix/machines of a"},
		"nix.buildMachines of a, b and 2 more":                                            {"nix.buildMachines of a", "nix.buildMachines of b", "nix.buildMachines of c", "nix.buildMachines of d"},
	} {
		if got := (Builder{From: from}).Listed(); got != want {
			t.Errorf("%q is told as %q", from, got)
		}
	}
}
