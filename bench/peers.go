package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"nixfleet-tui/bench/loopback"
	"nixfleet-tui/fleet"
)

const (
	parallel = 32            // hosts at a time, for everybody
	answered = "NF1\tend\t1" // the last line of what a host says
)

// reading is hosts that are to be read, and what the readers need for it.
type reading struct {
	hosts  *loopback.Hosts
	script string // the file that hosts are to run
	list   string // the file with their names
	dir    string // for what readers keep
}

func newReading(dir string, hosts *loopback.Hosts) (*reading, error) {
	r := &reading{hosts: hosts, dir: dir, script: filepath.Join(dir, "script"), list: filepath.Join(dir, "hosts")}
	err := os.WriteFile(r.script, fleet.Script(false), 0o600)
	return r, errors.Join(err, os.WriteFile(r.list, []byte(strings.Join(hosts.Names, "\n")+"\n"), 0o600))
}

// reader is a program that reads many hosts.
type reader struct {
	name string
	pkg  string // of Debian, which has it
	slow bool   // read with once only
	cmd  func(ctx context.Context, r *reading) *exec.Cmd
}

// readers are the others. All have the same script run, the fast one, over the same ssh
// configuration, on as many hosts at a time.
func readers() []reader {
	limit := fmt.Sprint(parallel)
	return []reader{
		{name: "OpenSSH", pkg: "openssh-client", cmd: func(ctx context.Context, r *reading) *exec.Cmd {
			// ssh ends with 255 for a host that cannot be had, at which xargs would start no more.
			return exec.CommandContext(ctx, "xargs", "-a", r.list, "-P"+limit, "-I{}", "sh", "-c", `ssh -F "$0" {} /bin/sh -s <"$1" || exit 1`, r.hosts.Config, r.script)
		}},
		{name: "clush", pkg: "clustershell", cmd: func(ctx context.Context, r *reading) *exec.Cmd {
			return fed(r.script, exec.CommandContext(ctx, "clush", "-f", limit, "--hostfile", r.list, "-o", "-F "+r.hosts.Config, "/bin/sh -s"))
		}},
		{name: "parallel-ssh", pkg: "pssh", cmd: func(ctx context.Context, r *reading) *exec.Cmd {
			return fed(r.script, exec.CommandContext(ctx, "parallel-ssh", "-p", limit, "-h", r.list, "-x", "-F "+r.hosts.Config, "-t", "60", "-i", "-I", "/bin/sh -s"))
		}},
		{name: "ansible", pkg: "ansible-core", slow: true, cmd: func(ctx context.Context, r *reading) *exec.Cmd {
			// raw wants no Python there, and is the least that it can do. It takes
			// some characters of a script for its own.
			script, err := os.ReadFile(r.script)
			line := `eval "$(printf %s ` + base64.StdEncoding.EncodeToString(script) + ` | base64 -d)"`
			c := exec.CommandContext(ctx, "ansible", "all", "-i", r.list, "-f", limit, "-m", "raw", "-a", line)
			c.Env = append(os.Environ(), "ANSIBLE_HOME="+r.dir, "ANSIBLE_SSH_ARGS=-F "+r.hosts.Config, "ANSIBLE_NOCOLOR=1", "LC_ALL=C.UTF-8")
			c.Err = errors.Join(c.Err, err)
			return c
		}},
	}
}

// fed has the command read a file.
func fed(path string, c *exec.Cmd) *exec.Cmd {
	content, err := os.ReadFile(path)
	c.Stdin, c.Err = bytes.NewReader(content), errors.Join(c.Err, err)
	return c
}

// time runs the reader once. It must have read all hosts that can be read.
func (p reader) time(ctx context.Context, r *reading) (seconds float64, err error) {
	c := p.cmd(ctx, r)
	if errors.Is(c.Err, exec.ErrNotFound) {
		return 0, missing{p.name, "install " + p.pkg}
	}
	return timed(c, answered, len(r.hosts.Names)-r.hosts.Broken)
}

// timed runs a command and holds it to having read so many hosts, which is how
// often it says a word. Hosts that are broken make all of them fail in the end.
func timed(c *exec.Cmd, word string, want int) (seconds float64, err error) {
	var said, complaints bytes.Buffer
	c.Stdout, c.Stderr = &said, &complaints
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // so that nobody asks a terminal
	began := time.Now()
	err = c.Run()
	took := time.Since(began)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	if got := strings.Count(said.String(), word); got != want {
		return 0, short{c.Args[0], got, want, fmt.Sprintf("%s: %s", c.ProcessState, tail(complaints.String()+besideAnswers(said.String())))}
	}
	return took.Seconds(), nil
}

// short is the error of a reader that did not read all that can be read.
type short struct {
	reader    string
	got, want int
	said      string
}

func (s short) Error() string {
	return fmt.Sprintf("%s read %d hosts of %d (%s)", s.reader, s.got, s.want, s.said)
}

// again has a reader try once more when it came short: clush and ansible have
// ConnectTimeouts of their own, which a machine that does much else may miss.
func again(read func() (float64, error)) (seconds float64, err error) {
	const tries = 3
	for range tries {
		var s short
		if seconds, err = read(); !errors.As(err, &s) {
			return seconds, err
		}
	}
	return 0, err
}

// besideAnswers is what a program printed besides what hosts answered.
func besideAnswers(said string) string {
	var rest strings.Builder
	for line := range strings.Lines(said) {
		if !strings.HasPrefix(line, "NF1\t") && !strings.Contains(line, "[SUCCESS]") {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

// tail is the end of what a program complained of.
func tail(said string) string {
	const enough = 2000
	return said[max(0, len(said)-enough):]
}
