package install

import (
	_ "embed" // for the script
	"fmt"
	"path"
	"slices"
	"strings"
)

//go:embed hardware.sh
var hardwareScript []byte

// mount is a file system as the target has it below /mnt.
type mount struct {
	at, kind, device, sub string
}

// hardware is what has to be in a configuration for a machine to boot.
type hardware struct {
	mounts  []mount
	swaps   []string
	modules []string // for the initrd
	cpu     string   // intel, amd, or ""
}

func parseHardware(out []byte) (h hardware, err error) {
	all, err := answers(out)
	for _, a := range all {
		words := strings.Fields(a.value)
		switch {
		case a.key == "mount" && len(words) >= 4:
			m := mount{unescaped(words[0]), words[1], unescaped(words[2]), unescaped(words[3])}
			h.mounts = slices.DeleteFunc(h.mounts, func(o mount) bool { return o.at == m.at }) // the last lies over the others
			h.mounts = append(h.mounts, m)
		case a.key == "swap":
			h.swaps = append(h.swaps, a.value)
		case a.key == "module" && a.value != "":
			h.modules = append(h.modules, a.value)
		case a.key == "cpu" && (a.value == "intel" || a.value == "amd"): // it becomes code
			h.cpu = a.value
		}
	}
	slices.Sort(h.modules)
	h.modules = slices.Compact(h.modules)
	return h, err
}

// unescaped reads the octal escapes of mountinfo.
func unescaped(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// nix is a NixOS module that says so.
func (h hardware) nix(s survey) []byte {
	var b strings.Builder
	b.WriteString("# Written from what the target's kernel told, since there was no nixos-generate-config.\n{ lib, modulesPath, ... }:\n{\n")
	b.WriteString("  imports = [ (modulesPath + \"/installer/scan/not-detected.nix\") ];\n\n")
	fmt.Fprintf(&b, "  boot.initrd.availableKernelModules = [ %s];\n", quotedWords(h.modules))
	if h.cpu != "" {
		fmt.Fprintf(&b, "  boot.kernelModules = [ \"kvm-%s\" ];\n  hardware.cpu.%[1]s.updateMicrocode = lib.mkDefault true;\n", h.cpu)
	}
	b.WriteString("\n")
	for _, m := range h.mounts {
		fmt.Fprintf(&b, "  fileSystems.%s = {\n    device = %s;\n    fsType = %s;\n", nixString(m.at), nixString(h.source(m)), nixString(m.kind))
		if options := m.options(); len(options) > 0 {
			fmt.Fprintf(&b, "    options = [ %s];\n", quotedWords(options))
		}
		b.WriteString("  };\n\n")
	}
	var swaps strings.Builder
	for _, device := range h.swaps {
		fmt.Fprintf(&swaps, "{ device = %s; } ", nixString(device))
	}
	fmt.Fprintf(&b, "  swapDevices = [ %s];\n\n  nixpkgs.hostPlatform = lib.mkDefault %s;\n}\n", &swaps, nixString(s.machine+"-linux"))
	return []byte(b.String())
}

func quotedWords(words []string) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteString(nixString(w) + " ")
	}
	return b.String()
}

// bound says whether it is a part of a file system that is not mounted by its
// own device: bind mounts have a root other than / where subvolumes are not known.
func (m mount) bound() bool { return m.sub != "/" && m.kind != "btrfs" }

// source is a mount's device, or the directory that it is bound to: below where
// the same device is mounted as a whole.
func (h hardware) source(m mount) string {
	if !m.bound() {
		return m.device
	}
	for _, o := range h.mounts {
		if o.device == m.device && !o.bound() {
			return path.Join(o.at, m.sub)
		}
	}
	return m.sub
}

func (m mount) options() []string {
	switch {
	case m.bound():
		return []string{"bind"}
	case m.kind == "btrfs" && m.sub != "/":
		return []string{"subvol=" + strings.TrimPrefix(m.sub, "/")}
	case m.kind == "vfat":
		return []string{"fmask=0022", "dmask=0022"}
	}
	return nil
}
