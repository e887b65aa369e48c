package demo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// probeMark begins each line that answers package fleet's script.
const probeMark = "NF1"

// isProbe says whether a script is the one that reads a host's state.
func isProbe(script string) bool { return strings.Contains(script, probeMark+`\t`) }

// probe answers what the script asks for, and its last line.
func (c *call) probe(script string) int {
	var out strings.Builder
	snap := c.server.snapshot()
	for _, a := range slices.Concat(snap.answers(c.server.host), snap.surveyed(c.server.host, c.idText()), sudoSetup(), snap.capacity(c.server.host), snap.pastAnswers(c.server.all)) {
		word, _, _ := strings.Cut(a.key, " ")
		if strings.Contains(script, "e "+word+" ") || strings.Contains(script, `e "`+word+" ") {
			fmt.Fprintf(&out, "%s\t%s\t%s\n", probeMark, a.key, a.value)
		}
	}
	out.WriteString(probeMark + "\tend\t1\n")
	if _, err := c.stdout.Write([]byte(out.String())); err != nil {
		return 1
	}
	return 0
}

// answer is one line of what a host tells of itself.
type answer struct{ key, value string }

// answers are all that the scripts, fast and full, may ask for.
func (s snapshot) answers(h host) []answer {
	unix := func(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
	g, _ := s.generation(s.Profile)
	profileAt := s.ProfileAt
	if profileAt.IsZero() {
		profileAt = g.Created
	}
	arch, _, _ := strings.Cut(h.System, "-")
	release, _, _ := strings.Cut(s.current.label, ".20")
	const usedShare = 0.35 // of the memory
	memory := s.story.memGiB << 20
	return []answer{
		{"machine", s.MachineID},
		{"boot", s.BootID},
		{"host", h.Name},
		{"os", "Linux"},
		{"arch", arch},
		{"osname", "NixOS " + release + " (Yarara)"},
		{"kernel", s.booted.kernelVersion()},
		{"now", unix(s.now)},
		{"uptime", fmt.Sprintf("%.2f", s.now.Sub(s.BootedAt).Seconds())},
		{"load", s.loads()},
		{"profile", s.profile()},
		{"current", s.Current},
		{"booted", s.Booted},
		{"bootedtime", unix(s.BootedAt)},
		{"generation", strconv.Itoa(s.Profile)},
		{"generationtime", unix(g.Created)},
		{"profiletime", unix(profileAt)},
		{"generations", strconv.Itoa(len(s.Generations))},
		{"system", s.current.arch},
		{"label", s.current.label},
		{"nixos", s.current.versionJSON()},
		{"reboot", yesNo(s.needsReboot())},
		{"systemd", s.systemd()},
		{"failed", strings.Join(append([]string{"-"}, s.FailedUnits...), " ")},
		{"switching", yesNo(s.switching != nil)},
		{"store", yesNo(s.daemonListens())},
		{"memkb", fmt.Sprintf("%d %d", memory, int(float64(memory)*(1-usedShare)))},
		{"cpus", strconv.Itoa(s.story.cpus)},
		{"disk /nix", fmt.Sprintf("%d %d /nix", s.story.nixGiB<<20, s.story.nixLow<<20)},
		{"disk /boot", fmt.Sprintf("%d %d /boot", 1<<20, 700<<10)},
		{"disk /", fmt.Sprintf("%d %d /", 32<<20, 24<<20)},
		{"nix", "nix (Nix) " + s.current.nix},
		{"builds", strconv.Itoa(s.building)},
	}
}

// needsReboot says whether the profile has another kernel, initrd or modules
// than the system that was booted.
func (s snapshot) needsReboot() bool {
	for _, part := range []string{"kernel", "initrd", "kernel-modules"} {
		if s.profiled.part(part) != s.booted.part(part) {
			return true
		}
	}
	return false
}

func yesNo(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
