package sshutil

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"nixfleet-tui/internal/atomicfile"
)

// portableInclude returns a path that stands for the ssh configuration at path
// when another file includes it. Mostly that is path itself. But ssh looks for
// a relative Include beside the system's configuration only as long as that is
// read as such; read from a file of -F, it looks in ~/.ssh. So if the file, or
// one that it includes, has a relative Include, copies with absolute ones are
// made in the directory copies, named by their content, and the first of them
// is returned. Files that cannot be read stay as they are: ssh will say so.
func portableInclude(path, home, copies string) (string, error) {
	p := portable{base: filepath.Dir(path), home: home, copies: copies}
	return p.file(path, 0)
}

// portable makes copies of configuration files that can be included from
// anywhere.
type portable struct {
	base   string // where the system's relative includes are
	home   string
	copies string
}

// file returns what stands for one file: itself, or a copy.
func (p portable) file(path string, depth int) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil || depth > includeDepth {
		return path, nil // ssh will say so
	}
	var out bytes.Buffer
	changed := false
	for line := range strings.Lines(string(content)) {
		now, err := p.line(line, depth)
		if err != nil {
			return "", err
		}
		changed = changed || now != line
		out.WriteString(now)
	}
	if !changed {
		return path, nil
	}
	sum := sha256.Sum256(out.Bytes())
	copied := filepath.Join(p.copies, hex.EncodeToString(sum[:16]))
	return copied, p.keep(copied, out.Bytes())
}

// keep writes a copy, unless it is there: its name tells its content.
func (p portable) keep(path string, content []byte) error {
	if exists(path) {
		return nil
	}
	if err := os.MkdirAll(p.copies, 0o700); err != nil {
		return fmt.Errorf("copying the system's ssh configuration: %w", err)
	}
	if err := atomicfile.Write(path, content); err != nil {
		return fmt.Errorf("copying the system's ssh configuration: %w", err)
	}
	return nil
}

// line returns what stands for one line: an Include whose patterns, or whose
// files' patterns, are relative is written anew.
func (p portable) line(line string, depth int) (string, error) {
	patterns, ok := includePatterns(line)
	if !ok {
		return line, nil
	}
	changed := false
	var words []string
	for _, pattern := range patterns {
		full := pattern
		if !filepath.IsAbs(pattern) && !strings.ContainsAny(pattern[:1], "~$%") {
			full = filepath.Join(p.base, pattern)
			changed = true
		}
		instead, err := p.matches(full, depth)
		if err != nil {
			return "", err
		}
		if instead == nil {
			words = append(words, full)
			continue
		}
		changed = true
		words = append(words, instead...)
	}
	if !changed {
		return line, nil
	}
	out := "Include"
	for _, word := range words {
		out += ` "` + word + `"`
	}
	return out + "\n", nil
}

// matches are what stands for the files of a pattern if any of them needs a
// copy, or else nil.
func (p portable) matches(pattern string, depth int) ([]string, error) {
	if rest, ok := strings.CutPrefix(pattern, "~/"); ok {
		pattern = filepath.Join(p.home, rest)
	}
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil, nil // ssh understands more patterns than we do, or says what is wrong
	}
	changed := false
	for i, path := range found {
		instead, err := p.file(path, depth+1)
		if err != nil {
			return nil, err
		}
		changed = changed || instead != path
		found[i] = instead
	}
	if !changed {
		return nil, nil
	}
	return found, nil
}

// includePatterns are the words of an Include line; false for any other line,
// and for one that ssh would refuse.
func includePatterns(line string) ([]string, bool) {
	keyword, rest := cutKeyword(line)
	if !strings.EqualFold(keyword, "include") {
		return nil, false
	}
	var patterns []string
	for rest = strings.TrimLeft(rest, " \t"); rest != "" && rest[0] != '#'; rest = strings.TrimLeft(rest, " \t") {
		var word string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			if word, rest, ok = strings.Cut(quoted, `"`); !ok {
				return nil, false
			}
		} else if end := strings.IndexAny(rest, " \t"); end >= 0 {
			word, rest = rest[:end], rest[end:]
		} else {
			word, rest = rest, ""
		}
		if word == "" {
			return nil, false
		}
		patterns = append(patterns, word)
	}
	return patterns, len(patterns) > 0
}

// cutKeyword splits a configuration line after its keyword and the one = that
// may follow.
func cutKeyword(line string) (keyword, rest string) {
	const space = " \t\r\n\f"
	line = strings.Trim(line, space)
	end := strings.IndexAny(line, " \t=")
	if end < 0 {
		return line, ""
	}
	keyword, rest = line[:end], strings.TrimLeft(line[end:], " \t")
	return keyword, strings.TrimLeft(strings.TrimPrefix(rest, "="), " \t")
}
