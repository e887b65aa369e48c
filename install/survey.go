package install

import (
	"bytes"
	"context"
	_ "embed" // for the script
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

//go:embed survey.sh
var surveyScript []byte

// survey is what the machine at the target told of itself.
type survey struct {
	kernel   string
	machine  string // as uname -m says it
	uid      string
	os       string
	programs []string
	firmware string // UEFI or BIOS
	mounted  bool   // something is mounted at /mnt
	owner    string // of /mnt: "0:0 755"
	free     int64  // bytes for the store below /mnt; -1: not known
	disks    []disk
	own      []string // public halves of the installer's own host keys
	profile  string   // the system that /mnt has installed, or ""
}

// disk is one of the target's.
type disk struct {
	name  string
	size  int64
	model string
}

func (d disk) String() string {
	return strings.TrimSpace(fmt.Sprintf("/dev/%s %s %s", d.name, nixcmd.FormatBytes(d.size), d.model))
}

// has says whether the target has a program in its PATH.
func (s survey) has(program string) bool { return slices.Contains(s.programs, program) }

// answer is one marked line of a script.
type answer struct{ key, value string }

// answers are the marked lines of what a script printed; login shells say
// other things as well. Without its last line an answer is cut off.
func answers(out []byte) ([]answer, error) {
	var all []answer
	for line := range bytes.Lines(out) {
		rest, ok := strings.CutPrefix(strings.TrimRight(string(line), "\r\n"), markers)
		if !ok {
			continue
		}
		key, value, _ := strings.Cut(rest, "\t")
		if key == "end" {
			return all, nil
		}
		all = append(all, answer{key, text.Line(value)})
	}
	return nil, failure("Log in there and see whether `sh -c 'echo yes'` prints just that; try again.", "the target's answer makes no sense or is cut off")
}

// parseSurvey reads what survey.sh printed.
func parseSurvey(out []byte) (survey, error) {
	all, err := answers(out)
	s := survey{free: -1}
	for _, a := range all {
		switch a.key {
		case "kernel":
			s.kernel = a.value
		case "machine":
			s.machine = a.value
		case "uid":
			s.uid = a.value
		case "os":
			s.os = a.value
		case "program":
			s.programs = append(s.programs, a.value)
		case "firmware":
			s.firmware = a.value
		case "mounted":
			s.mounted = true
		case "owner":
			s.owner = a.value
		case "free":
			if kib, err := strconv.ParseInt(a.value, 10, 64); err == nil && kib >= 0 {
				s.free = kib << 10
			}
		case "disk":
			s.disks = append(s.disks, parseDisk(a.value))
		case "own":
			s.own = append(s.own, a.value)
		case "profile":
			s.profile = a.value
		}
	}
	return s, err
}

func parseDisk(value string) disk {
	name, rest, _ := strings.Cut(value, " ")
	size, model, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		n = 0 // the disk is there all the same
	}
	return disk{name: name, size: n, model: strings.TrimSpace(model)}
}

// trouble is why nothing can be installed from there, or nil.
func (s survey) trouble(target string) error {
	switch {
	case s.kernel != "Linux":
		return failure("Start a NixOS installer on the machine, and give its address.", "%s runs %s, which is no installer", target, s.kernel)
	case s.uid != "0":
		return failure("Log in as root: put your key into /root/.ssh/authorized_keys there, and use --target root@ADDRESS.", "%s lets us in, but not as root", target)
	case !s.has("nix-store"):
		return failure("Start a NixOS installer on the machine, or install Nix there.", "%s is no installer: it has no Nix", target)
	case !s.has("nixos-install"):
		return failure("Start a NixOS installer on the machine; where only Nix is there, `nix-env -f '<nixpkgs>' -iA nixos-install-tools` brings it.",
			"%s is no installer: it has no nixos-install", target)
	case !s.has("ssh-keygen"):
		return failure("Install OpenSSH there: `nix-env -f '<nixpkgs>' -iA openssh`.", "%s has no ssh-keygen to make the new host's key with", target)
	case !s.mounted:
		e := failure("Partition and format the disks there yourself, mount the new root at /mnt and the others below it (/mnt/boot …), and run this again; nothing was changed.",
			"nothing is mounted at /mnt on %s", target)
		e.Err = errUnprepared
		return e
	case s.owner != "0:0 755":
		return failure("Run `chown root:root /mnt; chmod 755 /mnt` there.", "/mnt on %s is not root's with mode 755 (it is %s), which nixos-install refuses", target, s.owner)
	}
	return nil
}

// runs says whether a machine of this kind runs systems of that platform.
func (s survey) runs(system string) bool {
	cpu, _, _ := strings.Cut(system, "-")
	switch {
	case cpu == s.machine:
		return true
	case cpu == "i686":
		return s.machine == "x86_64" || s.machine == "i586"
	case cpu == "armv7l" || cpu == "armv6l":
		return s.machine == "armv7l" || s.machine == "armv8l"
	}
	return false
}

// look asks the target anew.
func (i *Installation) look(ctx context.Context) error {
	out, err := i.script(ctx, surveyScript)
	if err == nil {
		i.survey, err = parseSurvey(out)
	}
	return err
}

// script runs a script on the target and returns what it printed.
func (i *Installation) script(ctx context.Context, script []byte) ([]byte, error) {
	r, err := i.Target.Run(ctx, sshutil.Command{Line: shell, Stdin: script, MaxOutput: maxOut})
	if err != nil {
		return nil, err
	}
	if r.ExitCode != 0 {
		return nil, failure("Run it there by hand to see more: "+i.Plan.Target+".", "a command on the target failed: %s", lastWords(r.Stderr, r.ExitCode))
	}
	return r.Stdout, nil
}

// lastWords is the last line that a program said before it failed.
func lastWords(stderr []byte, code int) string {
	lines := strings.Split(strings.TrimSpace(string(stderr)), "\n")
	if last := text.Line(strings.TrimSpace(lines[len(lines)-1])); last != "" {
		return text.Truncate(last, maxSaid)
	}
	return fmt.Sprintf("it ended with %d and said nothing", code)
}
