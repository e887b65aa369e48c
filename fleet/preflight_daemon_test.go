package fleet

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSurveyKnocksAtTheDaemon: a socket may be there though nobody listens.
func TestSurveyKnocksAtTheDaemon(t *testing.T) {
	short, err := os.MkdirTemp("", "nf") // a socket's path must not be long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(short) })
	socket := filepath.Join(short, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	const refused = "echo \"error: cannot connect to socket at '${2#unix://}': Connection refused\" >&2; exit 1"
	for name, c := range map[string]struct {
		listed string // among Linux's sockets, with SOCKET for its path; "" where there is no such list
		says   string // nix-store
		there  bool
	}{
		"it answers":            {"", "exit 0", true},
		"nobody listens":        {"", refused, false},
		"we may not ask":        {"", "echo \"error: cannot connect to socket at '${2#unix://}': Permission denied\" >&2; exit 1", true},
		"Nix is not in our way": {"", "exit 127", true},
		"Linux knows it":        {"000000005b78582d: 00000002 00000000 00010000 0001 01 42289949 SOCKET", refused, true},
		"nobody accepts":        {"000000005b78582d: 00000002 00000000 00000000 0001 01    49949 SOCKET", refused, false},
		"another's":             {"000000005b78582d: 00000002 00000000 00010000 0001 01 42289949 SOCKET2", refused, false},
	} {
		for shell, words := range shells(t) {
			t.Run(name+" "+shell, func(t *testing.T) {
				root := nixos(t)
				there := filepath.Join(root.dir, "nix/var/nix/daemon-socket")
				if err := os.MkdirAll(there, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(socket, filepath.Join(there, "socket")); err != nil {
					t.Fatal(err)
				}
				if c.listed != "" {
					list := "Num       RefCount Protocol Flags    Type St Inode Path\n" + strings.ReplaceAll(c.listed, "SOCKET", filepath.Join(there, "socket")) + "\n"
					if err := os.MkdirAll(filepath.Join(root.dir, "proc/net"), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(root.dir, "proc/net/unix"), []byte(list), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				path := withPrograms(t, map[string]string{"nix-store": `case $2 in unix://*/nix/var/nix/daemon-socket/socket) ;; *) exit 3 ;; esac; ` + c.says})
				s := surveyRoot(t, local{root: root.dir, shell: words, path: path})
				if s.Reading.Store == nil || *s.Reading.Store != c.there {
					t.Errorf("that the daemon listens is not told as %v", c.there)
				}
			})
		}
	}
}
