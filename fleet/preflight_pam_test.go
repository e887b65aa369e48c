package fleet

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/sshutil"
)

// meansOf reads how sudo lets people through in a root, as that user.
func meansOf(t *testing.T, l local) *sshutil.SudoHost {
	t.Helper()
	s, err := ReadSurvey(t.Context(), l, Questions{Means: true}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if s.Means == nil || s.Sudo != SudoNotAsked {
		t.Fatalf("read %+v", s)
	}
	return s.Means
}

func TestMeansOfNixOS(t *testing.T) {
	path := withPrograms(t, map[string]string{
		"id":     "echo 'uid=1000(ops) gid=100(users) groups=100(users),1(wheel)'",
		"passwd": "echo ops L 2026-11-01 0 99999 7 -1",
	})
	for name, words := range shells(t) {
		t.Run(name, func(t *testing.T) {
			root := nixos(t)
			root.file("/etc/pam.d/sudo", `# Account management.
account required /nix/store/x/lib/security/pam_unix.so # unix (order 10900)

# Authentication management.
auth sufficient /nix/store/y/lib/security/pam_ussh.so authorized_principals_file=/etc/ssh/principals ca_file=/etc/ssh/ca.pub # ussh (order 11000)
  auth	sufficient	libpam_rssh.so auth_key_file=/etc/ssh/authorized_keys.d/$ruser
auth sufficient pam_ssh_agent_auth.so file=/etc/keys/%u/%u
auth include login
session required pam_unix.so`)
			root.file("/etc/pam.d/login", "auth required pam_deny.so\n")
			root.file("/etc/ssh/ca.pub", "ssh-ed25519 AAAA ca") // no newline at its end
			root.file("/etc/ssh/principals", " sudoer\n\nadmin \n")
			root.file("/etc/ssh/authorized_keys.d/ops", "ssh-ed25519 BBBB\n")
			root.file("/run/wrappers/bin/sudo", "#!/bin/sh\necho Sudo version 1.9.17p2\n")
			root.file("/etc/static/sudoers", "# Don't edit\n%wheel ALL=(ALL:ALL) SETENV: ALL\n")
			root.file("/etc/ssh/sshd_config", "Port 22\nAllowAgentForwarding no\n")
			chmod(t, root, "/etc/ssh/ca.pub", 0o444)
			h := meansOf(t, local{root: root.dir, shell: words, path: path})
			if h.User != "ops" || h.UID != 1000 || !slices.Equal(h.Groups, []string{"users", "wheel"}) || h.Program != "Sudo version 1.9.17p2" ||
				h.Missing || h.Password != "L" || h.Clock.IsZero() || h.Agent != nil || !slices.Equal(h.SSHD, []string{"AllowAgentForwarding no"}) {
				t.Errorf("read %+v", h)
			}
			if len(h.PAM["sudo"]) != 5 || !slices.Equal(h.PAM["login"], []string{"auth required pam_deny.so"}) || len(h.PAM) != 2 {
				t.Errorf("rules: %q", h.PAM)
			}
			if !slices.Contains(h.Sudoers, "%wheel ALL=(ALL:ALL) SETENV: ALL") {
				t.Errorf("sudoers: %q", h.Sudoers)
			}
			if f := h.Files["/etc/ssh/ca.pub"]; !slices.Equal(f.Lines, []string{"ssh-ed25519 AAAA ca"}) || f.Mode != 0o444 || f.Missing || f.Unreadable || f.Cut {
				t.Errorf("authorities: %+v", f)
			}
			if f := h.Files["/etc/ssh/principals"]; !slices.Equal(f.Lines, []string{" sudoer", "", "admin "}) {
				t.Errorf("blanks matter in principals: %q", f.Lines)
			}
			if f := h.Files["/etc/ssh/authorized_keys.d/ops"]; len(f.Lines) != 1 {
				t.Errorf("keys of pam_rssh: %+v", h.Files)
			}
			if f := h.Files["/etc/keys/ops/ops"]; !f.Missing {
				t.Errorf("keys of pam_ssh_agent_auth: %+v", h.Files)
			}
		})
	}
}

func chmod(t *testing.T, root fakeRoot, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(filepath.Join(root.dir, path), mode); err != nil {
		t.Fatal(err)
	}
}

// TestMeansAskSudoWhatItIsWhereThatMatters: only modules that ask an agent fare
// otherwise with another sudo, and to start it takes longer than most.
func TestMeansAskSudoWhatItIsWhereThatMatters(t *testing.T) {
	for rule, want := range map[string]string{
		"auth required pam_unix.so":                     "sudo",
		"auth sufficient pam_ussh.so":                   "sudo-rs 0.2.8",
		" auth sufficient libpam_rssh.so":               "sudo-rs 0.2.8",
		"auth sufficient /x/pam_ssh_agent_auth.so file": "sudo-rs 0.2.8",
	} {
		root := nixos(t)
		root.file("/etc/pam.d/sudo", rule+"\n")
		root.file("/run/wrappers/bin/sudo", "#!/bin/sh\necho sudo-rs 0.2.8\n")
		if h := meansOf(t, local{root: root.dir}); h.Program != want || h.Missing {
			t.Errorf("%s: sudo is %q, want %q", rule, h.Program, want)
		}
	}
}

func TestMeansOfWhatThereIs(t *testing.T) {
	for name, words := range shells(t) {
		h := meansOf(t, local{root: newRoot(t).dir, shell: words})
		if len(h.PAM) != 0 || len(h.Files) != 0 || h.Sudoers != nil {
			t.Errorf("%s: %+v", name, h)
		}
	}
}

// TestMeansAreBounded: hostile or huge files cost little, and are known to be
// cut short.
func TestMeansAreBounded(t *testing.T) {
	root := nixos(t)
	root.file("/etc/pam.d/sudo", "auth sufficient pam_ussh.so ca_file=/etc/ca\nauth include sudo\nauth include ../shadow\n@include loop\n")
	root.file("/etc/pam.d/loop", "@include loop\n@include sudo\n")
	root.file("/etc/ca", strings.Repeat("ssh-ed25519 "+strings.Repeat("A", 1500)+"\n", 500))
	h := meansOf(t, local{root: root.dir})
	if f := h.Files["/etc/ca"]; !f.Cut || len(f.Lines) > 200 {
		t.Errorf("%d lines, cut %v", len(f.Lines), f.Cut)
	}
	if len(h.PAM) != 2 {
		t.Errorf("services: %v", h.PAM)
	}
	root.file("/etc/ca", "ssh-ed25519 "+strings.Repeat("A", 5000)+"\n")
	if f := meansOf(t, local{root: root.dir}).Files["/etc/ca"]; !f.Cut {
		t.Error("a line that is too long is not told of")
	}
}

// TestMeansThatOthersWrite: what decides who becomes root and is not root's
// alone is noticed, by the eyes of an unprivileged user.
func TestMeansThatOthersWrite(t *testing.T) {
	root := nixos(t)
	root.file("/etc/pam.d/sudo", "auth sufficient pam_ussh.so ca_file=/etc/ca\n")
	root.file("/etc/ca", "ssh-ed25519 AAAA\n")
	if out, err := exec.Command("chmod", "666", filepath.Join(root.dir, "/etc/ca")).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	want := sshutil.HostFile{Lines: []string{"ssh-ed25519 AAAA"}, Mode: 0o666, Owner: os.Getuid(), Writable: true}
	if got := meansOf(t, local{root: root.dir}).Files["/etc/ca"]; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}
