package sshutil

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nixfleet-tui/internal/sshdtest"
)

func keygenDir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestResolve(t *testing.T) {
	sshdtest.Program(t)
	noLeaks(t)
	dir := t.TempDir()
	config := filepath.Join(dir, "config")
	write(t, filepath.Join(dir, "known two"), "")
	write(t, config, strings.ReplaceAll(`Host web1
  HostName 10.1.2.3
  User alice
  Port 2201
  HostKeyAlias alias
  IdentityFile ~/keys/%h-%r
  IdentityFile DIR/%n%%
  CertificateFile ${KEYS}/c-cert.pub
  IdentitiesOnly yes
  IdentityAgent ~/agent-%p
  ForwardAgent $MY_AGENT
  UserKnownHostsFile DIR/one DIR/known\ two "DIR/known two"
  ServerAliveInterval 7
  ServerAliveCountMax 4
  ConnectTimeout 9
  ProxyCommand relay %h %p %r %n %%
  ControlPath DIR/%n.sock
Host jumps
  ProxyJump me@a:23,b
  AddressFamily inet6
  BindAddress 127.0.0.9
Host needs
  ProxyCommand fdpass %h
  ProxyUseFdpass yes
`, "DIR", dir))
	o := &OpenSSH{Options: []string{"-F", config}, Home: "/home/alice", Env: append(os.Environ(), "KEYS="+dir+"/k", "MY_AGENT=/run/a")}
	got, err := o.Resolve(context.Background(), "web1")
	if err != nil {
		t.Fatal(err)
	}
	sshHome := got.IdentityAgent[:len(got.IdentityAgent)-len("/agent-2201")] // ssh expands this one itself
	want := Target{
		Name: "web1", HostName: "10.1.2.3", User: "alice", Port: 2201, HostKeyAlias: "alias",
		IdentityFiles:    []string{"/home/alice/keys/10.1.2.3-alice", dir + "/web1%"},
		CertificateFiles: []string{dir + "/k/c-cert.pub"},
		IdentitiesOnly:   true, IdentityAgent: sshHome + "/agent-2201", ForwardAgent: true, ForwardSocket: "/run/a",
		UserKnownHostsFiles:   []string{dir + "/one", dir + "/known two", dir + "/known two"},
		GlobalKnownHostsFiles: got.GlobalKnownHostsFiles,
		ServerAliveInterval:   7 * time.Second, ServerAliveCountMax: 4, ConnectTimeout: 9 * time.Second,
		ProxyCommand: "relay 10.1.2.3 2201 alice web1 %", ControlPath: dir + "/web1.sock", AddressFamily: "any",
		HostKeyAlgorithms: got.HostKeyAlgorithms, CASignatureAlgorithms: got.CASignatureAlgorithms,
		PubkeyAcceptedAlgorithms: got.PubkeyAcceptedAlgorithms, KexAlgorithms: got.KexAlgorithms, Ciphers: got.Ciphers, MACs: got.MACs,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if !slices.Contains(got.HostKeyAlgorithms, "ssh-ed25519") || !slices.Contains(got.CASignatureAlgorithms, "ssh-ed25519") || !slices.Contains(got.Ciphers, "aes128-ctr") {
		t.Errorf("algorithms are missing: %+v", got)
	}
	jumps, err := o.Resolve(context.Background(), "jumps")
	if err != nil || !slices.Equal(jumps.ProxyJump, []string{"me@a:23", "b"}) || jumps.AddressFamily != "inet6" || jumps.BindAddress != "127.0.0.9" {
		t.Errorf("got %+v, %v", jumps, err)
	}
	needs, err := o.Resolve(context.Background(), "needs")
	if err != nil || needs.NeedsOpenSSH != "proxyusefdpass is on" {
		t.Errorf("got %q, %v", needs.NeedsOpenSSH, err)
	}
}

func TestResolveWithoutSSH(t *testing.T) {
	o := &OpenSSH{Program: "no-such-ssh", Home: "/home/alice"}
	got, err := o.Resolve(context.Background(), "bob@web1")
	if err != nil || got.HostName != "web1" || got.User != "bob" || got.Port != 22 || !slices.Contains(got.UserKnownHostsFiles, "/home/alice/.ssh/known_hosts") {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestResolveTellsTheLine(t *testing.T) {
	sshdtest.Program(t)
	config := filepath.Join(t.TempDir(), "config")
	write(t, config, "User x\nBogus y\n")
	_, err := (&OpenSSH{Options: []string{"-F", config}}).Resolve(context.Background(), "h")
	e := wantKind(t, err, KindConfigBad)
	if !strings.Contains(e.Message, "line 2: Bad configuration option: bogus") {
		t.Errorf("got %q", e.Message)
	}
	write(t, config, "IdentityAgent ${SURELY_UNSET}\n")
	_, err = (&OpenSSH{Options: []string{"-F", config}}).Resolve(context.Background(), "h")
	wantKind(t, err, KindConfigBad)
	write(t, config, "Host h\nHostName $(x)\n")
	_, err = (&OpenSSH{Options: []string{"-F", config}}).Resolve(context.Background(), "h")
	wantKind(t, err, KindConfigBad)
}

// countingSSH is an ssh that counts how often it was started.
func countingSSH(t *testing.T) (program string, started func() int) {
	t.Helper()
	sshdtest.Program(t)
	dir := t.TempDir()
	real, err := exec.LookPath("ssh")
	if err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(dir, "ssh")
	write(t, program, fmt.Sprintf("#!/bin/sh\necho x >> %s/count\nexec %s \"$@\"\n", dir, real))
	if err := os.Chmod(program, 0o700); err != nil {
		t.Fatal(err)
	}
	return program, func() int {
		content, err := os.ReadFile(dir + "/count")
		if err != nil {
			return 0
		}
		return strings.Count(string(content), "x")
	}
}

// cached resolves with answers that lie on the disk: a new OpenSSH each time.
type cached struct {
	t       *testing.T
	program string
	config  string
	cache   string
	env     []string
	started func() int
}

func (c *cached) resolve(name string) Target {
	c.t.Helper()
	o := &OpenSSH{Program: c.program, Options: []string{"-F", c.config, "-4"}, Env: c.env, CacheDir: c.cache}
	got, err := o.Resolve(context.Background(), name)
	if err != nil {
		c.t.Fatal(err)
	}
	return got
}

// expect compares how often ssh was started until now.
func (c *cached) expect(what string, want int) {
	c.t.Helper()
	if got := c.started(); got != want {
		c.t.Errorf("%s: ssh was started %d times, want %d", what, got, want)
	}
}

func newCached(t *testing.T) (c *cached, dir string) {
	t.Helper()
	program, started := countingSSH(t)
	dir = t.TempDir()
	return &cached{t, program, filepath.Join(dir, "config"), filepath.Join(dir, "cache"), os.Environ(), started}, dir
}

func TestResolveCache(t *testing.T) {
	c, dir := newCached(t)
	included := filepath.Join(dir, "more.conf")
	content := "Include " + dir + "/*.conf\nHost *\nUser first\nSetEnv TOKEN=sesame\n"
	write(t, c.config, content)
	write(t, included, "Port 23\n")
	first := c.resolve("h")
	if again := c.resolve("h"); !reflect.DeepEqual(first, again) || first.User != "first" || first.Port != 23 {
		t.Errorf("got %+v, then %+v", first, again)
	}
	c.expect("the same question", 1)
	c.resolve("g")
	c.expect("another name", 2)
	c.config = filepath.Join(dir, "elsewhere")
	write(t, c.config, content)
	c.resolve("h")
	c.expect("the same configuration in another file", 2)
	write(t, included, "Port 24\n")
	if got := c.resolve("h"); got.Port != 24 {
		t.Errorf("port %d", got.Port)
	}
	c.expect("an included file changed", 3)
	write(t, filepath.Join(dir, "new.conf"), "ConnectTimeout 5\n")
	if got := c.resolve("h"); got.ConnectTimeout != 5*time.Second {
		t.Errorf("timeout %v", got.ConnectTimeout)
	}
	c.expect("a new file matches the include", 4)
	c.env = append(c.env, "SSH_AUTH_SOCK=/elsewhere")
	c.resolve("h")
	c.expect("another environment", 5)
	checkCacheFiles(t, c.cache)
}

func TestResolveCacheIsNotForWhatChanges(t *testing.T) {
	c, _ := newCached(t)
	for i, volatile := range []string{"Match exec true\nUser x\n", "CanonicalizeHostname yes\n", "Include ${HOME}/x\n", "Match !exec \"false\"\n"} {
		write(t, c.config, volatile)
		c.resolve("h")
		c.resolve("h")
		c.expect(volatile, 2+2*i)
	}
	write(t, c.config, "IdentityAgent $SOMEWHERE\n")
	c.env = append(c.env, "SOMEWHERE=/one")
	c.resolve("h")
	c.env = append(c.env, "SOMEWHERE=/two")
	if got := c.resolve("h"); got.IdentityAgent != "/two" {
		t.Errorf("agent %q", got.IdentityAgent)
	}
	c.expect("a variable changed", 10)
	c.cache = "/dev/null/impossible"
	c.resolve("h")
	c.expect("no place for answers", 11)
}

// checkCacheFiles looks for secrets and for what others may read.
func checkCacheFiles(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatalf("no cache: %v", err)
	}
	for _, f := range files {
		if strings.Contains(read(t, filepath.Join(dir, f.Name())), "sesame") {
			t.Error("a secret lies in the cache")
		}
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 || strings.HasPrefix(f.Name(), ".") {
			t.Errorf("%s: %v %v", f.Name(), info.Mode(), err)
		}
	}
}

// TestResolveBounded starts many at once and watches how many run.
func TestResolveBounded(t *testing.T) {
	sshdtest.Program(t)
	noLeaks(t)
	dir := t.TempDir()
	program := filepath.Join(dir, "ssh")
	// Each leaves a mark while it runs, and fails if there are too many marks.
	write(t, program, fmt.Sprintf("#!/bin/sh\nmkdir %[1]s/m$$\nsleep 0.05\nset -- %[1]s/m*\nrmdir %[1]s/m$$\n[ $# -le %[2]d ] || exit 9\nprintf 'hostname x\\nport 22\\n'\n", dir, resolveParallel))
	if err := os.Chmod(program, 0o700); err != nil {
		t.Fatal(err)
	}
	o := &OpenSSH{Program: program}
	var resolving sync.WaitGroup
	for i := range 4 * resolveParallel {
		resolving.Go(func() {
			if _, err := o.Resolve(context.Background(), fmt.Sprintf("h%d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	resolving.Wait()
}

func TestSplitPaths(t *testing.T) {
	there := map[string]bool{"/a b": true, "/a": true, "/c d e": true}
	exists := func(path string) bool { return there[path] }
	tests := []struct {
		in   string
		want []string
	}{
		{"", nil}, {"none", nil}, {"/x", []string{"/x"}}, {"/x /y", []string{"/x", "/y"}}, {"/a b", []string{"/a b"}},
		{"/x /a b /c d e /y", []string{"/x", "/a b", "/c d e", "/y"}},
	}
	for _, tt := range tests {
		if got := splitPaths(tt.in, exists); !slices.Equal(got, tt.want) {
			t.Errorf("splitPaths(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestTokens(t *testing.T) {
	env := func(name string) (string, bool) { return "value", name == "SET" }
	tok := tokens{home: "/home/me", env: env}
	tok.describe(Target{Name: "n", HostName: "h", Port: 22, User: "r", ProxyJump: []string{"j"}})
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ in, want string }{
		{"%h-%n-%p-%r-%j-%k", "h-n-22-r-j-n"}, {"%%h", "%h"}, {"%d/x", "/home/me/x"}, {"%l", host}, {"plain", "plain"},
	}
	for _, tt := range tests {
		if got, err := tok.expand(tt.in); got != tt.want || err != nil {
			t.Errorf("expand(%q) = %q, %v", tt.in, got, err)
		}
	}
	for _, bad := range []string{"%", "x%", "%Q", "%\x00"} {
		if got, err := tok.expand(bad); err == nil {
			t.Errorf("expand(%q) = %q", bad, got)
		}
	}
	if got, err := tok.path("~/${SET}/%h"); got != "/home/me/value/h" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []string{"${UNSET}", "${SET", "~no-such-user-here/x"} {
		if got, err := tok.path(bad); err == nil {
			t.Errorf("path(%q) = %q", bad, got)
		}
	}
}

// TestHashToken compares %C with ssh's.
func TestHashToken(t *testing.T) {
	sshdtest.Program(t)
	config := filepath.Join(t.TempDir(), "config")
	write(t, config, "ControlPath /x/%C\nIdentityFile /x/%C\nPort 2222\nUser someone\n")
	got, err := (&OpenSSH{Options: []string{"-F", config}}).Resolve(context.Background(), "h")
	if err != nil || len(got.IdentityFiles) != 1 || got.IdentityFiles[0] != got.ControlPath {
		t.Errorf("got %q, ssh says %q, %v", got.IdentityFiles, got.ControlPath, err)
	}
}

// FuzzSettings: whatever ssh prints, there is a target or an error, and a
// target never holds a name that a shell could take for more.
func FuzzSettings(f *testing.F) {
	for _, seed := range []string{
		"hostname h\nport 22\nuser u\n", "hostname -oX\nport 22\n", "hostname $(x)\nport 1\n", "port x\n", "hostname h\nport 99999999999999999999\n",
		"hostname h\nport 22\nidentityfile ~/%h\nproxycommand x %h %p\n", "hostname h\nport 22\nuserknownhostsfile /a b c\n",
		"canonicalizePermittedcnames none\n", "hostname h\nport 22\nidentityagent $X\nforwardagent yes\n", "\x00\n \n", "hostname h\nport 22\nproxyjump a,b@c:d\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, printed string) {
		env := func(name string) (string, bool) { return "v", len(name) < 3 }
		got, err := parseSettings([]byte(printed)).target("name", tokens{home: "/home/me", env: env})
		if err != nil {
			return
		}
		if checkName(got.HostName) != nil || checkUser(got.User) != nil {
			t.Errorf("%q got through", printed)
		}
		for _, path := range slices.Concat(got.IdentityFiles, got.CertificateFiles) {
			if !filepath.IsAbs(path) {
				t.Errorf("%q gives the relative path %q", printed, path)
			}
		}
		for _, hop := range got.ProxyJump {
			if _, host, _, err := splitHop(hop); err == nil && checkName(host) != nil {
				t.Errorf("%q gives the jump host %q", printed, host)
			}
		}
	})
}
