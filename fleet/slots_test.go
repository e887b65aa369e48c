package fleet

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

func TestSlotHost(t *testing.T) {
	for slot, want := range map[string]string{
		"ssh-ng:__nix@build04-0": "build04", "ssh:__big.example.org-12": "big.example.org", "ssh-ng:__a@b-c.d:2222-3": "b-c.d",
		"ssh-ng:__nix@[fd00::1]-1": "fd00::1", "ssh-ng:__nix@fd00::1-1": "fd00::1", "ssh-ng:__me@x?ssh-key=_k-0": "x", "main": "", "1a2b3c-0": "",
	} {
		if got := slotHost(slot); got != want {
			t.Errorf("%s is a slot of %q, not %q", slot, got, want)
		}
	}
}

func TestHolders(t *testing.T) {
	inv := &Inventory{Hosts: []Host{{Name: "big", Address: "big.lan"}}}
	b := Builder{Name: "big", Host: "big", Address: "big.lan"}
	up := func(slots ...string) Status { return Status{State: StateUp, Reading: Reading{Slots: slots}} }
	gone := up("ssh:__big-7")
	gone.State = StateDown
	got := inv.Holders(b, map[string]Status{
		"a": up("ssh:__big-0", "ssh:__other-0"), "b": up("ssh-ng:__nix@big.lan-1", "ssh-ng:__nix@big.lan-2"), "c": up("ssh:__other-1"), "d": gone, "e": up("ssh:__big-3"),
	})
	if want := []Holder{{"b", 2}, {"a", 1}, {"e", 1}}; !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

// TestAMachineHoldsSlotsOnce: under whatever names it was read.
func TestAMachineHoldsSlotsOnce(t *testing.T) {
	inv, b := &Inventory{}, Builder{Name: "big", Address: "big"}
	s := Status{State: StateUp, Reading: Reading{Slots: []string{"ssh:__big-0", "ssh:__big-1"}, Host: "h1", MachineID: "m", BootID: "b"}}
	other := s
	other.Reading.MachineID = "n"
	for _, names := range [][]string{{"a.example.org", "h1"}, {"h1", "z.example.org"}, {ThisMachineName, "h1"}, {"h1"}} {
		statuses := map[string]Status{"other": other}
		for _, name := range names {
			statuses[name] = s
		}
		if got := inv.Holders(b, statuses); !slices.Equal(got, []Holder{{"h1", 2}, {"other", 2}}) {
			t.Errorf("%q hold %+v", names, got)
		}
	}
	if got := inv.Holders(b, map[string]Status{ThisMachineName: s, "z": s}); !slices.Equal(got, []Holder{{"z", 2}}) {
		t.Errorf("this machine is a host: %+v", got)
	}
}

// TestScriptSeesSlots: Nix holds a slot with flock on a file that only root can read.
func TestScriptSeesSlots(t *testing.T) {
	for name, words := range shells(t) {
		t.Run(name, func(t *testing.T) {
			root := nixos(t)
			const load = "/nix/var/nix/current-load/"
			for _, file := range []string{"ssh-ng:__nix@big-0", "ssh-ng:__nix@big-1", "ssh-ng:__nix@big.upload-lock", "main-lock"} {
				root.file(load+file, "")
			}
			locks := ""
			for _, file := range []string{"ssh-ng:__nix@big-1", "ssh-ng:__nix@big.upload-lock", "main-lock"} {
				info, err := os.Stat(filepath.Join(root.dir, load, file))
				if err != nil {
					t.Fatal(err)
				}
				locks += fmt.Sprintf("1: FLOCK  ADVISORY  WRITE 77 fe:00:%d 0 EOF\n", info.Sys().(*syscall.Stat_t).Ino)
			}
			root.file("/proc/locks", locks)
			if r := readRoot(t, local{root: root.dir, shell: words}, false); !slices.Equal(r.Slots, []string{"ssh-ng:__nix@big-1"}) || r.Builds != 0 {
				t.Errorf("slots %q, %d builds", r.Slots, r.Builds)
			}
		})
	}
}
