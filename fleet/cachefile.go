package fleet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"

	"nixfleet-tui/nixcmd"
)

// A fleet.nix that stands for itself is evaluated once: what it says follows
// from its text, so Nix is not started for the same text again. One that reads
// other files, or of which that is not known, is evaluated at every start.

// saidFile is what Nix made of a fleet.nix.
type saidFile struct {
	value json.RawMessage
	text  string // hash of the text that it follows from; "" when there is more to it
}

// readFile reads the source's fleet.nix, if it has one.
func readFile(ctx context.Context, ev Evaluator, src Source, cache *Cache) (saidFile, error) {
	if src.File == "" {
		return saidFile{}, nil
	}
	text := closedText(src.File)
	if value, ok := cache.file(src, text); ok {
		return saidFile{value, text}, nil
	}
	value, err := ev.File(ctx, src.File)
	if err != nil {
		return saidFile{}, fileMistake(src.File, err)
	}
	if closedText(src.File) != text { // somebody has just saved it: which of the two did Nix see?
		text = ""
	}
	return saidFile{value, text}, nil
}

// closedText is the hash of a file that stands for itself; "" is any other, and
// one that cannot be read, of which Nix has more to say. What comes through a
// pipe can be read only once, and is left to Nix.
func closedText(path string) string {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	content, err := os.ReadFile(path)
	if err != nil || !nixcmd.Closed(string(content)) {
		return ""
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// file is what was said by the same text.
func (c *Cache) file(src Source, text string) (json.RawMessage, bool) {
	entry, _ := c.read(src)
	return entry.File, text != "" && entry.FileText == text && entry.File != nil
}

func (c *Cache) keepFile(src Source, said saidFile) {
	entry, ok := c.read(src)
	if said.value == nil || ok && entry.FileText == said.text && bytes.Equal(entry.File, said.value) {
		return
	}
	c.change(src, func(e *cacheEntry) { e.File, e.FileText = said.value, said.text })
}
