package nixcmd

import (
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

func files(content map[string]string) MachinesFile {
	disk := fstest.MapFS{}
	for path, text := range content {
		disk[strings.TrimPrefix(path, "/")] = &fstest.MapFile{Data: []byte(text)}
	}
	return MachinesFile{
		System: "x86_64-linux",
		Read:   func(path string) ([]byte, error) { return fs.ReadFile(disk, strings.TrimPrefix(path, "/")) },
	}
}

// rootKey is `echo "ssh-ed25519 AAAAC3 root@b" | base64 -w0`.
const rootKey = "c3NoLWVkMjU1MTkgQUFBQUMzIHJvb3RAYgo="

func TestMachines(t *testing.T) {
	for _, c := range []struct {
		line string
		want Machine
	}{
		{"build01", Machine{Protocol: "ssh", HostName: "build01", Systems: []string{"x86_64-linux"}, MaxJobs: 1, SpeedFactor: 1}},
		{"nix@build01 - - - - - - -", Machine{Protocol: "ssh", HostName: "build01", User: "nix", Systems: []string{"x86_64-linux"}, MaxJobs: 1, SpeedFactor: 1}},
		{"ssh-ng://nix@[fd00::1]:2222 aarch64-linux,i686-linux /key 4 2.5 kvm,big-parallel benchmark " + rootKey, Machine{
			Protocol: "ssh-ng", HostName: "fd00::1", User: "nix", Port: 2222, Systems: []string{"aarch64-linux", "i686-linux"}, SSHKey: "/key", MaxJobs: 4,
			SpeedFactor: 2.5, SupportedFeatures: []string{"kvm", "big-parallel"}, MandatoryFeatures: []string{"benchmark"}, PublicHostKey: "ssh-ed25519 AAAAC3"}},
		{"ssh-ng://b?ssh-key=/run/k&base64-ssh-public-host-key=" + rootKey + " x86_64-linux - 8 0", Machine{
			Protocol: "ssh-ng", HostName: "b", Systems: []string{"x86_64-linux"}, SSHKey: "/run/k", MaxJobs: 8, SpeedFactor: 1, PublicHostKey: "ssh-ed25519 AAAAC3"}},
	} {
		got, failed := files(map[string]string{"/m": c.line}).Load("/m")
		if len(failed) > 0 || len(got) != 1 || !reflect.DeepEqual(got[0], c.want) {
			t.Errorf("%s\n got %+v %v\nwant %+v", c.line, got, failed, c.want)
			continue
		}
		again, failed := files(map[string]string{"/m": got[0].String()}).Load("/m")
		back := c.want
		for _, feature := range c.want.MandatoryFeatures {
			back.SupportedFeatures = append(append([]string{}, back.SupportedFeatures...), feature)
		}
		if len(failed) > 0 || len(again) != 1 || !reflect.DeepEqual(again[0], back) {
			t.Errorf("%s\nreads back as %+v %v", got[0], again, failed)
		}
	}
}

func TestMachinesOneBadLineSpoilsOnlyItself(t *testing.T) {
	got, failed := files(map[string]string{
		"/etc/nix/machines": "# comment\n\nssh://a x86_64-linux - 4 ; ssh://b # and more\nssh://c - - four\nssh://d - - 1 fast\nssh://e - - 1 1 - - !!!\n" +
			"daemon\nunix:///run/x\nssh://f - - 1 1 - - Zm9v\n@/more\n@/gone\nssh://[::1\nssh://g - - -1\nssh://h - - 1 NaN\nlast",
		"/more":  "ssh://included\n@/again",
		"/again": "@/more\nssh://deep",
	}).Load("/etc/nix/machines")
	var names []string
	for _, m := range got {
		names = append(names, m.HostName)
	}
	if strings.Join(names, " ") != "a b included deep last" {
		t.Errorf("got %q", names)
	}
	lines := map[int]bool{}
	loops := 0
	for _, err := range failed {
		var e *MachineError
		if errors.As(err, &e) && e.File == "/etc/nix/machines" && strings.HasPrefix(err.Error(), "/etc/nix/machines:") {
			lines[e.Line] = true
		} else if strings.Contains(err.Error(), "/more includes itself") {
			loops++
		}
	}
	if want := map[int]bool{4: true, 5: true, 6: true, 7: true, 8: true, 9: true, 12: true, 13: true, 14: true}; !reflect.DeepEqual(lines, want) || loops != 1 || len(failed) != len(want)+1 {
		t.Errorf("errors: %v", failed)
	}
}

func TestMachinesEndlessLine(t *testing.T) {
	endless := "ssh://b x86_64-linux - 1 1 " + strings.Repeat("kvm,", 1<<18)
	got, failed := files(map[string]string{"/m": "ssh://a\n" + endless + "\nssh://c\n"}).Load("/m")
	if len(got) != 2 || got[0].HostName != "a" || got[1].HostName != "c" {
		t.Errorf("got %d machines", len(got))
	}
	if len(failed) != 1 || len(failed[0].Error()) > 100 || !strings.Contains(failed[0].Error(), "/m:2: ") {
		t.Errorf("%d errors, the first of %d bytes", len(failed), len(failed[0].Error()))
	}
}

func TestMachinesUnreadable(t *testing.T) {
	f := MachinesFile{Read: func(string) ([]byte, error) { return nil, fs.ErrPermission }}
	if got, failed := f.Load("/m"); len(got) != 0 || len(failed) != 1 || !errors.Is(failed[0], fs.ErrPermission) {
		t.Errorf("got %v, %v", got, failed)
	}
	if got, failed := files(nil).Load("/m"); got != nil || failed != nil {
		t.Errorf("a file that is not there: %v, %v", got, failed)
	}
}

func TestOneMistakeLeavesTheOtherMachines(t *testing.T) {
	machines, failed := files(map[string]string{
		"/m": "ssh://me@fe80::2 a # IPv6 without brackets\nssh://x - - many\n@/etc/nix/more\nssh-ng://h4:2222?ssh-key=/k a",
	}).Load("/m")
	if len(failed) != 1 || !strings.Contains(failed[0].Error(), "/m:2: ") {
		t.Errorf("it says %v of one mistake", failed)
	}
	var got []string
	for _, m := range machines {
		got = append(got, m.String())
	}
	want := []string{"ssh://me@[fe80::2] a - 1 1 - - -", "ssh-ng://h4:2222 a /k 1 1 - - -"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}
