package nixcmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// watchedHost is a folder that stands for a host which watches over itself,
// with root's programs as stand-ins that move its links.
type watchedHost struct {
	t    *testing.T
	root string
}

const oldHostSystem = "/nix/store/00000000000000000000000000000000-nixos-system-h1-1"

func newWatchedHost(t *testing.T) *watchedHost {
	t.Helper()
	h := &watchedHost{t, t.TempDir()}
	for path, content := range map[string]string{
		"bin/systemd-run": "#!/bin/sh\nunit=\nwhile case $1 in --unit=*) unit=${1#--unit=} ;; -E) shift ;; -*) ;; *) false ;; esac; do shift; done\n" +
			"[ \"$unit\" = nixfleet-confirm ] || exec \"$@\"\n\"$@\" </dev/null >/dev/null 2>&1 &\n",
		"bin/systemctl": "#!/bin/sh\n[ \"$1\" != is-active ]\n",
		"bin/nix-env":   "#!/bin/sh\nln -sfn \"system-$4-link\" \"$2\"\n",
		oldHostSystem + "/bin/switch-to-configuration": "#!/bin/sh\necho \"$1\" >>\"$NF_ROOT/activated\"\n",
	} {
		h.write(path, content)
	}
	for _, dir := range []string{"run/systemd/system", "nix/var/nix/profiles", "nix/var/nix/gcroots"} {
		if err := os.MkdirAll(filepath.Join(h.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h.link("nix/var/nix/profiles/system-1-link", h.root+oldHostSystem)
	h.link("nix/var/nix/profiles/system-2-link", h.root)
	h.link("nix/var/nix/profiles/system", "system-1-link")
	h.link("run/current-system", h.root+oldHostSystem)
	return h
}

func (h *watchedHost) write(path, content string) {
	h.t.Helper()
	path = filepath.Join(h.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		h.t.Fatal(err)
	}
}

func (h *watchedHost) link(path, to string) {
	h.t.Helper()
	path = filepath.Join(h.root, path)
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		h.t.Fatal(err)
	}
	if err := os.Symlink(to, path); err != nil {
		h.t.Fatal(err)
	}
}

// run runs a script as root of the host would, whose systems lie in its folder.
func (h *watchedHost) run(script string) (string, error) {
	h.t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Env = append(os.Environ(), "NF_ROOT="+h.root, "PATH="+h.root+"/bin:"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (h *watchedHost) has(path string) bool {
	_, err := os.Lstat(filepath.Join(h.root, path))
	return err == nil
}

func (h *watchedHost) eventually(what string, is func() bool) {
	h.t.Helper()
	timeout := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-timeout:
			h.t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

func (h *watchedHost) arm(within int) {
	h.t.Helper()
	if out, err := h.run(Confirmation{Action: Switch, Within: within, Longest: 600}.ArmScript()); err != nil {
		h.t.Fatalf("arming: %v: %s", err, out)
	}
	for _, path := range []string{ConfirmDir + "/armed", "nix/var/nix/gcroots/nixfleet-confirm-profile", "nix/var/nix/gcroots/nixfleet-confirm-running"} {
		if !h.has(path) {
			h.t.Errorf("there is no %s", path)
		}
	}
}

func TestUnconfirmedHostGoesBack(t *testing.T) {
	h := newWatchedHost(t)
	h.arm(1)
	h.link("nix/var/nix/profiles/system", "system-2-link") // the activation, over in no time
	h.eventually("it to go back", func() bool { return h.has(ConfirmDir + "/restored") })
	h.eventually("its roots to go", func() bool { return !h.has("nix/var/nix/gcroots/nixfleet-confirm-running") })
	if link, err := os.Readlink(filepath.Join(h.root, "nix/var/nix/profiles/system")); err != nil || link != "system-1-link" {
		t.Errorf("the profile is %s (%v)", link, err)
	}
	log, err := os.ReadFile(filepath.Join(h.root, ConfirmDir, "log"))
	if err != nil || !strings.Contains(string(log), "the system profile goes back to generation 1") || !strings.Contains(string(log), "/bin/switch-to-configuration switch") {
		t.Errorf("its log (%v):\n%s", err, log)
	}
}

func TestConfirmedHostStays(t *testing.T) {
	h := newWatchedHost(t)
	h.arm(600)
	h.link("nix/var/nix/profiles/system", "system-2-link")
	dir := filepath.Join(h.root, ConfirmDir)
	if err := os.Rename(dir+"/armed", dir+"/confirmed"); err != nil { // ConfirmLine
		t.Fatal(err)
	}
	h.eventually("the watch to end", func() bool { return !h.has("nix/var/nix/gcroots/nixfleet-confirm-running") })
	if link, err := os.Readlink(filepath.Join(h.root, "nix/var/nix/profiles/system")); err != nil || link != "system-2-link" {
		t.Errorf("the profile is %s (%v)", link, err)
	}
	if h.has(ConfirmDir+"/restored") || h.has("activated") {
		t.Error("it went back all the same")
	}
}

// TestWatchIsRootsAlone: what root runs on a host nobody else can write,
// whatever the umask is there.
func TestWatchIsRootsAlone(t *testing.T) {
	h := newWatchedHost(t)
	if out, err := h.run("umask 000\n" + Confirmation{Action: Switch, Within: 600, Longest: 600}.ArmScript()); err != nil {
		t.Fatalf("arming: %v: %s", err, out)
	}
	dir := filepath.Join(h.root, ConfirmDir)
	for _, path := range []string{dir, dir + "/watch", dir + "/armed"} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o022 != 0 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if err := os.Rename(dir+"/armed", dir+"/confirmed"); err != nil {
		t.Fatal(err)
	}
	h.eventually("the watch to end", func() bool { return !h.has("nix/var/nix/gcroots/nixfleet-confirm-running") })
}
