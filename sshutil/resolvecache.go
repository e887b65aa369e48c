package sshutil

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"nixfleet-tui/internal/atomicfile"
)

// answers keeps what `ssh -G` said, one file per question, so that three
// hundred hosts do not cost three hundred processes at every start. An answer
// is good only for the configuration it was made from.
type answers struct {
	dir string

	mu    sync.Mutex
	scans map[string]scanned
}

// scanned is a scan that is good for a moment: many names are asked for at once.
type scanned struct {
	at   time.Time
	scan *configScan
}

// answersFormat is the first word of the files; another format is another word.
const answersFormat = "ssh-G-2"

// scan looks at the configuration, at most once per configFresh.
func (a *answers) scan(o *OpenSSH, options []string, now time.Time) *configScan {
	key := strings.Join(options, "\x00")
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.scans == nil {
		a.scans = map[string]scanned{}
	}
	if have, ok := a.scans[key]; ok && now.Sub(have.at) < configFresh {
		return have.scan
	}
	s := o.scan(options)
	a.scans[key] = scanned{now, s}
	return s
}

// scan looks at the configuration as it is now.
func (o *OpenSSH) scan(options []string) *configScan {
	return scanConfig(programOr(o.Program), options, lookupHome(o.Home), o.lookupEnv)
}

// path is where the answer for name lies.
func (a *answers) path(name string, options []string) string {
	_, rest := cutConfigOption(options)
	sum := sha256.Sum256([]byte(strings.Join(append(rest, name), "\x00")))
	return filepath.Join(a.dir, hex.EncodeToString(sum[:16]))
}

// load returns the answer in a file, if it is good for that configuration.
func (a *answers) load(path string, s *configScan) ([]byte, bool) {
	if s.volatile != "" {
		return nil, false
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	printed, ok := bytes.CutPrefix(content, []byte(answersFormat+" "+s.fingerprint()+"\n"))
	return printed, ok
}

// store keeps an answer. The cache only saves time, so a full disk is no
// failure of anything.
func (a *answers) store(path string, s *configScan, printed []byte) {
	if s.volatile != "" || os.MkdirAll(a.dir, 0o700) != nil {
		return
	}
	_ = atomicfile.Write(path, []byte(answersFormat+" "+s.fingerprint()+"\n"+string(concerning(printed)))) // then it is asked again
}

// concerning leaves the lines that concern us. Others may hold secrets (SetEnv).
func concerning(printed []byte) []byte {
	var kept []byte
	for line := range bytes.Lines(printed) {
		key, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		switch strings.ToLower(string(key)) {
		case "hostname", "user", "port", "hostkeyalias", "identitiesonly", "hostkeyalgorithms", "casignaturealgorithms",
			"pubkeyacceptedalgorithms", "kexalgorithms", "ciphers", "macs", "proxyjump", "proxycommand", "proxyusefdpass",
			"bindaddress", "bindinterface", "addressfamily", "controlpath", "connecttimeout", "serveraliveinterval",
			"serveralivecountmax", "identityfile", "certificatefile", "userknownhostsfile", "globalknownhostsfile",
			"identityagent", "forwardagent", "knownhostscommand", "pkcs11provider", "revokedhostkeys", "remotecommand",
			"verifyhostkeydns", "pubkeyauthentication", "preferredauthentications",
			"tcpkeepalive", "canonicalizehostname", "checkhostip", "nohostauthenticationforlocalhost":
			kept = append(kept, line...)
		}
	}
	return kept
}
