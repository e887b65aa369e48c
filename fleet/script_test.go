package fleet

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"nixfleet-tui/sshutil"
)

// A NixOS host in a directory: system 42 is what it runs, 41 what it booted.
const (
	sys41 = "/nix/store/11111111111111111111111111111111-nixos-system-pi-25.05"
	sys42 = "/nix/store/22222222222222222222222222222222-nixos-system-pi-25.11"
)

type fakeRoot struct {
	t   *testing.T
	dir string
}

func newRoot(t *testing.T) fakeRoot {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return fakeRoot{t, dir}
}

func (r fakeRoot) file(path, content string) {
	r.t.Helper()
	full := filepath.Join(r.dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o755); err != nil {
		r.t.Fatal(err)
	}
}

// link makes a link to a place in the root (or, relative, beside itself).
func (r fakeRoot) link(path, to string) {
	r.t.Helper()
	full := filepath.Join(r.dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if filepath.IsAbs(to) {
		to = filepath.Join(r.dir, to)
	}
	if err := os.RemoveAll(full); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Symlink(to, full); err != nil {
		r.t.Fatal(err)
	}
}

// touch sets the time of a link itself.
func (r fakeRoot) touch(path string, at time.Time) {
	r.t.Helper()
	out, err := exec.Command("touch", "-h", "-d", at.UTC().Format("2006-01-02T15:04:05Z"), filepath.Join(r.dir, path)).CombinedOutput()
	if err != nil {
		r.t.Fatalf("%v: %s", err, out)
	}
}

// nixos makes the root a NixOS host.
func nixos(t *testing.T) fakeRoot {
	t.Helper()
	r := newRoot(t)
	for _, sys := range []struct{ path, kernel, label string }{{sys41, "6.12.1", "25.05"}, {sys42, "6.12.2", "25.11.20261101.abcdef0"}} {
		kernel := "/nix/store/33333333333333333333333333333333-linux-" + sys.kernel
		r.file(kernel+"/bzImage", "kernel")
		r.file(kernel+"/initrd", "initrd")
		r.link(sys.path+"/kernel", kernel+"/bzImage")
		r.link(sys.path+"/initrd", kernel+"/initrd")
		r.link(sys.path+"/kernel-modules", kernel)
		r.file(sys.path+"/nixos-version", sys.label) // no newline, as NixOS writes it
		r.file(sys.path+"/system", "aarch64-linux")
		r.file(sys.path+"/sw/bin/nixos-version", `#!/bin/sh
[ "$1" = --json ] && echo '{"configurationRevision":"0123456789012345678901234567890123456789","nixosVersion":"`+sys.label+`"}'
`)
	}
	r.link("/nix/var/nix/profiles/system-41-link", sys41)
	r.link("/nix/var/nix/profiles/system-42-link", sys42)
	r.link("/nix/var/nix/profiles/system", "system-42-link")
	r.link("/run/current-system", sys42)
	r.link("/run/booted-system", sys41)
	r.file("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
	r.file("/etc/ssh/ssh_host_ed25519_key.pub", "ssh-ed25519 AAAAkey root@pi\n")
	r.file("/etc/os-release", "ID=nixos\nPRETTY_NAME=\"NixOS 25.11 (Xantusia)\"\n")
	r.file("/proc/sys/kernel/random/boot_id", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee\n")
	r.file("/proc/sys/kernel/hostname", "pi\n")
	r.file("/proc/sys/kernel/ostype", "Linux\n")
	r.file("/proc/sys/kernel/osrelease", "6.12.1\n")
	r.file("/proc/uptime", "3600.50 7000.00\n")
	r.file("/proc/loadavg", "0.50 0.25 0.10 2/145 29103\n")
	r.file("/proc/meminfo", "MemTotal:        4000000 kB\nMemFree:  1 kB\nMemAvailable:    3000000 kB\n")
	r.file("/proc/locks", "1: POSIX  ADVISORY  WRITE 1 00:19:5 0 EOF\n")
	return r
}

// local runs commands on this machine as a host's sshd would, in a root.
type local struct {
	root  string
	shell []string // of the script; default /bin/sh -s
	path  string   // PATH of the session
}

func (l local) Run(ctx context.Context, c sshutil.Command) (sshutil.Result, error) {
	words := l.shell
	if words == nil {
		words = strings.Fields(c.Line)
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), words[0], words[1:]...) // how slow this machine is does not matter
	cmd.Env = []string{"NF_ROOT=" + l.root, "PATH=" + l.path}
	cmd.Stdin = bytes.NewReader(c.Stdin)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return sshutil.Result{}, err
	}
	return sshutil.Result{Stdout: out.Bytes(), Stderr: errOut.Bytes(), ExitCode: cmd.ProcessState.ExitCode()}, nil
}

func (local) Close() error { return nil }

// shells are the ones that /bin/sh may be, as far as they are here.
func shells(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for name, words := range map[string][]string{
		"dash": {"dash", "-s"}, "bash": {"bash", "--posix", "-s"}, "busybox": {"busybox", "sh", "-s"}, "ksh": {"ksh", "-s"}, "zsh": {"zsh", "--emulate", "sh", "-s"},
	} {
		if path, err := exec.LookPath(words[0]); err == nil {
			words[0] = path
			found[name] = words
		}
	}
	if len(found) == 0 {
		t.Skip("none of dash, bash, busybox, ksh and zsh is here; install one")
	}
	return found
}

func readRoot(t *testing.T, l local, full bool) Reading {
	t.Helper()
	r, err := Read(t.Context(), l, full, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestScriptsReadNixOS(t *testing.T) {
	for name, words := range shells(t) {
		for _, full := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s full %v", name, full), func(t *testing.T) {
				root := nixos(t)
				boot := time.Now().Add(-time.Hour).Truncate(time.Second)
				set := boot.Add(20 * time.Minute)
				root.touch("/run/booted-system", boot.Add(10*time.Second))
				root.touch("/nix/var/nix/profiles/system-42-link", set)
				chosen := set.Add(15 * time.Minute)
				root.touch("/nix/var/nix/profiles/system", chosen)
				before := time.Now().Add(-2 * time.Second) // it tells whole seconds, by a clock that ticks more seldom than ours
				r := readRoot(t, local{root: root.dir, shell: words}, full)
				if r.HostTime.Before(before) || r.HostTime.After(time.Now()) {
					t.Errorf("the host's clock says %v, ours %v", r.HostTime, before)
				}
				yes := true
				want := Reading{
					At: r.At, HostTime: r.HostTime, Full: full, Host: r.Host, OS: "Linux", System: "aarch64-linux", Kernel: r.Kernel,
					MachineID: "0123456789abcdef0123456789abcdef", BootID: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", HostKey: "ssh-ed25519 AAAAkey",
					Generation: 42, GenerationAt: set.UTC(), ProfileAt: chosen.UTC(), Profile: sys42, Current: sys42, Booted: sys41, BootedAt: boot.Add(10 * time.Second).UTC(),
					Reboot: &yes, Label: "25.11.20261101.abcdef0", Uptime: 3600500 * time.Millisecond, Load: [3]float64{0.5, 0.25, 0.1}, Store: r.Store,
				}
				if r.Store == nil || *r.Store {
					t.Error("there is no daemon in this root")
				}
				if !full {
					if r.Host != "pi" || r.Kernel != "6.12.1" {
						t.Errorf("host %q, kernel %q", r.Host, r.Kernel)
					}
				} else {
					want.FullAt, want.Generations, want.Revision = r.At, 2, "0123456789012345678901234567890123456789"
					want.OSName, want.MemTotal, want.MemAvailable = "NixOS 25.11 (Xantusia)", 4000000<<10, 3000000<<10
					// These are this machine's own.
					want.Arch, want.CPUs, want.Disks, want.Nix, want.Systemd, want.FailedUnits = r.Arch, r.CPUs, r.Disks, r.Nix, r.Systemd, r.FailedUnits
					if r.Arch == "" || r.CPUs < 1 || len(r.Disks) == 0 {
						t.Errorf("arch %q, %d CPUs, disks %v", r.Arch, r.CPUs, r.Disks)
					}
				}
				if !reflect.DeepEqual(r, want) {
					t.Errorf("got  %+v\nwant %+v", r, want)
				}
			})
		}
	}
}

func TestScriptsReadWhatThereIs(t *testing.T) {
	for name, words := range shells(t) {
		t.Run(name, func(t *testing.T) {
			root := newRoot(t) // not even /proc
			r := readRoot(t, local{root: root.dir, shell: words}, false)
			if r.isNixOS() || r.Generation != 0 || r.Reboot != nil || r.Store != nil || r.HostTime.IsZero() {
				t.Errorf("got %+v", r)
			}
			full := readRoot(t, local{root: root.dir, shell: words}, true)
			if full.Host == "" || full.Kernel == "" || full.Arch == "" {
				t.Errorf("got %+v", full)
			}
		})
	}
}

func TestScriptSeesTheKernelThatTheNextBootBrings(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r fakeRoot)
		want   bool
	}{
		"another kernel": {func(fakeRoot) {}, true},
		"the same":       {func(r fakeRoot) { r.link("/run/booted-system", sys42) }, false},
		"only other modules": {func(r fakeRoot) {
			r.link("/run/booted-system", sys42)
			r.link("/nix/var/nix/profiles/system-43-link", "/nix/store/43")
			r.link("/nix/var/nix/profiles/system", "system-43-link")
			kernel := "/nix/store/33333333333333333333333333333333-linux-6.12.2"
			r.link("/nix/store/43/kernel", kernel+"/bzImage")
			r.link("/nix/store/43/initrd", kernel+"/initrd")
			r.link("/nix/store/43/kernel-modules", "/nix/store/44")
		}, true},
		"an initrd that is new": {func(r fakeRoot) {
			r.link("/run/booted-system", "/nix/store/45")
			kernel := "/nix/store/33333333333333333333333333333333-linux-6.12.2"
			r.link("/nix/store/45/kernel", kernel+"/bzImage")
			r.link("/nix/store/45/kernel-modules", kernel)
		}, true},
		"a container without kernels": {func(r fakeRoot) {
			for _, sys := range []string{sys41, sys42} {
				for _, x := range []string{"kernel", "initrd", "kernel-modules"} {
					if err := os.Remove(filepath.Join(r.dir, sys, x)); err != nil {
						r.t.Fatal(err)
					}
				}
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			root := nixos(t)
			c.change(root)
			r := readRoot(t, local{root: root.dir}, false)
			if r.Reboot == nil || *r.Reboot != c.want {
				t.Errorf("reboot is %v, want %v", r.Reboot, c.want)
			}
		})
	}
}

func TestScriptSeesAnActivation(t *testing.T) {
	root := nixos(t)
	if readRoot(t, local{root: root.dir}, false).Switching {
		t.Fatal("nobody is switching")
	}
	unit := "/run/systemd/transient/nixos-rebuild-switch-to-configuration.service"
	root.file(unit, "")
	if !readRoot(t, local{root: root.dir}, false).Switching {
		t.Error("the activation unit is not seen")
	}
	if err := os.Remove(filepath.Join(root.dir, unit)); err != nil {
		t.Fatal(err)
	}
	lock := "/run/nixos/switch-to-configuration.lock"
	root.file(lock, "")
	if readRoot(t, local{root: root.dir}, false).Switching {
		t.Error("a lock that nobody holds is no activation")
	}
	dev, inode := identity(t, filepath.Join(root.dir, lock))
	root.file("/proc/locks", fmt.Sprintf("1: FLOCK  ADVISORY  WRITE 77 %s:%d 0 EOF\n", dev, inode))
	if !readRoot(t, local{root: root.dir}, false).Switching {
		t.Error("the held lock is not seen")
	}
	root.file("/proc/locks", fmt.Sprintf("1: FLOCK  ADVISORY  WRITE 77 ff:ff:%d 0 EOF\n", inode))
	if readRoot(t, local{root: root.dir}, false).Switching {
		t.Error("the same inode of another device is another file")
	}
}

// identity is a file's device and inode as /proc/locks writes them.
func identity(t *testing.T, path string) (device string, inode uint64) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		t.Fatal("no inode")
	}
	d := uint64(stat.Dev)
	return fmt.Sprintf("%02x:%02x", d>>8&0xfff, d&0xff|d>>12&0xfff00), uint64(stat.Ino)
}

func TestScriptCountsBuilds(t *testing.T) {
	root := nixos(t)
	locks := "1: POSIX  ADVISORY  WRITE 1 00:19:5 0 EOF\n"
	for i, user := range []string{"userpool/30001", "userpool/30002", "userpool/30003", "userpool2/slot-0"} {
		root.file("/nix/var/nix/"+user, "")
		dev, inode := identity(t, filepath.Join(root.dir, "/nix/var/nix", user))
		word := "FLOCK"
		if i == 1 { // nobody builds as the second user: who waits for a lock has none
			word = "-> FLOCK"
		}
		locks += fmt.Sprintf("%d: %s  ADVISORY  WRITE 77 %s:%d 0 EOF\n", i+2, word, dev, inode)
	}
	root.file("/proc/locks", locks)
	for name, words := range shells(t) {
		if r := readRoot(t, local{root: root.dir, shell: words}, false); r.Builds != 3 {
			t.Errorf("%s counts %d builds, want 3", name, r.Builds)
		}
	}
}

// Some readlinks take one file only.
func TestScriptWorksWithAPoorReadlink(t *testing.T) {
	root := nixos(t)
	bin := t.TempDir()
	poor := "#!/bin/sh\n[ $# -eq 1 ] || exit 1\nexec /usr/bin/readlink \"$1\"\n"
	if err := os.WriteFile(filepath.Join(bin, "readlink"), []byte(poor), 0o755); err != nil {
		t.Fatal(err)
	}
	r := readRoot(t, local{root: root.dir, path: bin}, false)
	if r.Generation != 42 || r.Reboot == nil || !*r.Reboot {
		t.Errorf("got %+v", r)
	}
}

func TestReadTellsWhyThereIsNoAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		shell string
		kind  sshutil.Kind
		says  string
	}{
		"nologin":   {"echo 'This account is currently not available.'; exit 1", sshutil.KindExecFailed, "(exit status 1): This account is currently not available."},
		"no shell":  {"exec /nonexistent/sh -s", sshutil.KindExecFailed, "(exit status 127)"},
		"killed":    {"printf 'NF1\\thost\\th1\\n'; kill -9 $$", sshutil.KindProto, "/bin/sh ended while it answered (exit status "},
		"cut off":   {"printf 'NF1\\thost\\th1\\n'", sshutil.KindProto, "cut off"},
		"only talk": {"echo Welcome; exit 0", sshutil.KindProto, "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(t.Context(), local{shell: []string{"/bin/sh", "-c", c.shell}}, false, time.Now)
			e := sshError(err)
			if e.Kind != c.kind || !strings.Contains(e.Message, c.says) || e.Hint == "" {
				t.Errorf("got %s: %q (%q)", e.Kind, e.Message, e.Hint)
			}
		})
	}
}
