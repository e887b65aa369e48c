package install

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/internal/text"
)

// nixLiteral is a string of Nix without anything to be evaluated in it.
var nixLiteral = regexp.MustCompile(`(?s)^"([^"\\$]|\\.|\$+([^"\\${]|\\.|$))*\$*"$`)

// FuzzTarget: whatever an installer answers is read or refused, and what is read
// can be shown.
func FuzzTarget(f *testing.F) {
	mark := func(lines ...string) string { return markers + strings.Join(lines, "\n"+markers) + "\n" }
	for _, seed := range []string{
		mark("kernel\tLinux", "machine\tx86_64", "uid\t0", "os\tNixOS", "program\tnix-store", "firmware\tuefi", "mounted\tyes", "owner\t0:0 755", "free\t1048576",
			"disk\t/dev/vda 274877906944 QEMU HARDDISK", "own\tssh-ed25519 AAAA", "profile\t/nix/store/x", "end\tok"),
		mark("mount\t/ ext4 /dev/vda2 /", `mount	/srv/a\040b btrfs /dev/vda3 /@b`, "swap\t/dev/vda4", "module\tahci", "cpu\tintel", "end\tok"),
		mark("cpu\tintel.x = 1; }; evil = { a", "end\tok"),
		mark("state\texit 0", "system\t/nix/store/x", "profile\t/nix/store/x", "end\tok") + "log\x1b[2Jof nixos-install",
		mark("made\t/mnt/etc/ssh/ssh_host_ed25519_key", "key\t/mnt/etc/ssh/a b ssh-ed25519 AAAA", "end\tok"),
		mark("free\t-1", "disk\t", "disk\tx 99999999999999999999", "key\t", "key\ta b"),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		shown := func(what string, words ...string) {
			for _, w := range words {
				if text.Line(w) != w {
					t.Errorf("%s cannot be shown: %q", what, w)
				}
			}
		}
		s, err := parseSurvey(out)
		if err != nil {
			shown("the refusal", err.Error())
		}
		shown("the survey", append(append(s.programs, s.own...), s.kernel, s.machine, s.uid, s.os, s.firmware, s.owner, s.profile)...)
		if s.free < -1 {
			t.Errorf("%d bytes are free", s.free)
		}
		for _, d := range s.disks {
			shown("a disk", d.name, d.model)
			if d.size < 0 {
				t.Errorf("a disk of %d bytes", d.size)
			}
		}
		h, _ := parseHardware(out) // refused as the survey is
		if !slices.Contains([]string{"", "intel", "amd"}, h.cpu) {
			t.Errorf("a processor by %q goes into the configuration", h.cpu)
		}
		for _, m := range h.mounts {
			if literal := nixString(m.device); !nixLiteral.MatchString(literal) {
				t.Errorf("%q is written as %s, which is more than a string", m.device, literal)
			}
		}
		finished, _ := parseFinishing(out)
		shown("how it stands", finished.state, finished.system, finished.profile)
		keys, made, _ := parseKeys(out)
		shown("keys", made...)
		for _, k := range keys {
			shown("a key", k.Path, k.Public)
		}
	})
}
