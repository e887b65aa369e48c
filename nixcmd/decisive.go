package nixcmd

import "slices"

// findings makes up what is known so far.
func (s *finder) findings() Findings {
	f := s.f
	f.FailedUnits = slices.Clone(f.FailedUnits)
	for _, c := range s.clues {
		f.LostConnection = f.LostConnection || c.lost
		f.Asked = f.Asked || c.asked
	}
	if s.f.Done {
		return f // whatever it was, it did no harm
	}
	f.Decisive = s.decisive()
	f.Hint = s.hint()
	return f
}

// hint is what to do: by what was recognised, or else by what failed.
func (s *finder) hint() string {
	if best, ok := bestClue(s.clues); ok {
		return best.hint
	}
	switch {
	case len(s.f.FailedUnits) > 0:
		return "see `journalctl -b -u " + s.f.FailedUnits[0] + "` on the host"
	case len(s.builds) > 0:
		return "see the whole log with `nix log " + string(s.builds[0].drv) + "` where it was built"
	}
	return ""
}

// decisive are the lines that say why it failed: causes before what follows
// from them, and what the failing build printed last below its name.
func (s *finder) decisive() []string {
	var lines []string
	for _, b := range s.builds {
		log := s.tails.tail(b.drv)
		if len(log) < len(b.shown) {
			log = b.shown
		}
		room := maxDecisive - len(lines) - 1
		if room < 0 {
			break
		}
		lines = append(lines, b.said)
		for _, line := range log[max(0, len(log)-min(room, tailLines)):] {
			lines = append(lines, b.drv.shortName()+"> "+line)
		}
	}
	for _, more := range [][]string{s.clueLines, s.errors, s.account} {
		for _, line := range more {
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) == 0 {
		lines = append(lines, s.dependents...)
	}
	if len(lines) == 0 && !s.f.Done {
		lines = append(lines, s.lastPlain...)
	}
	return lines[:min(len(lines), maxDecisive)]
}
