package sshutil

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// settings is the output of `ssh -G`: lines of a keyword and a value, where
// some keywords repeat. Keywords that are not known here are ignored, so a
// newer ssh does no harm.
type settings map[string][]string

func parseSettings(printed []byte) settings {
	s := settings{}
	for line := range strings.Lines(string(printed)) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if key != "" {
			key = strings.ToLower(key)
			s[key] = append(s[key], value)
		}
	}
	return s
}

// first is the keyword's first value; "none" counts as unset.
func (s settings) first(key string) string {
	if v := s[key]; len(v) > 0 && v[0] != "none" {
		return v[0]
	}
	return ""
}

// yes reports whether the keyword is on.
func (s settings) yes(key string) bool { return s.first(key) == "yes" || s.first(key) == "true" }

// no reports whether the keyword was printed, and is off.
func (s settings) no(key string) bool { return s.first(key) == "no" || s.first(key) == "false" }

// list is the keyword's comma-separated value.
func (s settings) list(key string) []string {
	if v := s.first(key); v != "" {
		return strings.Split(v, ",")
	}
	return nil
}

// seconds is the keyword's value as a time; zero if it is none.
func (s settings) seconds(key string) time.Duration {
	return time.Duration(atoiOr(s.first(key), 0)) * time.Second
}

// target reads the settings that concern us.
func (s settings) target(name string, tok tokens) (Target, error) {
	t := Target{
		Name:                     name,
		HostName:                 s.first("hostname"),
		User:                     s.first("user"),
		HostKeyAlias:             s.first("hostkeyalias"),
		IdentitiesOnly:           s.yes("identitiesonly"),
		HostKeyAlgorithms:        s.list("hostkeyalgorithms"),
		CASignatureAlgorithms:    s.list("casignaturealgorithms"),
		PubkeyAcceptedAlgorithms: s.list("pubkeyacceptedalgorithms"),
		KexAlgorithms:            s.list("kexalgorithms"),
		Ciphers:                  s.list("ciphers"),
		MACs:                     s.list("macs"),
		ProxyJump:                s.list("proxyjump"),
		BindAddress:              s.first("bindaddress"),
		AddressFamily:            s.first("addressfamily"),
		ControlPath:              s.first("controlpath"),
		ConnectTimeout:           s.seconds("connecttimeout"),
		ServerAliveInterval:      s.seconds("serveraliveinterval"),
		ServerAliveCountMax:      atoiOr(s.first("serveralivecountmax"), 0),
		NeedsOpenSSH:             s.needsOpenSSH(),
		Straight:                 s.straight(),
	}
	port, err := strconv.Atoi(s.first("port"))
	if err != nil || t.HostName == "" {
		return t, errors.New("ssh named no address and port")
	}
	t.Port = port
	if err := checkName(t.HostName); err != nil {
		return t, fmt.Errorf("the HostName %q is none: %w", t.HostName, err)
	}
	if err := checkUser(t.User); err != nil {
		return t, fmt.Errorf("the User %q is none: %w", t.User, err)
	}
	tok.describe(t)
	return t, s.paths(&t, tok)
}

// paths fills in what ssh prints with its tokens still in it.
func (s settings) paths(t *Target, tok tokens) error {
	var errs []error
	file := func(raw string) string {
		path, err := tok.path(raw)
		errs = append(errs, err)
		return path
	}
	files := func(key string) (paths []string) {
		for _, raw := range s[key] {
			if raw != "none" && raw != "" {
				paths = append(paths, file(raw))
			}
		}
		return paths
	}
	t.IdentityFiles, t.CertificateFiles = files("identityfile"), files("certificatefile")
	for _, raw := range splitPaths(s.first("userknownhostsfile"), exists) {
		t.UserKnownHostsFiles = append(t.UserKnownHostsFiles, file(raw))
	}
	t.GlobalKnownHostsFiles = splitPaths(s.first("globalknownhostsfile"), exists)
	t.IdentityAgent = s.socket("identityagent", tok, file)
	if v := s["identityagent"]; len(v) > 0 && v[0] == "none" {
		t.IdentityAgent = "none"
	}
	if raw := s.first("forwardagent"); raw != "" && !s.no("forwardagent") {
		t.ForwardAgent = true
		if !s.yes("forwardagent") {
			t.ForwardSocket = s.socket("forwardagent", tok, file)
		}
	}
	if raw := s.first("proxycommand"); raw != "" {
		command, err := tok.expand(raw)
		t.ProxyCommand = command
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// socket is the agent's socket that the keyword names: a path, or $NAME for
// one in the environment. "" means SSH_AUTH_SOCK.
func (s settings) socket(key string, tok tokens, file func(string) string) string {
	raw := s.first(key)
	if variable, ok := strings.CutPrefix(raw, "$"); ok && !strings.HasPrefix(variable, "{") {
		value, _ := tok.env(variable)
		return value
	}
	if raw == "" || raw == "SSH_AUTH_SOCK" {
		return ""
	}
	return file(raw)
}

// needsOpenSSH says which setting only the ssh program can honour, or "".
func (s settings) needsOpenSSH() string {
	for _, key := range []string{"knownhostscommand", "pkcs11provider", "revokedhostkeys", "remotecommand", "bindinterface"} {
		if s.first(key) != "" {
			return key + " is set"
		}
	}
	switch {
	case s.yes("proxyusefdpass"):
		return "proxyusefdpass is on"
	case s.first("verifyhostkeydns") != "" && !s.no("verifyhostkeydns"):
		return "verifyhostkeydns is on"
	case s.no("pubkeyauthentication"):
		return "pubkeyauthentication is off"
	case s.first("preferredauthentications") != "" && !strings.Contains(s.first("preferredauthentications"), "publickey"):
		return "preferredauthentications leaves out publickey"
	}
	return ""
}

// straight says whether somebody else may connect for ssh: no other setting
// than HostName and Port decides where that leads, nor what is asked of the
// address. Names that are made canonical are not, once there is a ProxyCommand.
func (s settings) straight() bool {
	for _, key := range []string{"proxycommand", "proxyjump", "bindaddress", "bindinterface"} {
		if s.first(key) != "" {
			return false
		}
	}
	return s.first("addressfamily") == "any" && s.yes("tcpkeepalive") &&
		s.no("canonicalizehostname") && s.no("checkhostip") && s.no("nohostauthenticationforlocalhost")
}

// splitPaths takes apart paths that ssh printed with spaces between them,
// though a path may hold spaces itself: the longest that exists wins.
func splitPaths(value string, exists func(string) bool) []string {
	var paths []string
	words := strings.Split(value, " ")
	for len(words) > 0 {
		n := len(words)
		for n > 1 && !exists(strings.Join(words[:n], " ")) {
			n--
		}
		if path := strings.Join(words[:n], " "); path != "" && path != "none" {
			paths = append(paths, path)
		}
		words = words[n:]
	}
	return paths
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
