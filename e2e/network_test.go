//go:build lab

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// calledBy is a system call by which a process calls another machine.
var calledBy = regexp.MustCompile(`^\d+<([^>]*)> +(?:connect|sendto|sendmsg|sendmmsg)\(.*?sa_family=AF_INET6?, sin6?_port=htons\((\d+)\).*?"([0-9a-f.:]+)"`)

// TestCallsOnlyItsHosts: of all that runs, only nix and nixos-rebuild call
// anybody but the hosts' sshd. Who logs in is ssh or the program itself.
func TestCallsOnlyItsHosts(t *testing.T) {
	need(t, "h5")
	w := place(t)
	w.shape("h5", "")
	const own = "10.99.1.5"
	for _, line := range []string{"status --on h5", "switch --on h5 --yes"} {
		cmd, trace := w.command("exec nixfleet-tui "+line), filepath.Join(t.TempDir(), "trace")
		under := exec.Command("strace", append([]string{"-f", "-Y", "--seccomp-bpf", "-qq", "-o", trace, "-e", "trace=connect,sendto,sendmsg,sendmmsg"}, cmd.Args...)...)
		under.Env = cmd.Env
		if out, err := under.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		content, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		calls := map[string]int{}
		for l := range strings.Lines(string(content)) {
			m := calledBy.FindStringSubmatch(l)
			if m == nil || strings.HasPrefix(m[1], "nix") && !strings.HasPrefix(m[1], "nixfleet-") {
				continue
			}
			if calls[m[1]]++; m[3] != own || m[2] != "22" {
				t.Errorf("%s: %s calls %s, port %s", line, m[1], m[3], m[2])
			}
		}
		if len(calls) == 0 {
			t.Errorf("%s: nobody called anybody", line)
		}
		t.Logf("%s: %v", line, calls)
	}
}
