package nixcmd

import (
	"slices"
	"strconv"
	"strings"
)

// finder collects from a log what a verdict will be made of.
type finder struct {
	action Action
	f      Findings
	tails  *logTails

	builds     []failedBuild
	errors     []string // that name a cause
	dependents []string // that only say that something else failed
	clues      []clue   // recognised texts, in the order they came
	clueLines  []string
	lastPlain  []string // when nothing else is known
	account    []string // systemctl's status of the units that failed
	accounting bool     // it is being printed
}

// failedBuild is a derivation that nix said to have failed.
type failedBuild struct {
	drv   StorePath
	said  string   // why, in one line
	shown []string // the end of its log as the error quotes it
}

func newFinder(action Action) finder {
	return finder{action: action, f: Findings{ChildStatus: -1}}
}

func (s *finder) activates() bool { return s.action.Activates() || s.action.MovesProfile() }

func (s *finder) failed() bool { return len(s.builds)+len(s.errors)+len(s.dependents) > 0 }

// nixError notes an error message of nix, with its trace if it has one.
func (s *finder) nixError(said string) {
	s.look(said)
	cause := lastError(said)
	if b, ok := parseFailedBuild(cause); ok {
		s.builds = addBuild(s.builds, b)
		return
	}
	list := &s.errors
	if isDependent(cause) {
		list = &s.dependents
	}
	for _, line := range decisiveLines(said) {
		*list = addOnce(*list, line)
	}
}

// lastError is what the last "error:" of a message says, to its end: what
// comes before it is the trace.
func lastError(said string) string {
	cause := ""
	for rest := said; rest != ""; {
		line, more, _ := strings.Cut(rest, "\n")
		if strings.HasPrefix(strings.TrimSpace(line), "error:") {
			cause = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(rest), "error:"))
		}
		rest = more
	}
	return cause
}

// isDependent says whether an error only follows from another one.
func isDependent(cause string) bool {
	for _, sign := range []string{
		"dependencies of derivation", "dependency failed", "dependencies failed", "build of '",
		"some outputs of", "some substitutes for the outputs", "unexpected end-of-file", "interrupted by the user",
	} {
		if strings.Contains(cause, sign) {
			return true
		}
	}
	return false
}

// parseFailedBuild reads the errors that name the derivation at fault: until
// Nix 2.30 "builder for 'D' failed with …", since then "Cannot build 'D'." and
// its reason on the next line, "build of 'D' on 'M' failed" of a remote one,
// and "hash mismatch in fixed-output derivation 'D'".
func parseFailedBuild(cause string) (failedBuild, bool) {
	for _, start := range []string{"builder for '", "Cannot build '", "hash mismatch in fixed-output derivation '", "build of '"} {
		rest, ok := strings.CutPrefix(cause, start)
		if !ok {
			continue
		}
		drv, ok := ParseStorePath(rest)
		if !ok || start == "build of '" && !strings.HasPrefix(rest[len(drv):], "' on '") || strings.Contains(cause, "dependency failed") {
			return failedBuild{}, false
		}
		return failedBuild{drv: drv, said: buildReason(cause), shown: quotedLog(cause)}, true
	}
	return failedBuild{}, false
}

// buildReason is a failed build in one line, its derivation by its short name.
func buildReason(said string) string {
	lines := strings.Split(said, "\n")
	reason := strings.TrimRight(shortDerivations(lines[0]), ";.")
	for _, line := range lines[1:] {
		line = strings.TrimSpace(line)
		if why, ok := strings.CutPrefix(line, "Reason: "); ok {
			return reason + ": " + strings.TrimRight(why, ".:")
		}
		if strings.HasPrefix(line, "specified:") || strings.HasPrefix(line, "got:") {
			reason += " " + strings.Join(strings.Fields(line), " ")
		}
	}
	return reason
}

// quotedLog are the log lines that an error message quotes.
func quotedLog(said string) []string {
	var quoted []string
	for line := range strings.SplitSeq(said, "\n") {
		if line, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "> "); ok {
			quoted = append(quoted, line)
		}
	}
	return quoted
}

func shortDerivations(s string) string {
	return strings.ReplaceAll(shortStorePaths(s), ".drv'", "'")
}

// activation notes a line of switch-to-configuration.
func (s *finder) activation(line string) {
	s.f.SwitchStarted, s.f.Evaluated, s.f.Done = true, true, false
	s.f.ProfileCommand = s.activates()
	s.look(line)
	if strings.HasPrefix(line, "Failed to run activate script") {
		s.f.ActivateFailed = true
		s.errors = addOnce(s.errors, line)
	}
	s.unitsFailed(line)
}

// unitsFailed reads "warning: the following units failed: A, B" and "Failed to
// start A: why". What follows the first is systemd's account of these units.
func (s *finder) unitsFailed(line string) {
	for _, before := range []string{"the following units failed: ", "the following user units failed: "} {
		_, units, ok := strings.Cut(line, before)
		if !ok {
			continue
		}
		s.errors = addOnce(s.errors, line)
		s.accounting = true
		for unit := range strings.SplitSeq(units, ",") {
			s.addUnit(strings.TrimSpace(unit))
		}
	}
	for _, job := range []string{"start ", "restart ", "reload ", "stop "} {
		rest, ok := strings.CutPrefix(line, "Failed to "+job)
		if !ok {
			continue
		}
		unit, _, _ := strings.Cut(strings.TrimPrefix(rest, "user unit "), ":")
		if strings.Contains(unit, ".") && !strings.Contains(unit, " ") {
			s.errors = addOnce(s.errors, line)
			s.addUnit(unit)
		}
	}
}

func (s *finder) addUnit(unit string) {
	if unit != "" && len(s.f.FailedUnits) < maxUnits && !slices.Contains(s.f.FailedUnits, unit) {
		s.f.FailedUnits = append(s.f.FailedUnits, unit)
	}
}

// plain notes any other line.
func (s *finder) plain(line string) {
	trimmed := strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(line, "Command '"):
		s.commandFailed(line)
		s.accounting = false
	case strings.HasPrefix(line, "Done. The new configuration is"):
		s.f.Evaluated, s.f.Done, s.accounting = true, true, false
		s.notePathIn(line)
	case strings.HasPrefix(line, "warning: error(s) occurred while switching"):
		s.accounting = false // the Bash program's last word, whatever it was
	case trimmed == "", strings.HasPrefix(line, "building the system configuration"),
		// nixos-rebuild says so whenever a remote command failed, whatever it was.
		strings.Contains(line, "did you forget to use --ask-sudo-password"):
	case strings.Contains(line, "calling run with args="):
		s.f.ProfileCommand = s.f.ProfileCommand || setsProfile(line)
	case strings.HasPrefix(trimmed, "error: "):
		s.nixError(trimmed)
		s.addLast(line)
	case strings.HasPrefix(line, "Error: "), strings.HasPrefix(line, "nixos-rebuild: error: "):
		s.look(line)
		s.errors = addOnce(s.errors, line)
	default:
		s.f.NeedsReboot = s.f.NeedsReboot || strings.Contains(line, "won't take effect until you reboot")
		s.look(line)
		s.unitsFailed(line)
		s.addLast(line)
	}
}

// addLast keeps the last lines that mean nothing to us: all there is to show
// of a failure that nobody foresaw.
func (s *finder) addLast(line string) {
	line = string(cutLine([]byte(line), tailLineBytes))
	if s.accounting {
		if len(s.account) < tailLines {
			s.account = append(s.account, line)
		}
		return
	}
	s.lastPlain = append(s.lastPlain, line)
	if len(s.lastPlain) > maxPlain {
		s.lastPlain = slices.Delete(s.lastPlain, 0, 1)
	}
}

// commandFailed reads Python's "Command '…' returned non-zero exit status N.".
func (s *finder) commandFailed(line string) {
	s.f.ProfileCommand = s.f.ProfileCommand || setsProfile(line)
	if _, status, ok := strings.Cut(line, "returned non-zero exit status "); ok {
		if n, err := strconv.Atoi(strings.TrimSuffix(status, ".")); err == nil {
			s.f.ChildStatus = n
		}
	}
	if at := strings.Index(line, "/bin/switch-to-configuration"); at >= 0 {
		if i := strings.LastIndex(line[:at], StoreDir); i >= 0 {
			if p, ok := ParseStorePath(line[i:]); ok {
				s.f.SwitchPath = string(p)
				s.f.ProfileCommand = true
				s.notePath(p)
			}
		}
	}
}

// setsProfile knows `nix-env -p … --set …` in a Python list.
func setsProfile(line string) bool {
	return strings.Contains(line, "'nix-env'") && strings.Contains(line, "'--set'")
}

func (s *finder) notePathIn(line string) {
	if p, ok := findStorePath(line); ok {
		s.notePath(p)
	}
}

// notePath keeps the toplevel of the system. Systems inside of it
// (specialisations, containers) come before it, so the last one is it.
func (s *finder) notePath(p StorePath) {
	switch {
	case !p.isSystem():
	case p.isDerivation():
		s.f.SystemDrv = string(p)
	default:
		s.f.System = string(p)
	}
}

func addOnce(list []string, line string) []string {
	line = string(cutLine([]byte(line), tailLineBytes))
	if line == "" || len(list) >= maxErrors || slices.Contains(list, line) {
		return list
	}
	return append(list, line)
}

func addBuild(list []failedBuild, b failedBuild) []failedBuild {
	if len(list) >= maxErrors || slices.ContainsFunc(list, func(o failedBuild) bool { return o.drv == b.drv }) {
		return list
	}
	return append(list, b)
}
