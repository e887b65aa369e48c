package sshutil

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// marker is what a known_hosts line says of its key besides the hosts.
type marker string

const (
	markPlain     marker = ""
	markAuthority marker = "@cert-authority"
	markRevoked   marker = "@revoked"
)

// knownLine is one line of a known_hosts file. The key is parsed only when the
// line is about the host that is asked for: files have thousands of lines.
type knownLine struct {
	marker  marker
	hosts   string // patterns, or one hashed name
	keyType string
	blob    []byte
	number  int
}

// knownFile is one known_hosts file, read once per change.
type knownFile struct {
	path    string
	lines   []knownLine
	exact   map[string][]int // lines by the names in them, where no line is a pattern
	rest    []int            // lines with patterns or hashes
	skipped int              // lines that made no sense
}

// parseKnownHosts reads a known_hosts file (format in sshd(8)). Lines that
// make no sense, or belong to a future, are skipped and counted; the others
// stay good.
func parseKnownHosts(path string, content []byte) *knownFile {
	f := &knownFile{path: path, exact: map[string][]int{}}
	number := 0
	for raw := range bytes.Lines(content) {
		number++
		line, used, ok := parseKnownLine(raw)
		if !ok {
			f.skipped++
		}
		if !ok || !used {
			continue
		}
		line.number = number
		f.index(line)
	}
	return f
}

func (f *knownFile) index(line knownLine) {
	i := len(f.lines)
	f.lines = append(f.lines, line)
	if strings.ContainsAny(line.hosts, "*?!|") {
		f.rest = append(f.rest, i)
		return
	}
	for name := range strings.SplitSeq(strings.ToLower(line.hosts), ",") {
		if at := f.exact[name]; len(at) == 0 || at[len(at)-1] != i {
			f.exact[name] = append(at, i)
		}
	}
}

// parseKnownLine takes one line apart. used is false for comments and empty
// lines, ok is false for garbage.
func parseKnownLine(raw []byte) (line knownLine, used, ok bool) {
	if len(raw) > knownHostsLineMax {
		return line, false, false
	}
	text := strings.Trim(string(raw), " \t\r\n")
	if text == "" || text[0] == '#' {
		return line, false, true
	}
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' })
	if fields[0][0] == '@' {
		line.marker = marker(fields[0])
		if line.marker != markAuthority && line.marker != markRevoked {
			return line, false, false
		}
		fields = fields[1:]
	}
	if len(fields) < 3 || !keyTypeKnown(fields[1]) {
		return line, false, false
	}
	line.hosts, line.keyType = fields[0], fields[1]
	blob, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil || !blobHasType(blob, line.keyType) {
		return line, false, false
	}
	line.blob = blob
	return line, true, true
}

// blobHasType reports whether a key in wire format calls itself keyType.
func blobHasType(blob []byte, keyType string) bool {
	var head struct {
		Type string
		Rest []byte `ssh:"rest"`
	}
	return ssh.Unmarshal(blob, &head) == nil && head.Type == keyType
}

func keyTypeKnown(keyType string) bool {
	switch keyType {
	case ssh.KeyAlgoRSA, ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256, "ssh-dss":
		return true
	}
	return false
}

// about returns the lines for a host as it is written in such files: "name",
// or "[name]:port".
func (f *knownFile) about(host string) []knownLine {
	found := slices.Clone(f.exact[host])
	for _, i := range f.rest {
		if matchKnownHosts(f.lines[i].hosts, host) {
			found = append(found, i)
		}
	}
	slices.Sort(found)
	lines := make([]knownLine, len(found))
	for i, at := range found {
		lines[i] = f.lines[at]
	}
	return lines
}

// matchKnownHosts reports whether the first field of a line is about host.
func matchKnownHosts(hosts, host string) bool {
	if strings.HasPrefix(hosts, "|") {
		return matchHashed(hosts, host)
	}
	matched := false
	for pattern := range strings.SplitSeq(strings.ToLower(hosts), ",") {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if !matchPattern(pattern, host) {
			continue
		}
		if negated {
			return false
		}
		matched = true
	}
	return matched
}

// matchHashed compares with "|1|SALT|HASH", a keyed hash of the name.
func matchHashed(hashed, host string) bool {
	parts := strings.Split(hashed, "|")
	if len(parts) != 4 || parts[1] != "1" {
		return false
	}
	salt, err1 := base64.StdEncoding.DecodeString(parts[2])
	want, err2 := base64.StdEncoding.DecodeString(parts[3])
	if err1 != nil || err2 != nil {
		return false
	}
	mac := hmac.New(sha1.New, salt)
	io.WriteString(mac, host)
	return hmac.Equal(mac.Sum(nil), want)
}

// matchPattern is ssh's: * is any string, ? any one byte.
func matchPattern(pattern, s string) bool {
	// Only the last star needs to be tried again, so this is never exponential.
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// knownFiles reads known_hosts files and keeps them until they change. It
// never writes one.
type knownFiles struct {
	mu    sync.Mutex
	files map[string]readFile
}

type readFile struct {
	modified time.Time
	size     int64
	file     *knownFile
}

// read returns the files that exist, in order. A file that cannot be read
// counts as one skipped line, so that somebody hears of it.
func (k *knownFiles) read(paths []string) []*knownFile {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.files == nil {
		k.files = map[string]readFile{}
	}
	var files []*knownFile
	for _, path := range paths {
		info, err := os.Stat(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil || info.IsDir() {
			files = append(files, &knownFile{path: path, skipped: 1})
			continue
		}
		have := k.files[path]
		if have.file == nil || !have.modified.Equal(info.ModTime()) || have.size != info.Size() {
			have = readFile{info.ModTime(), info.Size(), loadKnownHosts(path)}
			k.files[path] = have
		}
		files = append(files, have.file)
	}
	return files
}

func loadKnownHosts(path string) *knownFile {
	f, err := os.Open(path)
	if err != nil {
		return &knownFile{path: path, skipped: 1}
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, knownHostsFileMax))
	if err != nil {
		return &knownFile{path: path, skipped: 1}
	}
	return parseKnownHosts(path, content)
}
