package nixcmd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kballard/go-shellquote"
)

// activationUnit is the transient unit in which nixos-rebuild activates. Its
// fixed name keeps two activations from one host.
const activationUnit = "nixos-rebuild-switch-to-configuration"

// Activation is what nixos-rebuild does on its target once a system is there:
// for systems that were built before, and for generations of the profile.
type Activation struct {
	Action     Action // Switch, Boot, Test or DryActivate
	Path       string // the system, which the host has
	Generation int    // of its profile, of which Path is the system; 0 makes a new one
	Sudo       bool
	Password   bool // sudo reads its password on stdin
}

// CheckWords ask whether the path is a NixOS system that the host has.
func (a Activation) CheckWords() []string {
	return []string{"test", "-f", a.Path + "/nixos-version"}
}

// ProfileWords set the system profile.
func (a Activation) ProfileWords() []string {
	if a.Generation > 0 {
		return a.RootWords("nix-env", "-p", SystemProfile, "--switch-generation", strconv.Itoa(a.Generation))
	}
	return a.RootWords("nix-env", "-p", SystemProfile, "--set", a.Path)
}

// DeleteWords delete generations of the system profile.
func (a Activation) DeleteWords(numbers []int) []string {
	words := []string{"nix-env", "-p", SystemProfile, "--delete-generations"}
	for _, n := range numbers {
		words = append(words, strconv.Itoa(n))
	}
	return a.RootWords(words...)
}

// SystemdWords ask whether systemd runs the host.
func (a Activation) SystemdWords() []string { return []string{"test", "-d", "/run/systemd/system"} }

// SwitchWords run the system's switch-to-configuration, in the unit that
// nixos-rebuild uses unless the host has no systemd.
func (a Activation) SwitchWords(systemd bool) []string {
	switchTo := []string{a.Path + "/bin/switch-to-configuration", string(a.Action)}
	if !systemd {
		return a.RootWords(switchTo...)
	}
	unit := []string{
		"systemd-run", "-E", "LOCALE_ARCHIVE", "-E", "NIXOS_INSTALL_BOOTLOADER", "--collect", "--no-ask-password", "--pipe", "--quiet",
		"--service-type=exec", "--unit=" + activationUnit,
	}
	return a.RootWords(append(unit, switchTo...)...)
}

// RootWords run words on the host as root.
func (a Activation) RootWords(words ...string) []string {
	switch {
	case a.Sudo && a.Password:
		return append([]string{"sudo", "--prompt=", "--stdin"}, words...)
	case a.Sudo:
		return append([]string{"sudo"}, words...)
	}
	return words
}

// Begins is the line by which a log shows that an activation of ours begins.
func (a Activation) Begins(host string) string { return "activating " + a.Path + " on " + host }

// FailedWith is how nixos-rebuild says that a command has failed.
func FailedWith(words []string, status int) string {
	return fmt.Sprintf("Command '%s' returned non-zero exit status %d.", strings.Join(words, " "), status)
}

// ShellLine is a command line of which a shell makes these words again.
func ShellLine(words []string) string { return shellquote.Join(words...) }
