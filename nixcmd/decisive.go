package nixcmd

import "slices"

// findings makes up what is known so far.
func (s *finder) findings() Findings {
	f := s.f
	f.FailedUnits = slices.Clone(f.FailedUnits)
	f.Decisive = s.decisive()
	for _, c := range s.clues {
		f.LostConnection = f.LostConnection || c.lost
		f.Asked = f.Asked || c.asked
	}
	if best, ok := bestClue(s.clues); ok {
		f.Hint = best.hint
	}
	return f
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
			lines = append(lines, b.drv.ShortName()+"> "+line)
		}
	}
	for _, more := range [][]string{s.clueLines, s.errors} {
		for _, line := range more {
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) == 0 {
		lines = append(lines, s.dependents...)
	}
	if len(lines) == 0 && !s.done {
		lines = append(lines, s.lastPlain...)
	}
	return lines[:min(len(lines), maxDecisive)]
}
