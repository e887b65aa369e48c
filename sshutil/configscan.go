package sshutil

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// configScan finds out what an answer of `ssh -G` depends on: the content of
// the configuration files with all that they include, and the environment. It
// is no parser: in doubt it says that the answer must not be kept. Where the
// file of a -F lies is of no concern: each run writes its own.
type configScan struct {
	home     string
	parts    []string // what the answer depends on, one text each
	names    []string // variables that the files mention
	volatile string   // why the answer cannot be kept, or ""
}

// scanConfig scans what ssh with these options would read.
func scanConfig(program string, options []string, home string, env func(string) (string, bool)) *configScan {
	s := &configScan{home: home}
	file, rest := cutConfigOption(options)
	s.arguments(program, rest)
	if file != nil {
		for _, path := range configFile(*file) {
			s.file(path, s.userDir(), 0)
		}
	} else {
		s.file(filepath.Join(home, ".ssh", "config"), s.userDir(), 0)
		s.file(systemConfig, filepath.Dir(systemConfig), 0)
	}
	for _, name := range append(s.names, "HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK") {
		value, set := env(name)
		s.parts = append(s.parts, fmt.Sprintf("env %s %t %s", name, set, value))
	}
	return s
}

// arguments notes what is not in files: the program, its options, the user
// and the machine.
func (s *configScan) arguments(program string, options []string) {
	path, err := exec.LookPath(program)
	if err != nil {
		s.volatile = "there is no " + program
		return
	}
	host, err := os.Hostname()
	if err != nil {
		s.volatile = "this machine has no name"
		return
	}
	info, err := os.Stat(path)
	if err != nil {
		s.volatile = "there is no " + path
		return
	}
	s.parts = append(s.parts, fmt.Sprintf("program %s %d %d", path, info.ModTime().UnixNano(), info.Size()), "uid "+strconv.Itoa(os.Getuid()), "host "+host, "home "+s.home)
	// ssh finds the home directory in the user database, not in HOME.
	if u, err := user.LookupId(strconv.Itoa(os.Getuid())); err == nil && u.HomeDir != s.home {
		s.volatile = "HOME is not the user's home"
	}
	for _, word := range options {
		s.parts = append(s.parts, "option "+word)
		s.line(strings.ReplaceAll(word, "=", " "), s.userDir(), 0)
	}
}

func (s *configScan) userDir() string { return filepath.Join(s.home, ".ssh") }

// file scans one configuration file. dir is where its relative includes are.
func (s *configScan) file(path, dir string, depth int) {
	if depth > includeDepth {
		s.volatile = "the includes are too deep"
		return
	}
	content, err := os.ReadFile(path)
	if err != nil {
		s.parts = append(s.parts, "unreadable") // ssh says what it thinks of that
		return
	}
	sum := sha256.Sum256(content)
	s.parts = append(s.parts, "file "+hex.EncodeToString(sum[:]))
	for line := range bytes.Lines(content) {
		s.line(string(line), dir, depth)
	}
}

// line notes what one line of a configuration makes the answer depend on.
func (s *configScan) line(line, dir string, depth int) {
	s.names = append(s.names, variables(line)...)
	fields := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n=\"", r) })
	if len(fields) < 2 {
		return
	}
	switch strings.ToLower(fields[0]) {
	case "include":
		for _, pattern := range fields[1:] {
			s.include(pattern, dir, depth)
		}
	case "match":
		for _, word := range fields[1:] {
			switch strings.TrimPrefix(strings.ToLower(word), "!") {
			case "exec", "localnetwork":
				s.volatile = "the configuration asks a program or the network"
			}
		}
	case "canonicalizehostname":
		if !strings.EqualFold(fields[1], "no") {
			s.volatile = "names are made canonical by DNS"
		}
	}
}

// include scans the files that an Include names, as they are now.
func (s *configScan) include(pattern, dir string, depth int) {
	if strings.ContainsAny(pattern, "$%\\") {
		s.volatile = "an include depends on more than files"
		return
	}
	if rest, ok := strings.CutPrefix(pattern, "~/"); ok {
		pattern = filepath.Join(s.home, rest)
	} else if strings.HasPrefix(pattern, "~") {
		s.volatile = "an include is in somebody else's home"
		return
	}
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(dir, pattern)
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		s.volatile = "an include is a pattern that we do not understand"
		return
	}
	s.parts = append(s.parts, fmt.Sprintf("include %d", len(paths)))
	for _, path := range paths {
		s.file(path, dir, depth+1)
	}
}

// fingerprint is equal for scans that give equal answers.
func (s *configScan) fingerprint() string {
	sum := sha256.Sum256([]byte(strings.Join(s.parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// variables are the NAMEs of all $NAME and ${NAME} in a line.
func variables(line string) (names []string) {
	for {
		_, after, found := strings.Cut(line, "$")
		if !found {
			return names
		}
		line = strings.TrimPrefix(after, "{")
		end := strings.IndexFunc(line, func(r rune) bool {
			return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		})
		if end < 0 {
			end = len(line)
		}
		if end > 0 {
			names = append(names, line[:end])
		}
	}
}
