package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// installMark begins each line that answers package install's scripts.
const installMark = "nixfleet-install "

// identity is what the host is to who connects just now: an installer has
// another key than the host that it becomes.
func (s *server) identity() *ssh.ServerConfig {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first != nil && (s.state.Installing == nil || !s.state.Installing.Rebooted) {
		return s.first
	}
	return s.config
}

// installing is how far the installation has come there.
func (s snapshot) installation() installing {
	if s.Installing == nil {
		return installing{}
	}
	return *s.Installing
}

// install notes how far it has come.
func (c *call) install(how func(*installing)) int {
	return c.changed(func(m *machine) { m.install(how) })
}

// install puts a new value in the place of the old, which snapshots share.
func (m *machine) install(how func(*installing)) {
	next := installing{}
	if m.Installing != nil {
		next = *m.Installing
	}
	how(&next)
	m.Installing = &next
}

// installer answers the scripts by which a machine is installed, if script is
// one of them.
func (c *call) installer(script string) (status int, was bool) {
	switch {
	case c.server.first == nil || !strings.Contains(script, installMark) && !strings.Contains(script, "--print-invalid"):
		return 0, false
	case strings.Contains(script, "say owner "):
		c.surveyed()
	case strings.HasPrefix(script, "mode=") || strings.Contains(script, "\nunmake /"):
		status = c.keys(script)
	case strings.Contains(script, "--print-invalid"):
		status = c.install(func(i *installing) { i.Copied = false })
	case strings.HasPrefix(script, "while read -r p"):
		c.lacking(script)
	case strings.Contains(script, "--check-validity"):
		if c.server.snapshot().installation().Copied {
			c.told("valid", "yes")
		}
		c.told("end", "ok")
	case strings.HasPrefix(script, "dir="):
		status = c.finishing(script)
	}
	return status, true
}

func (c *call) told(key, value string) {
	fmt.Fprintf(c.stdout, "%s%s\t%s\n", installMark, key, value)
}

// surveyed tells what the machine is.
func (c *call) surveyed() {
	snap := c.server.snapshot()
	for _, a := range []answer{
		{"kernel", "Linux"}, {"machine", "x86_64"}, {"uid", "0"}, {"os", "NixOS 26.05 (Yarara)"},
		{"program", "nix-store"}, {"program", "nixos-install"}, {"program", "nixos-generate-config"}, {"program", "ssh-keygen"},
		{"firmware", "UEFI"}, {"mounted", "yes"}, {"owner", "0:0 755"}, {"free", fmt.Sprint(snap.story.nixLow << 20)},
		{"disk", "nvme0n1 1000204886016 Samsung SSD 980 PRO 1TB"}, {"profile", snap.installed()},
	} {
		c.told(a.key, a.value)
	}
	c.told("end", "ok")
}

// installed is the system that nixos-install has set, or "".
func (s snapshot) installed() string {
	if i := s.installation(); i.Began != 0 {
		return i.System
	}
	return ""
}

// keys makes the host's key, looks at it, or removes it.
func (c *call) keys(script string) (status int) {
	snap := c.server.snapshot()
	public, err := readOrMakeKey(c.server.dir.hostKey(c.server.host.Name), c.server.host.Name)
	if err != nil {
		fmt.Fprintln(c.stderr, "error:", err)
		return 1
	}
	keyed := snap.installation().Keyed
	switch {
	case strings.Contains(script, "\nunmake /"):
		status, keyed = c.install(func(i *installing) { i.Keyed = false }), false
		c.told("removed", installedKey)
	case strings.HasPrefix(script, "mode=make") && !keyed:
		status, keyed = c.install(func(i *installing) { i.Keyed = true }), true
		c.told("made", "/mnt"+installedKey)
	}
	if keyed {
		c.told("key", "/mnt"+installedKey+" "+publicLine(public.PublicKey()))
	}
	c.told("end", "ok")
	return status
}

// lacking names those of the paths in a script that are not in the store yet.
func (c *call) lacking(script string) {
	if !c.server.snapshot().installation().Copied {
		for line := range strings.Lines(script) {
			if path := strings.TrimSpace(line); strings.HasPrefix(path, storeDir) {
				c.told("lacks", path)
			}
		}
	}
	c.told("end", "ok")
}

// finishing begins nixos-install, or tells how it stands and what it says.
func (c *call) finishing(script string) int {
	system := ""
	if _, after, ok := strings.Cut(script, " system="); ok {
		system, _, _ = strings.Cut(after, " ")
	}
	script = strings.TrimSpace(script)
	last := script[strings.LastIndexByte(script, '\n')+1:]
	if last == "begin" {
		return c.install(func(i *installing) { i.Began, i.System = c.server.now().Unix(), system })
	}
	snap := c.server.snapshot()
	i := snap.installation()
	lines := c.nixosInstall(snap)
	switch {
	case i.Began == 0:
		c.told("state", "none")
	case len(lines) < len(installLog(i.System)):
		c.told("state", "running")
	default:
		c.told("state", "exit 0")
	}
	if i.Began != 0 {
		c.told("system", i.System)
	}
	c.told("profile", snap.installed())
	c.told("end", "ok")
	var offset int
	fmt.Sscanf(last, "look %d", &offset) // else all of it
	log := strings.Join(append(slices.Clone(lines), ""), "\n")
	fmt.Fprint(c.stdout, log[min(offset, len(log)):])
	return 0
}

// installLog is what nixos-install says in the end.
func installLog(system string) []string {
	return []string{
		"installing the boot loader...",
		"setting up /etc...",
		"updating GRUB 2 menu...",
		"Created \"/boot/EFI\".",
		"Installed \"" + system + "\" as generation 1.",
		"installation finished!",
	}
}

// nixosInstall is what it has said so far.
func (c *call) nixosInstall(snap snapshot) []string {
	i := snap.installation()
	if i.Began == 0 {
		return nil
	}
	all := installLog(i.System)
	each := time.Duration(float64(installTakes)/c.speed) / time.Duration(len(all))
	done := int(snap.now.Sub(time.Unix(i.Began, 0)) / max(each, 1))
	return all[:max(0, min(done, len(all)))]
}

// generateConfig is nixos-generate-config on the installer.
func (c *call) generateConfig(_ context.Context, args []string) int {
	if !slices.Contains(args, "--show-hardware-config") {
		fmt.Fprintln(c.stderr, "error: the demo's installer knows `nixos-generate-config --root /mnt --show-hardware-config`")
		return 1
	}
	fmt.Fprint(c.stdout, `{ config, lib, pkgs, modulesPath, ... }:
{
  imports = [ (modulesPath + "/installer/scan/not-detected.nix") ];
  boot.initrd.availableKernelModules = [ "nvme" "xhci_pci" "ahci" ];
  boot.kernelModules = [ "kvm-amd" ];
  fileSystems."/" = { device = "/dev/disk/by-uuid/6e1f0c6a-5b1e-4a52-9d0c-1f5f2f3a9f10"; fsType = "ext4"; };
  fileSystems."/boot" = { device = "/dev/disk/by-uuid/7A2C-11F0"; fsType = "vfat"; };
  nixpkgs.hostPlatform = lib.mkDefault "x86_64-linux";
}
`)
	return 0
}
