package install

import (
	"bytes"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

// TestKeyStaysPrivate makes a host key in a directory that stands for /mnt,
// under a umask that keeps nothing from anybody.
func TestKeyStaysPrivate(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is missing: apt-get install openssh-client")
	}
	dir := t.TempDir()
	lines := bytes.ReplaceAll(keyLines("make", "h1", []nixcmd.HostKey{{Type: "ed25519", Path: "/etc/ssh/ssh_host_ed25519_key"}}), []byte(root), []byte(dir))
	c := exec.Command("/bin/sh", "-c", "umask 000; exec /bin/sh")
	c.Stdin = bytes.NewReader(lines)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		files++
		forbidden := fs.FileMode(0o022)
		if strings.HasSuffix(path, "_key") {
			forbidden = 0o077
		}
		if info.Mode().Perm()&forbidden != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil || files != 4 {
		t.Errorf("%d files and directories, %v\n%s", files, err, out)
	}
	if bytes.Contains(out, []byte("PRIVATE")) {
		t.Errorf("the private half travels:\n%s", out)
	}
}
