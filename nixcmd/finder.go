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
	done       bool     // nixos-rebuild said that it has done its work
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

// nixError notes an error message of nix. raw is the message without the
// trace, where nix gives it.
func (s *finder) nixError(said, raw string) {
	short := raw
	if short == "" {
		short = decisiveMessage(said)
	}
	s.look(said)
	switch {
	case strings.Contains(short, "interrupted by the user"):
		s.dependents = addOnce(s.dependents, short)
	case isDependent(said):
		s.dependents = addOnce(s.dependents, short)
	default:
		if b, ok := parseFailedBuild(said); ok {
			s.builds = addBuild(s.builds, b)
			return
		}
		s.errors = addOnce(s.errors, short)
	}
}

// isDependent says whether an error only follows from another one.
func isDependent(said string) bool {
	for _, sign := range []string{
		"dependencies of derivation", "dependency failed", "dependencies failed",
		"some outputs of", "some substitutes for the outputs", "error: build of '",
	} {
		if strings.Contains(said, sign) {
			return true
		}
	}
	return false
}

// parseFailedBuild reads the errors that name the derivation at fault: until
// Nix 2.30 "builder for 'D' failed with …", then "Cannot build 'D'." and its
// reason on the next line, and "hash mismatch in fixed-output derivation 'D'".
func parseFailedBuild(said string) (failedBuild, bool) {
	first := strings.TrimSpace(strings.TrimPrefix(said, "error:"))
	for _, start := range []string{"builder for '", "Cannot build '", "hash mismatch in fixed-output derivation '", "build of '"} {
		rest, ok := strings.CutPrefix(first, start)
		if !ok {
			continue
		}
		drv, ok := ParseStorePath(rest)
		if !ok {
			return failedBuild{}, false
		}
		return failedBuild{drv: drv, said: buildReason(first), shown: quotedLog(first)}, true
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
	s.f.SwitchStarted, s.f.ProfileCommand, s.f.Evaluated = true, true, true
	if strings.HasPrefix(line, "Failed to run activate script") {
		s.f.ActivateFailed = true
		s.errors = addOnce(s.errors, line)
	}
	if _, units, ok := strings.Cut(line, "the following units failed: "); ok {
		s.errors = addOnce(s.errors, line)
		for unit := range strings.SplitSeq(units, ",") {
			s.addUnit(strings.TrimSpace(unit))
		}
	}
	s.look(line)
}

func (s *finder) addUnit(unit string) {
	if unit != "" && !slices.Contains(s.f.FailedUnits, unit) {
		s.f.FailedUnits = append(s.f.FailedUnits, unit)
	}
}

// plain notes any other line.
func (s *finder) plain(line string) {
	switch trimmed := strings.TrimSpace(line); {
	case trimmed == "" || strings.HasPrefix(line, "building the system configuration"):
		return
	case strings.HasPrefix(line, "Command '"):
		s.commandFailed(line)
	case strings.HasPrefix(line, "Done. The new configuration is"):
		s.f.Evaluated = true
		s.done = true
		s.notePathIn(line)
		return
	case strings.HasPrefix(trimmed, "error:") && trimmed != "error:":
		s.nixError(trimmed, "")
	case strings.Contains(line, "did you forget to use --ask-sudo-password"):
		// nixos-rebuild says so whenever a remote command failed, whatever it was.
		return
	case strings.Contains(line, "won't take effect until you reboot"):
		s.f.NeedsReboot = true
	case strings.Contains(line, "calling run with args=") && strings.Contains(line, "'nix-env'") && strings.Contains(line, "'--set'"):
		s.f.ProfileCommand = true
		return
	default:
		s.failedUnit(line)
		s.look(line)
	}
	s.lastPlain = append(s.lastPlain, line)
	if len(s.lastPlain) > maxPlain {
		s.lastPlain = slices.Delete(s.lastPlain, 0, 1)
	}
}

// failedUnit reads "Failed to start UNIT".
func (s *finder) failedUnit(line string) {
	for _, verb := range []string{"start ", "restart ", "reload ", "stop "} {
		unit, ok := strings.CutPrefix(line, "Failed to "+verb)
		if ok && !strings.Contains(unit, " ") && strings.Contains(unit, ".") {
			s.addUnit(unit)
			s.errors = addOnce(s.errors, line)
		}
	}
}

// commandFailed reads Python's "Command '…' returned non-zero exit status N.".
func (s *finder) commandFailed(line string) {
	if _, status, ok := strings.Cut(line, "returned non-zero exit status "); ok {
		if n, err := strconv.Atoi(strings.TrimSuffix(status, ".")); err == nil {
			s.f.ChildStatus = n
		}
	}
	if at := strings.Index(line, "/bin/switch-to-configuration"); at >= 0 {
		if i := strings.LastIndex(line[:at], StoreDir); i >= 0 {
			if p, ok := ParseStorePath(line[i:]); ok {
				s.f.SwitchPath = string(p)
				s.f.SwitchStarted = true
				s.notePath(p)
			}
		}
	}
}

func (s *finder) notePathIn(line string) {
	if p, ok := FindStorePath(line); ok {
		s.notePath(p)
	}
}

// notePath keeps the toplevel of the system. Systems inside of it
// (specialisations, containers) come before it, so the last one is it.
func (s *finder) notePath(p StorePath) {
	switch {
	case !p.IsSystem():
	case p.IsDerivation():
		s.f.SystemDrv = string(p)
	default:
		s.f.System = string(p)
	}
}

func addOnce(list []string, line string) []string {
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
