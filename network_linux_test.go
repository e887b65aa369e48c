package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// Who is called, by what system call, in a line of strace.
	called   = regexp.MustCompile(`(connect|sendto|sendmsg|sendmmsg)\(\d+, .*?sa_family=(AF_\w+), (.*?)\}`)
	portOf   = regexp.MustCompile(`sin6?_port=htons\((\d+)\)`)
	openedBy = regexp.MustCompile(`getsockname.*\{sa_family=AF_INET, (sin_port=htons\(\d+\)), sin_addr=inet_addr\("127\.0\.0\.1"\)`)
)

// TestCallsNobodyElse looks at every system call by which a process could talk
// to somebody: the demo's go to its own hosts, and to sockets of its own.
func TestCallsNobodyElse(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is missing: apt-get install strace")
	}
	t.Parallel()
	h := newHouse(t)
	trace := filepath.Join(h.dir, "trace")
	plain := h.command()
	script := `"$0" demo status; "$0" demo switch --on ankarana --yes; "$0" demo builders; "$0" demo doctor; "$0" demo reset`
	c := exec.Command(strace, "-f", "--seccomp-bpf", "-qq", "-s", "256", "-e", "trace=%network", "-o", trace, "/bin/sh", "-c", script, plain.Path)
	c.Env, c.Dir = plain.Env, plain.Dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	content, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]bool{} // ports
	for _, m := range openedBy.FindAllStringSubmatch(string(content), -1) {
		ours[m[1]] = true
	}
	hosts := 0
	for line := range strings.Lines(string(content)) {
		m := called.FindStringSubmatch(line)
		switch {
		case m == nil:
		case m[2] == "AF_INET" && strings.Contains(m[3], `inet_addr("127.0.0.1")`) && ours[portOf.FindString(m[3])]:
			hosts++
		case m[2] == "AF_UNIX" && strings.Contains(m[3], `sun_path="`+h.dir+"/"):
		case m[2] == "AF_UNIX" && strings.Contains(m[3], `sun_path="/var/run/nscd/socket"`): // the C library, which tells who we are
		default:
			t.Errorf("somebody else is called: %s", line)
		}
	}
	if hosts < 10 {
		t.Errorf("only %d calls to hosts were seen", hosts)
	}
}
