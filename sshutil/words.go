package sshutil

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/kballard/go-shellquote"
)

// systemConfig is read by ssh after the person's own, unless there is a -F.
const systemConfig = "/etc/ssh/ssh_config"

// optionsWithValue are the letters of ssh's options that take a value.
const optionsWithValue = "BbcDEeFIiJLlmOoPpQRSWw"

// PersonalConfig splits the words of NIX_SSHOPTS into the file that a -F among
// them names (or ~/.ssh/config and /etc/ssh/ssh_config, whichever exist) and
// the rest. `-F none` means no file at all, as it does for ssh. The files can be
// included from anywhere: the system's is a copy below the directory copies if
// it would mean something else elsewhere.
func PersonalConfig(words []string, home, copies string) (includes, rest []string, err error) {
	file, rest := cutConfigOption(words)
	if file != nil {
		return configFile(*file), rest, nil
	}
	if own := filepath.Join(home, ".ssh", "config"); exists(own) {
		includes = append(includes, own)
	}
	if exists(systemConfig) {
		system, err := portableInclude(systemConfig, home, copies)
		if err != nil {
			return nil, nil, newError(KindConfigBad, "ssh", err.Error(), "make the directory "+copies+" writable", err)
		}
		includes = append(includes, system)
	}
	return includes, rest, nil
}

// configOption is the -F of words, if there is one.
func configOption(words []string) []string {
	if file, _ := cutConfigOption(words); file != nil {
		return []string{"-F", *file}
	}
	return nil
}

// cutConfigOption takes -F out of words, in whatever form it stands there.
func cutConfigOption(words []string) (file *string, rest []string) {
	for i := 0; i < len(words); i++ {
		flags, value, inWord := splitFlags(words[i])
		if flags == "" {
			rest = append(rest, words[i])
			continue
		}
		letter := flags[len(flags)-1]
		takesNext := !inWord && strings.IndexByte(optionsWithValue, letter) >= 0 && i+1 < len(words)
		if letter != 'F' {
			rest = append(rest, words[i])
			if takesNext {
				i++
				rest = append(rest, words[i])
			}
			continue
		}
		if takesNext {
			i++
			value = words[i]
		}
		if len(flags) > 1 {
			rest = append(rest, "-"+flags[:len(flags)-1])
		}
		file = &value // the last -F wins
	}
	return file, rest
}

// configFile is the file that -F names, as a path that an Include finds too.
func configFile(value string) []string {
	if value == "" || strings.EqualFold(value, "none") {
		return nil
	}
	path, err := filepath.Abs(value)
	if err != nil {
		path = value // no working directory: ssh will say so
	}
	return []string{path}
}

// splitFlags takes apart a word such as -AF or -p22: the flags up to one that
// takes a value, and what follows in the same word.
func splitFlags(word string) (flags, value string, inWord bool) {
	if len(word) < 2 || word[0] != '-' || word[1] == '-' {
		return "", "", false
	}
	for i := 1; i < len(word); i++ {
		if strings.IndexByte(optionsWithValue, word[i]) >= 0 {
			return word[1 : i+1], word[i+1:], i+1 < len(word)
		}
	}
	return word[1:], "", false
}

// SplitOptions splits NIX_SSHOPTS as nixos-rebuild does (shell words).
func SplitOptions(s string) ([]string, error) {
	words, err := shellquote.Split(s)
	if err != nil {
		return nil, newError(KindConfigBad, "NIX_SSHOPTS", "it cannot be split into words: "+err.Error(), "close the quotes in NIX_SSHOPTS", err)
	}
	return words, nil
}

// lookupHome is the home directory, given or ours; "" if there is none.
func lookupHome(home string) string {
	if home == "" {
		home, _ = os.UserHomeDir() // without one, ~ simply stays
	}
	return home
}
