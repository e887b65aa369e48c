package nixcmd

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// scripted returns a Nix whose program is a shell script, which finds its
// arguments in "$*" and is in the directory $here.
func scripted(t *testing.T, script string) (n *Nix, here string) {
	t.Helper()
	here = t.TempDir()
	program := filepath.Join(here, "nix")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nhere="+here+"\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return &Nix{Program: program, Dir: here}, here
}

func calls(t *testing.T, here string) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(here, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(content), "\n---\n"), "\n---\n")
}

const noteCall = `printf '%s\n---\n' "$*" >>$here/calls` + "\n"

// The answers below were recorded; those of old Nix and Lix are as their
// sources print them.
const (
	cleanGit = `{"fingerprint":"9eace7387105d39807cdf827fcba5e4177332aba785c61498d93def8921859be","lastModified":1795396475,"locked":{"__final":true,"lastModified":1795396475,"narHash":"sha256-GLePdsqRheB4vixwgXkeWpyynyBLRYKGRIQvutkcGKs=","ref":"refs/heads/master","rev":"a9c53c877367ec015935dd23543d0b31058dea61","revCount":1,"type":"git","url":"file:///home/ana/fleet"},"locks":{"nodes":{"root":{}},"root":"root","version":7},"original":{"type":"git","url":"file:///home/ana/fleet"},"originalUrl":"git+file:///home/ana/fleet","path":"/nix/store/zns06vj2i4nwr4jzrkgki3ljvk0pymj1-source","resolved":{"type":"git","url":"file:///home/ana/fleet"},"resolvedUrl":"git+file:///home/ana/fleet","revCount":1,"revision":"a9c53c877367ec015935dd23543d0b31058dea61","url":"git+file:///home/ana/fleet?ref=refs/heads/master&rev=a9c53c877367ec015935dd23543d0b31058dea61"}`
	dirtyGit = `{"dirtyRevision":"649aa29268155372c64fa9ea3da13abdc6fa9090-dirty","fingerprint":"248c158740eaef7fc63a70bbc3d1fb7abbf301c1554c1df9752aa68ba6f446fa","lastModified":1795397790,"locked":{"__final":true,"dir":"sub","dirtyRev":"649aa29268155372c64fa9ea3da13abdc6fa9090-dirty","dirtyShortRev":"649aa29-dirty","lastModified":1795397790,"narHash":"sha256-442LN2V0wf2VFJCyRkL8Lorz27si1Tfu4iy7nddvfkM=","type":"git","url":"file:///home/ana/my%20fleet"},"locks":{},"path":"/nix/store/dz7dpfzzn64nnw7chf04qa89zwn23vqm-source","resolved":{"dir":"sub","type":"git","url":"file:///home/ana/my%20fleet"},"resolvedUrl":"git+file:///home/ana/my%20fleet?dir=sub","url":"git+file:///home/ana/my%20fleet?dir=sub"}`
	noCommit = `{"lastModified":0,"locked":{"__final":true,"lastModified":0,"narHash":"sha256-7T0D/GqbWOysNrzS5Q7cCS4VO42JcLREPBmfSIJzrgI=","type":"git","url":"file:///home/ana/fleet"},"locks":{},"path":"/nix/store/260bii9v8z8r4ai3k7kla5vsk9yw6qzn-source","resolved":{"type":"git","url":"file:///home/ana/fleet"},"resolvedUrl":"git+file:///home/ana/fleet","url":"git+file:///home/ana/fleet"}`
	plainDir = `{"lastModified":1795397292,"locked":{"__final":true,"lastModified":1795397292,"narHash":"sha256-8wB/HrKkE9+2lvoHzEfJxH/Xp5uMhxmqwuOe47sWJSQ=","path":"/home/ana/fleet","type":"path"},"locks":{},"path":"/nix/store/498hzlkbpj39v32f9hamzhvl157lmqm2-source","resolved":{"path":"/home/ana/fleet","type":"path"},"resolvedUrl":"path:/home/ana/fleet","url":"path:/home/ana/fleet?lastModified=1795397292&narHash=sha256-8wB/HrKkE9%2B2lvoHzEfJxH/Xp5uMhxmqwuOe47sWJSQ%3D"}`
	oldGit   = `{"lastModified":1795396475,"locked":{"lastModified":1795396475,"narHash":"sha256-GLePdsqRheB4vixwgXkeWpyynyBLRYKGRIQvutkcGKs=","ref":"refs/heads/master","rev":"a9c53c877367ec015935dd23543d0b31058dea61","revCount":1,"type":"git","url":"file:///home/ana/fleet"},"locks":{},"path":"/nix/store/zns06vj2i4nwr4jzrkgki3ljvk0pymj1-source","resolved":{"type":"git","url":"file:///home/ana/fleet"},"resolvedUrl":"git+file:///home/ana/fleet","url":"git+file:///home/ana/fleet?ref=refs/heads/master&rev=a9c53c877367ec015935dd23543d0b31058dea61"}`
	tarball  = `{"lastModified":1795396475,"locked":{"lastModified":1795396475,"narHash":"sha256-GLePdsqRheB4vixwgXkeWpyynyBLRYKGRIQvutkcGKs=","type":"tarball","url":"https://example.org/fleet.tar.gz"},"resolved":{"type":"tarball","url":"https://example.org/fleet.tar.gz"},"resolvedUrl":"https://example.org/fleet.tar.gz","url":"https://example.org/fleet.tar.gz"}`
	forge    = `{"fingerprint":"f1","locked":{"lastModified":1,"narHash":"sha256-x","owner":"ana","repo":"fleet","rev":"a9c53c877367ec015935dd23543d0b31058dea61","type":"github"},"resolved":{"owner":"ana","repo":"fleet","type":"github"},"resolvedUrl":"github:ana/fleet","revision":"a9c53c877367ec015935dd23543d0b31058dea61","url":"github:ana/fleet/a9c53c877367ec015935dd23543d0b31058dea61"}`
)

func TestMetadata(t *testing.T) {
	const rev = "a9c53c877367ec015935dd23543d0b31058dea61"
	for _, c := range []struct {
		name, answer string
		want         FlakeMetadata
		computed     bool // the fingerprint
	}{
		{"clean git", cleanGit, FlakeMetadata{
			URL: "git+file:///home/ana/fleet", LockedURL: "git+file:///home/ana/fleet?ref=refs/heads/master&rev=" + rev,
			Fingerprint: "9eace7387105d39807cdf827fcba5e4177332aba785c61498d93def8921859be", Revision: rev, Dir: "/home/ana/fleet"}, false},
		{"dirty git in a subdirectory", dirtyGit, FlakeMetadata{
			URL:         "git+file:///home/ana/my%20fleet?dir=sub",
			Fingerprint: "248c158740eaef7fc63a70bbc3d1fb7abbf301c1554c1df9752aa68ba6f446fa", DirtyRevision: "649aa29268155372c64fa9ea3da13abdc6fa9090-dirty", Dir: "/home/ana/my fleet"}, false},
		{"git before the first commit", noCommit, FlakeMetadata{URL: "git+file:///home/ana/fleet", Dir: "/home/ana/fleet"}, true},
		{"directory", plainDir, FlakeMetadata{
			URL: "path:/home/ana/fleet", LockedURL: "path:/home/ana/fleet?lastModified=1795397292&narHash=sha256-8wB/HrKkE9%2B2lvoHzEfJxH/Xp5uMhxmqwuOe47sWJSQ%3D", Dir: "/home/ana/fleet"}, true},
		{"clean git, Nix 2.18 or Lix", oldGit, FlakeMetadata{
			URL: "git+file:///home/ana/fleet", LockedURL: "git+file:///home/ana/fleet?ref=refs/heads/master&rev=" + rev, Revision: rev, Dir: "/home/ana/fleet"}, true},
		{"tarball", tarball, FlakeMetadata{
			URL: "https://example.org/fleet.tar.gz", LockedURL: "https://example.org/fleet.tar.gz?narHash=sha256-GLePdsqRheB4vixwgXkeWpyynyBLRYKGRIQvutkcGKs%3D"}, true},
		{"forge", forge, FlakeMetadata{URL: "github:ana/fleet", LockedURL: "github:ana/fleet/" + rev, Fingerprint: "f1", Revision: rev}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, here := scripted(t, noteCall+"cat <<'E'\n"+c.answer+"\nE\n")
			got, err := n.Metadata(t.Context(), ".")
			if err != nil {
				t.Fatal(err)
			}
			if c.computed {
				if len(got.Fingerprint) != 64 {
					t.Errorf("fingerprint %q", got.Fingerprint)
				}
				got.Fingerprint = ""
			}
			c.want.Ref = "."
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			if got.Dirty() != (got.LockedURL == "") {
				t.Error("dirty disagrees with the locked URL")
			}
			want := "--extra-experimental-features nix-command flakes flake metadata --json --no-write-lock-file ."
			if got := calls(t, here); !slices.Equal(got, []string{want}) {
				t.Errorf("called with %q", got)
			}
		})
	}
}

func TestFixedLock(t *testing.T) {
	n, _ := scripted(t, `case "$*" in *" --no-update-lock-file stale"*)
printf "error:\n       … while updating the lock file of flake 'stale'\n\n       error: flake 'stale' requires lock file changes but they're not allowed due to '--no-update-lock-file'\n" >&2; exit 1;; esac
echo '{}'`)
	if _, err := n.Metadata(t.Context(), "stale"); err != nil {
		t.Errorf("whoever only looks may: %v", err)
	}
	n.FixedLock = true
	if _, err := n.Metadata(t.Context(), "good"); err != nil {
		t.Error(err)
	}
	var e *Error
	if _, err := n.Metadata(t.Context(), "stale"); !errors.As(err, &e) || !strings.HasPrefix(e.Message, "flake 'stale' requires lock file changes") || e.Hint == "" {
		t.Errorf("got %v", err)
	}
}

func TestComputedFingerprintFollowsTheContent(t *testing.T) {
	fingerprint := func(answer string) string {
		n, _ := scripted(t, "cat <<'E'\n"+answer+"\nE\n")
		m, err := n.Metadata(t.Context(), ".")
		if err != nil {
			t.Fatal(err)
		}
		return m.Fingerprint
	}
	first := fingerprint(plainDir)
	if again := fingerprint(plainDir); again != first {
		t.Error("the same content has two fingerprints")
	}
	for _, change := range [][2]string{{"sha256-8w", "sha256-9w"}, {`"locks":{}`, `"locks":{"version":7}`}, {"1795397292", "1795397293"}} {
		if fingerprint(strings.ReplaceAll(plainDir, change[0], change[1])) == first {
			t.Errorf("%q for %q changes nothing", change[1], change[0])
		}
	}
}

func TestHostNames(t *testing.T) {
	n, here := scripted(t, noteCall+`echo '["web","db","build01.example.org"]'`)
	got, err := n.HostNames(t.Context(), ".")
	if err != nil || !slices.Equal(got, []string{"build01.example.org", "db", "web"}) {
		t.Errorf("got %q, %v", got, err)
	}
	if call := calls(t, here)[0]; !strings.Contains(call, "--option eval-cache false --no-write-lock-file --read-only .#.nixosConfigurations --apply builtins.attrNames") {
		t.Errorf("called with %q", call)
	}
	n, _ = scripted(t, `case "$*" in
*'x#.nixosConfigurations '*) echo "error: flake 'git+file:///x' does not provide attribute 'packages.x86_64-linux..nixosConfigurations' or '.nixosConfigurations'" >&2; exit 1;;
*'x#nixosConfigurations '*) echo '["old"]';; esac`)
	if got, err := n.HostNames(t.Context(), "x"); err != nil || !slices.Equal(got, []string{"old"}) {
		t.Errorf("Nix 2.18: %q, %v", got, err)
	}
	n, _ = scripted(t, `echo "error: flake 'git+file:///x' does not provide attribute 'nixosConfigurations'" >&2; exit 1`)
	if got, err := n.HostNames(t.Context(), "."); err != nil || len(got) != 0 {
		t.Errorf("a flake without hosts: %q, %v", got, err)
	}
}

func TestFacts(t *testing.T) {
	n, here := scripted(t, noteCall+`cat <<'E'
{"buildSystem":"x86_64-linux","clan":null,"fqdn":"web.example.org","hostName":"web","machines":[
{"hostName":"h2","mandatoryFeatures":[],"maxJobs":4,"protocol":"ssh-ng","publicHostKey":"c3NoLWVkMjU1MTkgQUFBQUMzIHJvb3RAaDIK","speedFactor":10,"sshKey":null,"sshUser":"ops","supportedFeatures":["kvm"],"system":null,"systems":["x86_64-linux"]},
{"hostName":"old","mandatoryFeatures":null,"maxJobs":null,"protocol":null,"publicHostKey":null,"speedFactor":null,"sshKey":"/k","sshUser":null,"supportedFeatures":null,"system":"aarch64-linux","systems":[]}],
"stateVersion":null,"system":"aarch64-linux","tags":["web"],"targetHost":"web.lan","targetPort":2222,"targetUser":"root","trustedKeys":["k-1:x"],"wanted":"/nix/store/w"}
E`)
	got, err := n.Facts(t.Context(), "git+file:///x", `odd "name" ${x}`)
	if err != nil {
		t.Fatal(err)
	}
	want := HostFacts{
		System: "aarch64-linux", BuildSystem: "x86_64-linux", HostName: "web", FQDN: "web.example.org", Wanted: "/nix/store/w",
		TrustedKeys: []string{"k-1:x"},
		Machines: []Machine{
			{Protocol: "ssh-ng", HostName: "h2", User: "ops", Systems: []string{"x86_64-linux"}, MaxJobs: 4, SpeedFactor: 10, SupportedFeatures: []string{"kvm"}, MandatoryFeatures: []string{}, PublicHostKey: "ssh-ed25519 AAAAC3"},
			{Protocol: "ssh", HostName: "old", SSHKey: "/k", Systems: []string{"aarch64-linux"}, MaxJobs: 1, SpeedFactor: 1},
		},
		Deploy: Deploy{Host: "web.lan", User: "root", Port: 2222, Tags: []string{"web"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	call := calls(t, here)[0]
	if !strings.Contains(call, "git+file:///x#.nixosConfigurations --apply cs: let\n  c = cs.\"odd \\\"name\\\" \\${x}\";\n") {
		t.Errorf("called with %q", call)
	}
}

func TestFactsOfAClanMachine(t *testing.T) {
	n, _ := scripted(t, `echo '{"wanted":"/nix/store/w","clan":"root@eve.i:22022?StrictHostKeyChecking=no"}'`)
	got, err := n.Facts(t.Context(), ".", "eve")
	if want := (Deploy{Host: "eve.i", User: "root", Port: 22022}); err != nil || !reflect.DeepEqual(got.Deploy, want) {
		t.Errorf("got %+v, %v", got.Deploy, err)
	}
}

func TestImportFromDerivationIsAskedAgain(t *testing.T) {
	n, here := scripted(t, noteCall+`case "$*" in *--read-only*) echo "error: path '/nix/store/wi98d5176cymbcd6h3lqc1v3da64q88m-ifd.drv' is not valid" >&2; exit 1;; esac
echo '{"wanted":"/nix/store/w"}'`)
	if got, err := n.Facts(t.Context(), ".", "web"); err != nil || got.Wanted != "/nix/store/w" {
		t.Errorf("got %+v, %v", got, err)
	}
	if got := calls(t, here); len(got) != 2 {
		t.Errorf("%d calls", len(got))
	}
	n, here = scripted(t, noteCall+`echo "error: no" >&2; exit 1`)
	if _, err := n.Facts(t.Context(), ".", "web"); err == nil {
		t.Error("no error")
	}
	if got := calls(t, here); len(got) != 1 {
		t.Errorf("an error of the flake's own is asked for %d times", len(got))
	}
}

func TestDeployNodes(t *testing.T) {
	n, _ := scripted(t, `case "$*" in
*'#.deploy '*) echo '{"a":{"host":"a.lan","user":"u","options":["-A","-p","2222"]},"b":{"host":"b","user":null,"options":["-p2200"]}}' ;;
*'#.colmenaHive '*) echo '{"b":{"host":"b.hive","user":"root","port":null,"tags":["x"],"options":[]},"c":{"host":null}}' ;;
esac`)
	got, err := n.DeployNodes(t.Context(), ".")
	want := map[string]Deploy{
		"a": {Host: "a.lan", User: "u", Port: 2222},
		"b": {Host: "b.hive", User: "root", Tags: []string{"x"}},
		"c": {},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	n, _ = scripted(t, `case "$*" in
*'#.deploy '*) echo "error: flake 'x' does not provide attribute 'deploy'" >&2; exit 1;;
*) echo "error: boom" >&2; exit 1;; esac`)
	got, err = n.DeployNodes(t.Context(), ".")
	if len(got) != 0 || err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDecisiveMessage(t *testing.T) {
	for printed, want := range map[string]string{
		"error: getting status of '/nope': No such file or directory\n": "getting status of '/nope': No such file or directory",
		"\x1b[31;1merror:\x1b[0m\n       … while calling the 'throw' builtin\n         at /nix/store/zns06vj2i4nwr4jzrkgki3ljvk0pymj1-source/flake.nix:80:71:\n           79|     {\n\n       error: h6: The option `services.nginx.enabel' does not exist.\n": "h6: The option `services.nginx.enabel' does not exist.",
		"warning: error: unable to download 'x'; retrying in 275 ms\nerror:\n       … while fetching the input 'github:foo/bar'\n\n       error: unable to download 'x'\n":                                                                                     "unable to download 'x'",
		"error: undefined variable 'y'\n       at /nix/store/zns06vj2i4nwr4jzrkgki3ljvk0pymj1-source/hosts/web.nix:1:19:\n            1| { y }\n":                                                                                                              "undefined variable 'y' (at hosts/web.nix:1:19)",
		"error: syntax error, unexpected end of file\n       at /tmp/fleet.nix:2:1:\n":                                                                                                                                                                         "syntax error, unexpected end of file (at /tmp/fleet.nix:2:1)",
		"error: attribute 'nope' missing\n       at «string»:2:7:\n            1| cs: let\n       Did you mean h1?":                                                                                                                                            "attribute 'nope' missing",
		"error:\n       error:\n       Failed assertions:\n       - one\n       - two\n":                                                                                                                                                                       "Failed assertions: - one - two",
		"error: The option `x' is used but not defined.\n       explanation of it\n":                                                                                                                                                                           "The option `x' is used but not defined.",
		"warning: nothing wrong\n": "",
		"":                         "",
	} {
		if got := decisiveMessage(printed); got != want {
			t.Errorf("%q\n got %q\nwant %q", printed, got, want)
		}
	}
}

func TestErrorsAreForPeople(t *testing.T) {
	n, _ := scripted(t, `echo "path '/tmp' does not contain a 'flake.nix', searching up" >&2; echo "error: could not find a flake.nix file" >&2; exit 1`)
	_, err := n.Metadata(t.Context(), "/tmp")
	var e *Error
	if !errors.As(err, &e) || e.Message != "could not find a flake.nix file" || e.Hint == "" || !strings.Contains(e.Full, "searching up") {
		t.Errorf("got %+v", e)
	}
	if err.Error() != "reading the flake /tmp: could not find a flake.nix file" {
		t.Errorf("got %q", err)
	}

	n, _ = scripted(t, `exit 3`)
	if _, err := n.File(t.Context(), "fleet.nix"); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("a silent failure: %v", err)
	}
	n, _ = scripted(t, `echo no JSON`)
	var told *Error
	if _, err := n.File(t.Context(), "fleet.nix"); !errors.As(err, &told) || !strings.Contains(told.Message, "JSON") || told.Hint == "" {
		t.Errorf("an answer that is no JSON: %v", err)
	}
	n.Dir = filepath.Join(n.Dir, "gone")
	if _, err := n.File(t.Context(), "fleet.nix"); !errors.As(err, &e) || !strings.Contains(e.Message, "gone: no such file") || strings.Contains(e.Hint, "nixos.org") {
		t.Errorf("a missing directory: %+v", e)
	}
	n = &Nix{Program: "no-such-nix"}
	_, err = n.Metadata(t.Context(), ".")
	if !errors.As(err, &e) || !strings.Contains(e.Message, "no-such-nix") || !strings.Contains(e.Hint, "nixos.org") {
		t.Errorf("a missing program: %+v", e)
	}
}

func TestFile(t *testing.T) {
	n, here := scripted(t, noteCall+`echo '{"hosts": {"a": {"port": 22}}}'`)
	got, err := n.File(t.Context(), "/x/fleet.nix")
	if err != nil || string(got) != `{"hosts": {"a": {"port": 22}}}` {
		t.Errorf("got %s, %v", got, err)
	}
	if call := calls(t, here)[0]; !strings.HasSuffix(call, " eval --json --file /x/fleet.nix") {
		t.Errorf("called with %q", call)
	}
}

// TestContextEndsTheWholeFamily: what nix started goes with it.
func TestContextEndsTheWholeFamily(t *testing.T) {
	n, here := scripted(t, `{ echo up; exec sleep 1000; } >$here/pipe &
wait`)
	if err := syscall.Mkfifo(filepath.Join(here, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := n.HostNames(ctx, ".")
		ended <- err
	}()
	pipe, err := os.Open(filepath.Join(here, "pipe")) // waits for the child
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if _, err := io.ReadFull(pipe, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if rest, err := io.ReadAll(pipe); err != nil || len(rest) != 0 { // ends when its last writer does
		t.Errorf("got %q, %v", rest, err)
	}
}

func TestLowPriority(t *testing.T) {
	// The priority is set when the program already runs: it looks until it sees it.
	n, _ := scripted(t, `i=0; while [ $(nice) != 10 ] && [ $i -lt 5000 ]; do i=$((i+1)); done; echo "{\"nice\": $(nice)}"`)
	n.Low = true
	got, err := n.File(t.Context(), "x")
	if err != nil || string(got) != `{"nice": 10}` {
		t.Errorf("got %s, %v", got, err)
	}
}
