package fleet

// How states are drawn wherever they are shown, in one cell: shape, or ascii
// where the terminal has nothing better. States that are good have shapes that
// no bad one has, so that nobody depends on colour; words and colours are the
// business of who shows them.

// Glyph draws a host's state.
func (s State) Glyph() (shape, ascii string) {
	switch s {
	case StateUp:
		return "●", "+"
	case StateDown:
		return "✗", "x"
	case StateAuth, StateHostKey:
		return "▲", "!"
	}
	return "◌", "?"
}

// Glyph draws a drift.
func (d Drift) Glyph() (shape, ascii string) {
	switch d {
	case DriftInSync:
		return "=", "="
	case DriftBehind:
		return "↓", "v"
	case DriftAhead:
		return "↑", "^"
	case DriftDiverged:
		return "⇅", "#"
	case DriftBootPending:
		return "↻", "~"
	case DriftOlderBooted:
		return "↺", "~"
	case DriftTesting:
		return "△", "t"
	}
	return "·", "-"
}

// Glyph draws a builder's health.
func (h Health) Glyph() (shape, ascii string) {
	switch h {
	case HealthOK:
		return "●", "+"
	case HealthIll, HealthDown:
		return "✗", "x"
	}
	return "◌", "?"
}
