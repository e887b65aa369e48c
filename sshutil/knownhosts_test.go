package sshutil

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"nixfleet-tui/internal/sshdtest"
)

// TestKnownHostsLikeKeygen compares the lines that we find with those that
// ssh-keygen finds.
func TestKnownHostsLikeKeygen(t *testing.T) {
	sshdtest.Program(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "known_hosts")
	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(newSigner(t).PublicKey())))
	var content strings.Builder
	for _, hosts := range []string{
		"plain", "[plain]:2222", "a,b,c", "*.example.org", "!bad.example.org,*.example.org", "10.0.?.*", "UPPER",
		"[*]:22??", "*,!plain", "", "[::1]:99", "fe80::1%eth0",
	} {
		for _, marker := range []string{"", "@cert-authority ", "@revoked "} {
			fmt.Fprintf(&content, "%s%s %s\n", marker, hosts, key)
		}
	}
	write(t, path, content.String())
	hashed := filepath.Join(dir, "hashed")
	var plain strings.Builder
	for line := range strings.Lines(content.String()) {
		if !strings.ContainsAny(line, "*?!") && line[0] != ' ' && !strings.Contains(line, "  ") {
			plain.WriteString(line)
		}
	}
	write(t, hashed, plain.String())
	sshdtest.Keygen(t, "-H", "-f", hashed)
	names := []string{
		"plain", "[plain]:2222", "a", "b", "c", "d", "x.example.org", "bad.example.org", "10.0.1.2", "10.1.1.2", "upper",
		"[web]:2201", "[::1]:99", "fe80::1%eth0", "nowhere",
	}
	for _, path := range []string{path, hashed} {
		file := loadKnownHosts(path)
		for _, name := range names {
			var ours []string
			for _, l := range file.about(name) {
				ours = append(ours, fmt.Sprint(l.number))
			}
			if theirs := foundByKeygen(t, path, name); !slices.Equal(ours, theirs) {
				t.Errorf("%s in %s: we find lines %v, ssh-keygen %v", name, filepath.Base(path), ours, theirs)
			}
		}
	}
}

// foundByKeygen are the line numbers that ssh-keygen -F names.
func foundByKeygen(t *testing.T, path, name string) (lines []string) {
	t.Helper()
	cmd := exec.Command("ssh-keygen", "-F", name, "-f", path)
	out, _ := cmd.Output() // 1 when nothing is found
	for line := range strings.Lines(string(out)) {
		if _, after, ok := strings.Cut(line, "found: line "); ok {
			lines = append(lines, strings.Fields(after)[0])
		}
	}
	return lines
}

func TestKnownHostsSkipsGarbage(t *testing.T) {
	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(newSigner(t).PublicKey())))
	garbage := []string{
		"h", "h ssh-ed25519", "h ssh-ed25519 !!!", "@strange h " + key, "h ssh-future AAAA", "h ssh-rsa " + strings.Fields(key)[1],
		"h ssh-ed25519 " + strings.Repeat("A", 1<<20), "\x00\xff\x1b[2J",
	}
	f := parseKnownHosts("f", []byte("# comment\n\n"+strings.Join(garbage, "\n")+"\nh "+key+"\n"))
	if f.skipped != len(garbage) {
		t.Errorf("%d lines skipped, want %d", f.skipped, len(garbage))
	}
	if lines := f.about("h"); len(lines) != 1 || lines[0].number != len(garbage)+3 {
		t.Errorf("got %v", lines)
	}
}

func TestKnownHostsFilesAreReadWhenTheyChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "known_hosts")
	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(newSigner(t).PublicKey())))
	var k knownFiles
	if files := k.read([]string{path}); len(files) != 0 {
		t.Errorf("a missing file gave %v", files)
	}
	write(t, path, "h "+key+"\n")
	first := k.read([]string{path})
	if again := k.read([]string{path}); again[0] != first[0] {
		t.Error("an unchanged file was read again")
	}
	write(t, path, "other,names "+key+"\n")
	if len(k.read([]string{path})[0].about("h")) != 0 {
		t.Error("a changed file was not read again")
	}
	if files := k.read([]string{filepath.Dir(path)}); files[0].skipped != 1 {
		t.Error("a directory went unnoticed")
	}
}

// TestKnownAlgorithmsComeFirst: a host is asked for the keys that we know.
func TestKnownAlgorithmsComeFirst(t *testing.T) {
	rsa := filepath.Join(t.TempDir(), "rsa")
	sshdtest.Program(t)
	sshdtest.Keygen(t, "-t", "rsa", "-N", "", "-f", rsa)
	fields := strings.Fields(read(t, rsa+".pub"))
	ed25519 := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(newSigner(t).PublicKey())))
	allowed := []string{"ssh-ed25519-cert-v01@openssh.com", "rsa-sha2-512-cert-v01@openssh.com", "ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256", "unheard-of"}
	tests := []struct {
		name, known string
		want        []string
	}{
		{"nothing", "", allowed[:5]},
		{"rsa", "h " + fields[0] + " " + fields[1], []string{"rsa-sha2-512", "rsa-sha2-256", allowed[0], allowed[1], "ssh-ed25519"}},
		{"authority", "@cert-authority h " + ed25519, []string{allowed[0], allowed[1], "ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"}},
		{"another host", "g " + fields[0] + " " + fields[1], allowed[:5]},
	}
	for _, tt := range tests {
		c := newHostKeyCheck(Target{HostName: "h", Port: 22}, []*knownFile{parseKnownHosts("f", []byte(tt.known+"\n"))}, nil, time.Now())
		if got := c.algorithms(allowed); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestMatchPattern(t *testing.T) {
	tests := []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "abc", true}, {"a*", "abc", true}, {"*c", "abc", true},
		{"a?c", "abc", true}, {"a?c", "ac", false}, {"a*b*c", "aXbYc", true}, {"a*b*c", "aXcYb", false}, {"**", "x", true}, {"?", "", false},
	}
	for _, tt := range tests {
		if got := matchPattern(tt.pattern, tt.s); got != tt.want {
			t.Errorf("matchPattern(%q, %q) = %t", tt.pattern, tt.s, got)
		}
	}
	if matchPattern(strings.Repeat("*a", 2000), strings.Repeat("a", 1000)+"b") {
		t.Error("it matched")
	}
}

// TestCertificateWithPattern: whether it is good is for the local ssh to say.
func TestCertificateWithPattern(t *testing.T) {
	authority := newSigner(t)
	cert := &ssh.Certificate{
		Key: newSigner(t).PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{"*.Example.org", "plain"},
		ValidBefore: ssh.CertTimeInfinity,
	}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	known := parseKnownHosts("f", []byte("@cert-authority * "+string(ssh.MarshalAuthorizedKey(authority.PublicKey()))))
	tests := []struct {
		host     string
		patterns bool
		kind     Kind
	}{
		{"web.example.org", true, KindNone}, {"web.example.org", false, KindHostCertBad},
		{"plain", false, KindNone}, {"web.example.com", true, KindHostCertBad},
	}
	for _, tt := range tests {
		c := newHostKeyCheck(Target{HostName: tt.host, Port: 22}, []*knownFile{known}, func() bool { return tt.patterns }, time.Now())
		refusal := c.check(cert)
		if refusal == nil && tt.kind != KindNone || refusal != nil && refusal.Kind != tt.kind {
			t.Errorf("%s, patterns %t: %v", tt.host, tt.patterns, refusal)
		}
	}
}

// FuzzKnownHosts: no line does harm, and none hides the good one behind it.
func FuzzKnownHosts(f *testing.F) {
	public, err := ssh.ParsePublicKey(ssh.Marshal(struct {
		Type string
		Key  []byte
	}{ssh.KeyAlgoED25519, make([]byte, 32)}))
	if err != nil {
		f.Fatal(err)
	}
	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public)))
	for _, seed := range []string{
		"host " + key, "# comment", "", "@cert-authority *.example.org " + key, "@revoked * " + key, "@ host " + key,
		"|1|c2FsdA==|aGFzaA== " + key, "|1|| " + key, "!host,* " + key, "[host]:22 " + key, "host ssh-rsa AAAA", "\x00", "host\t\t" + key, "@revoked",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		good := "\nthe-good-one " + key + "\n"
		file := parseKnownHosts("f", []byte(line+good))
		found := file.about("the-good-one")
		if len(found) == 0 || found[len(found)-1].hosts != "the-good-one" {
			t.Errorf("%q hides the line behind it", line)
		}
		c := newHostKeyCheck(Target{HostName: "host", Port: 2222}, []*knownFile{file}, nil, time.Unix(0, 0))
		if refusal := c.check(public); refusal != nil && (refusal.Error() == "" || refusal.Fingerprint == "") {
			t.Errorf("%q: %+v", line, refusal)
		}
		c.algorithms(nil)
	})
}

func TestUnreadableKnownHosts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.Symlink(path, path); err != nil {
		t.Fatal(err)
	}
	var k knownFiles
	if files := k.read([]string{path}); len(files) != 1 || files[0].skipped != 1 {
		t.Errorf("got %v", files)
	}
}
