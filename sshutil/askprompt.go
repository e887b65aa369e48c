package sshutil

import (
	"strings"

	"nixfleet-tui/internal/text"
)

// Wants is what an answer to ssh would be.
type Wants string

// What ssh asks for.
const (
	WantsPassphrase Wants = "passphrase" // of a key
	WantsPassword   Wants = "password"   // of the user there
	WantsPIN        Wants = "pin"        // of a security key
	WantsHostKey    Wants = "hostkey"    // yes, no, or the fingerprint
	WantsYes        Wants = "confirm"    // yes or no
	WantsTouch      Wants = "touch"      // of a security key: nothing to answer
	WantsWords      Wants = "words"      // something else, such as a one-time password
)

// Hidden says whether the answer must not be seen.
func (w Wants) Hidden() bool {
	return w == WantsPassphrase || w == WantsPassword || w == WantsPIN || w == WantsWords
}

// Prompt is a question of ssh.
type Prompt struct {
	Wants Wants
	Words string // ssh's own, sanitized, lines and all
	Key   string // the file of the key that wants its passphrase; "" if it is not for sure one
	Asker int    // the process that asks
}

// readPrompt tells what ssh asks for. Its words are those of readpass.c's
// callers in OpenSSH 9 and 10, which are never translated.
func readPrompt(prompt, hint string) Prompt {
	p := Prompt{Words: promptWords(prompt), Key: promptKey(prompt)}
	lower := strings.ToLower(prompt)
	switch {
	case hint == "none":
		p.Wants = WantsTouch
	case strings.Contains(lower, "(yes/no"), strings.Contains(lower, "please type 'yes'"):
		p.Wants = WantsHostKey
	case hint == "confirm":
		p.Wants = WantsYes
	case strings.Contains(lower, "passphrase"):
		p.Wants = WantsPassphrase
	case strings.Contains(lower, "enter pin"):
		p.Wants = WantsPIN
	case strings.HasSuffix(strings.TrimSpace(lower), "password:"):
		p.Wants = WantsPassword
	default:
		p.Wants = WantsWords
	}
	return p
}

// promptKey is the file of the key whose passphrase ssh asks for, as
// load_identity_file in sshconnect2.c does. Of a long path it has the beginning.
func promptKey(prompt string) string {
	rest, asks := strings.CutPrefix(prompt, "Enter passphrase for key '")
	path, ends := strings.CutSuffix(rest, "': ")
	if !asks || !ends {
		return ""
	}
	return path
}

// promptWords are at most askpassLines lines that are safe to be shown.
func promptWords(prompt string) string {
	var lines []string
	for line := range strings.Lines(prompt) {
		if line = strings.TrimSpace(text.Line(strings.TrimRight(line, "\r\n"))); line != "" && len(lines) < askpassLines {
			lines = append(lines, text.Truncate(line, askpassWidth))
		}
	}
	return strings.Join(lines, "\n")
}
