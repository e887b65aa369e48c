package install

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

const blob = "AAAAC3NzaC1lZDI1NTE5AAAAIEb6gmRuYkq2zqRkW4pGYyVnK0xM0LQIY3xqg8uEo4Kr"

// surveyed is a script's answer, with a login shell's noise before it.
func surveyed(lines ...string) []byte {
	return []byte("Welcome!\r\n" + markers + strings.Join(lines, "\n"+markers) + "\n" + markers + "end\tok\n")
}

func TestParseSurvey(t *testing.T) {
	s, err := parseSurvey(surveyed("kernel\tLinux", "machine\tx86_64", "uid\t0", "os\tNixOS \x1b[31m25.11", "program\tnix-store", "firmware\tUEFI", "mounted\tyes",
		"owner\t0:0 755", "free\t2048", "disk\tsda 500107862016 Samsung SSD 860", "disk\tvda", "own\tssh-ed25519 "+blob, "profile\t", "new\tthing"))
	if err != nil {
		t.Fatal(err)
	}
	if s.free != 2<<20 || !s.mounted || !s.has("nix-store") || s.has("nixos-install") || len(s.own) != 1 || strings.Contains(s.os, "\x1b") {
		t.Errorf("it was read as %+v", s)
	}
	if got := s.disks[0].String(); got != "/dev/sda 465.8 GiB Samsung SSD 860" {
		t.Errorf("the disk is %q", got)
	}
}

func TestAnswerIsCutOff(t *testing.T) {
	whole := surveyed("kernel\tLinux", "uid\t0")
	for n := range whole[:len(whole)-len("ok\n")-1] {
		if _, err := parseSurvey(whole[:n]); err == nil {
			t.Fatalf("%q was taken for an answer", whole[:n])
		}
	}
}

// ready is a target that is well prepared.
func ready() survey {
	return survey{kernel: "Linux", machine: "x86_64", uid: "0", mounted: true, owner: "0:0 755", programs: []string{"nix-store", "nixos-install", "ssh-keygen"}}
}

func TestTrouble(t *testing.T) {
	if err := ready().trouble("root@x"); err != nil {
		t.Errorf("a good installer is refused: %v", err)
	}
	for want, spoil := range map[string]func(*survey){
		"runs Darwin":      func(s *survey) { s.kernel = "Darwin" },
		"not as root":      func(s *survey) { s.uid = "1000" },
		"has no Nix":       func(s *survey) { s.programs = nil },
		"no nixos-install": func(s *survey) { s.programs = []string{"nix-store", "ssh-keygen"} },
		"no ssh-keygen":    func(s *survey) { s.programs = []string{"nix-store", "nixos-install"} },
		"nothing is moun":  func(s *survey) { s.mounted = false },
		"0:0 700":          func(s *survey) { s.owner = "0:0 700" },
	} {
		s := ready()
		spoil(&s)
		var told *Error
		if err := s.trouble("root@x"); !errors.As(err, &told) || !strings.Contains(told.Message, want) || told.Hint == "" {
			t.Errorf("%q is not said, but %v", want, err)
		}
	}
}

func TestLacks(t *testing.T) {
	yes, no := true, false
	key := "ssh-ed25519 " + blob
	good := nixcmd.InstallFacts{System: "x86_64-linux", FileSystems: []string{"/", "/boot"}, SSH: &yes, LoginKeys: []string{`from="10.0.0.0/8" ` + key + " me"},
		HostKeys: []nixcmd.HostKey{{Type: "ed25519", Path: "/persist/key"}}}
	for _, c := range []struct {
		name            string
		spoil           func(*nixcmd.InstallFacts)
		want            string // "": nothing is lacking
		refused, insist bool
	}{
		{name: "all is there", spoil: func(*nixcmd.InstallFacts) {}},
		{name: "nothing is known", spoil: func(f *nixcmd.InstallFacts) { *f = nixcmd.InstallFacts{} }},
		{name: "a 32-bit system", spoil: func(f *nixcmd.InstallFacts) { f.System = "i686-linux" }},
		{"another platform", func(f *nixcmd.InstallFacts) { f.System = "aarch64-linux" }, "this machine is x86_64", true, false},
		{"no root", func(f *nixcmd.InstallFacts) { f.FileSystems = []string{"/boot"} }, "no root file system", true, false},
		{"no file systems", func(f *nixcmd.InstallFacts) { f.FileSystems = []string{} }, "no root file system", true, false},
		{"no sshd", func(f *nixcmd.InstallFacts) { f.SSH = &no }, "no SSH server", true, true},
		{"no keys", func(f *nixcmd.InstallFacts) { f.LoginKeys = []string{} }, "nobody could log in", true, true},
		{"a stranger's key", func(f *nixcmd.InstallFacts) { f.LoginKeys = []string{"ssh-ed25519 AAAA"} }, "none of your keys", false, false},
		{"a way out of /mnt", func(f *nixcmd.InstallFacts) { f.HostKeys[0].Path = "/../etc/key" }, "cannot be made", true, false},
		{"an unknown type", func(f *nixcmd.InstallFacts) { f.HostKeys[0].Type = "dsa" }, "cannot be made", true, false},
	} {
		f := good
		f.HostKeys = []nixcmd.HostKey{good.HostKeys[0]}
		c.spoil(&f)
		found := lacks(f, ready(), []string{key})
		if c.want == "" {
			if len(found) > 0 {
				t.Errorf("%s: %+v", c.name, found)
			}
			continue
		}
		if len(found) != 1 || !strings.Contains(found[0].message, c.want) || found[0].refused != c.refused || found[0].insist != c.insist || found[0].hint == "" {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

func TestParseKeys(t *testing.T) {
	keys, made, err := parseKeys(surveyed("made\t/mnt/etc/ssh/key", "key\t/mnt/etc/ssh/key ssh-ed25519 "+blob, "key\t/mnt/keep/rsa key ssh-rsa AAAAB3"))
	if err != nil || len(keys) != 2 || len(made) != 1 || made[0] != keys[0].Path {
		t.Fatalf("%v, %v, %v", keys, made, err)
	}
	if keys[1] != (HostKey{"/keep/rsa key", "ssh-rsa AAAAB3"}) || keys[0].Public != "ssh-ed25519 "+blob {
		t.Errorf("they were read as %v", keys)
	}
}

func TestRoom(t *testing.T) {
	for _, c := range []struct {
		size, free int64
		fits       bool
	}{{1 << 30, -1, true}, {1 << 30, 2 << 30, true}, {1 << 30, 1 << 30, false}, {0, spare, true}, {1, spare, false}} {
		if err := checkRoom(c.size, c.free); (err == nil) != c.fits {
			t.Errorf("%d into %d: %v", c.size, c.free, err)
		}
	}
}

func TestSplitTarget(t *testing.T) {
	for typed, want := range map[string]struct {
		address string
		port    int
	}{
		"root@192.0.2.7": {"192.0.2.7", 0}, "192.0.2.7": {"192.0.2.7", 0}, "root@new.lan:2222": {"new.lan", 2222},
		"root@[2001:db8::1]:22": {"2001:db8::1", 22}, "root@2001:db8::1": {"2001:db8::1", 0}, "root@[2001:db8::1]": {"2001:db8::1", 0},
	} {
		if address, port, err := SplitTarget(typed); err != nil || address != want.address || port != want.port {
			t.Errorf("%s is %q, %d, %v", typed, address, port, err)
		}
	}
	for _, typed := range []string{"", "root@", "bob@h", "root@h:0", "root@h:x", "root@h:70000"} {
		if _, _, err := SplitTarget(typed); err == nil {
			t.Errorf("%q was taken", typed)
		}
	}
}

func TestEntry(t *testing.T) {
	keys := []HostKey{{"/r", "ssh-rsa AAAAB3"}, {"/e", "ssh-ed25519 " + blob}}
	want := "hosts.\"new.lan\" = {\n  address = \"192.0.2.7\";\n  system = \"x86_64-linux\";\n  hostKey = \"ssh-ed25519 " + blob + "\";\n};"
	if got := fleetEntry("new.lan", "192.0.2.7", 22, "x86_64-linux", keys); got != want {
		t.Errorf("the entry is\n%s", got)
	}
	if got := KnownHosts("h", "192.0.2.7", 2222, keys)[1]; got != "[h]:2222,[192.0.2.7]:2222 ssh-ed25519 "+blob {
		t.Errorf("the line is %s", got)
	}
	if got := KnownHosts("h", "h", 22, keys)[0]; got != "h ssh-rsa AAAAB3" {
		t.Errorf("the line is %s", got)
	}
}

func TestCreateOverwritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hw.nix")
	if err := create(path, []byte("ours")); err != nil {
		t.Fatal(err)
	}
	if err := create(path, []byte("other")); !errors.Is(err, os.ErrExist) {
		t.Errorf("it was made a second time: %v", err)
	}
	if got, err := os.ReadFile(path); string(got) != "ours" || err != nil {
		t.Errorf("it holds %q, %v", got, err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); len(left) != 1 || err != nil {
		t.Errorf("there are %v, %v", left, err)
	}
}

func TestRecords(t *testing.T) {
	r := Records{t.TempDir()}
	if rec, err := r.Read("a/b"); rec != nil || err != nil {
		t.Fatalf("%v, %v", rec, err)
	}
	want := Record{Host: "a/b", Target: "root@x", Started: time.Unix(1, 0).UTC(), Keys: []HostKey{{"/k", "ssh-rsa A"}}}
	if err := r.write(want); err != nil {
		t.Fatal(err)
	}
	got, err := r.Read("a/b")
	if err != nil || got.Target != want.Target || got.Keys[0] != want.Keys[0] || got.Version != recordVersion {
		t.Errorf("%+v, %v", got, err)
	}
	release, err := r.Lock("a/b")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Lock("a/b"); err == nil {
		t.Error("two hold the lock")
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.path("old"), []byte(`{"version":99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read("old"); err == nil {
		t.Error("a record of a later version was read")
	}
}

func TestErrorOfACutStep(t *testing.T) {
	cut := inStep("copy", &sshutil.Error{Kind: sshutil.KindExitUnknown, Host: "x", Message: "gone"}).(*StepError)
	if !cut.Cut || !strings.Contains(cut.Error(), `cut in the step "copy"`) {
		t.Errorf("it says %q", cut)
	}
	if e := inStep("copy", context.Canceled).(*StepError); e.Cut || !errors.Is(e, context.Canceled) {
		t.Errorf("it says %q", e)
	}
}
