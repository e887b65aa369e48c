package rollout

// Glyph draws a verdict in one cell: shape, or ascii where the terminal has
// nothing better. Words and colours are the business of who shows it.
func (o Outcome) Glyph() (shape, ascii string) {
	switch o {
	case OutcomeOK:
		return "✓", "+"
	case OutcomeDegraded:
		return "▲", "!"
	case OutcomeReboot:
		return "↻", "~"
	case OutcomeFailed:
		return "✗", "x"
	case OutcomeCancelled:
		return "■", "#"
	case OutcomeSkipped:
		return "»", ">"
	}
	return "?", "?"
}
