package rollout

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"nixfleet-tui/internal/atomicfile"
)

// runDir is a run directory's layout (docs/formats.md).
type runDir string

func (d runDir) plan() string       { return filepath.Join(string(d), "run.json") }
func (d runDir) lock() string       { return filepath.Join(string(d), "lock") }
func (d runDir) sshConfig() string  { return filepath.Join(string(d), "ssh_config") }
func (d runDir) events() string     { return filepath.Join(string(d), "events.jsonl") }
func (d runDir) summary() string    { return filepath.Join(string(d), "summary.json") }
func (d runDir) requests() string   { return filepath.Join(string(d), "requests") }
func (d runDir) supervisor() string { return filepath.Join(string(d), "supervisor.log") }

// host is the path of one of the host's files, by its ending such as ".log".
func (d runDir) host(name, ending string) string {
	return filepath.Join(string(d), "hosts", fileName(name)+ending)
}

// LogPath is where the raw log of a host's task is: every byte that it printed on stderr.
func LogPath(dir, host string) string { return runDir(dir).host(host, ".log") }

// TextPath is where the readable form of the log is.
func TextPath(dir, host string) string { return runDir(dir).host(host, ".txt") }

// SSHConfigPath is where a run keeps its ssh configuration. Unlike the link
// that children are given, it outlives the run.
func SSHConfigPath(dir string) string { return runDir(dir).sshConfig() }

// fileName percent-encodes what is outside [a-z0-9._-], so that any host name
// is a safe file name, also on file systems that fold case.
func fileName(host string) string {
	var b strings.Builder
	for i := 0; i < len(host); i++ {
		c := host[i]
		plain := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' && i > 0
		if plain {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// readPlan reads run.json. Its error is a *BrokenError.
func (d runDir) readPlan() (Plan, error) {
	var p Plan
	if err := readJSON(d.plan(), &p); err != nil {
		return p, &BrokenError{Dir: string(d), Why: unreadable(filepath.Base(d.plan()), err), Err: err}
	}
	if p.Version > PlanVersion {
		return p, &BrokenError{Dir: string(d), Why: fmt.Sprintf("run.json is of version %d, and this program knows %d and before", p.Version, PlanVersion)}
	}
	return p, nil
}

// exitStatus is a task's .exit file: the status on the first line, then one
// "key value" per line.
type exitStatus struct {
	code      int   // 128+n when signal n ended it
	maxRSSKiB int64 // largest process among nixos-rebuild and what it waited for; 0 if not known
}

func (d runDir) writeExit(host string, s exitStatus) error {
	return atomicfile.WriteDurable(d.host(host, ".exit"), fmt.Appendf(nil, "%d\nmaxrss-kib %d\n", s.code, s.maxRSSKiB))
}

// readExit returns the exit status, and false when there is none.
func (d runDir) readExit(host string) (exitStatus, bool, error) {
	data, err := os.ReadFile(d.host(host, ".exit"))
	if errors.Is(err, os.ErrNotExist) {
		return exitStatus{}, false, nil
	}
	if err != nil {
		return exitStatus{}, false, err
	}
	lines := strings.Split(string(data), "\n")
	code, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return exitStatus{}, false, fmt.Errorf("reading the exit status of %s: %w", host, err)
	}
	s := exitStatus{code: code}
	for _, line := range lines[1:] {
		if v, ok := strings.CutPrefix(line, "maxrss-kib "); ok {
			s.maxRSSKiB, _ = strconv.ParseInt(v, 10, 64) // a figure for scheduling only
		}
	}
	return s, true, nil
}
