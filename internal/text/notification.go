package text

import "strings"

// Notification rings the terminal and asks it to notify the person, in the two
// ways that terminals know: OSC 9 (iTerm2, Windows Terminal, kitty) and OSC 777
// (rxvt, foot, VTE). A terminal that knows neither passes them over. Nothing in
// the words can end the commands, and a semicolon, which would begin another
// field, becomes a comma.
func Notification(words string) string {
	words = strings.ReplaceAll(Line(words), ";", ",")
	return "\a\x1b]9;" + words + "\x1b\\\x1b]777;notify;nixfleet-tui;" + words + "\x1b\\"
}
