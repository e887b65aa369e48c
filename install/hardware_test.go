package install

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"nixfleet-tui/nixcmd"
)

func parsed(t *testing.T, line string) ssh.PublicKey {
	t.Helper()
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestHardwareWithoutGenerateConfig: what the kernel tells becomes a module.
func TestHardwareWithoutGenerateConfig(t *testing.T) {
	h, err := parseHardware(surveyed("mount\t/ btrfs /dev/disk/by-uuid/1 /root rw", "mount\t/boot vfat /dev/disk/by-uuid/2 / rw", "mount\t/data ext4 /dev/disk/by-uuid/3 / rw",
		"mount\t/srv\\040x ext4 /dev/disk/by-uuid/3 /srv rw", "swap\t/dev/disk/by-uuid/4", "module\tnvme", "module\tahci", "module\tnvme", "cpu\tamd"))
	if err != nil {
		t.Fatal(err)
	}
	got := string(h.nix(ready()))
	for _, want := range []string{
		`availableKernelModules = [ "ahci" "nvme" ]`, `boot.kernelModules = [ "kvm-amd" ]`,
		"fileSystems.\"/\" = {\n    device = \"/dev/disk/by-uuid/1\";\n    fsType = \"btrfs\";\n    options = [ \"subvol=root\" ];",
		"fileSystems.\"/srv x\" = {\n    device = \"/data/srv\";\n    fsType = \"ext4\";\n    options = [ \"bind\" ];",
		`options = [ "fmask=0022" "dmask=0022" ]`, `swapDevices = [ { device = "/dev/disk/by-uuid/4"; } ]`, `hostPlatform = lib.mkDefault "x86_64-linux"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
	parser, err := exec.LookPath("nix-instantiate")
	if err != nil {
		t.Skip("there is no nix-instantiate here: install it (Debian: apt-get install nix-bin)")
	}
	path := filepath.Join(t.TempDir(), "hw.nix")
	if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(parser, "--parse", path).CombinedOutput(); err != nil {
		t.Errorf("Nix does not take it: %s", out)
	}
}

// TestAnywhere: it is told where the hardware configuration goes only while
// there is none, since it would overwrite it.
func TestAnywhere(t *testing.T) {
	p := Plan{Host: "new1", Address: "2001:db8::1", Port: 2222, URL: "git+file:///m", Anywhere: "/bin/nixos-anywhere", Hardware: filepath.Join(t.TempDir(), "hw.nix")}
	want := []string{"/bin/nixos-anywhere", "--flake", "git+file:///m#new1", "--target-host", "root@2001:db8::1", "-p", "2222", "--generate-hardware-config", "nixos-generate-config", p.Hardware}
	if got := p.anywhere(); !slices.Equal(got, want) {
		t.Errorf("it is called as %q", got)
	}
	if err := os.WriteFile(p.Hardware, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := p.anywhere(); !slices.Equal(got, want[:7]) {
		t.Errorf("over a file that exists it is called as %q", got)
	}
}

// TestCourse: steps stand as they were told last, and old lines give way.
func TestCourse(t *testing.T) {
	c := NewCourse()
	before := c
	c = c.With(Telling{Step: "copy", Kind: TellBegin}).With(Telling{Step: "copy", Kind: TellProgress, Progress: &nixcmd.Progress{CopiesDone: 1}})
	copying := slices.IndexFunc(c.Steps, func(s StepCourse) bool { return s.Name == "copy" })
	if c.Steps[copying].State != TellBegin || c.Progress.CopiesDone != 1 || before.Steps[copying].State != "" {
		t.Errorf("it stands as %+v", c.Steps[copying])
	}
	for range 2 * courseLines {
		c = c.With(Telling{Step: "copy", Kind: TellLog, Text: "x"})
	}
	if len(c.Lines) != courseLines {
		t.Errorf("%d lines are kept", len(c.Lines))
	}
	if s := c.Stopped(); s.Steps[copying].State != "" || s.Progress != nil || c.Steps[copying].State != TellBegin {
		t.Errorf("stopped it is %+v", s.Steps[copying])
	}
	if c = c.With(Telling{Step: "copy", Kind: TellDone, Text: "all"}); c.Steps[copying] != (StepCourse{"copy", "copy it into the store at /mnt", TellDone, "all", true}) {
		t.Errorf("it stands as %+v", c.Steps[copying])
	}
}
