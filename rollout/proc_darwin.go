package rollout

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"nixfleet-tui/internal/atomicfile"

	"golang.org/x/sys/unix"
)

// selfProgram is how this program is started again: a copy in the state
// directory named by its content, so that an upgrade or `go run`, which
// replace or delete the file, do not change a run that goes on.
func selfProgram(stateDir string) (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	id := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		id = info.Main.Version
	}
	src, err := os.Open(exe)
	if err != nil {
		return "", err
	}
	defer src.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, src); err != nil {
		return "", err
	}
	path := filepath.Join(stateDir, "bin", fmt.Sprintf("nixfleet-tui-%s-%x", fileName(id), sum.Sum(nil)[:8]))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	return path, copyProgram(src, path)
}

func copyProgram(src *os.File, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return err
	}
	data, err := io.ReadAll(src)
	if err != nil {
		return err
	}
	if err := atomicfile.WriteDurable(path, data); err != nil {
		return err
	}
	return os.Chmod(path, 0o700)
}

// processStart identifies a process beside its number, which is used again.
func processStart(pid int) (string, error) {
	p, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return "", err
	}
	t := p.Proc.P_starttime
	return fmt.Sprintf("%d.%06d", t.Sec, t.Usec), nil
}

// commandLines are the command lines of all processes by their numbers.
func commandLines() (map[int]string, error) {
	out, err := exec.Command("/bin/ps", "-A", "-ww", "-o", "pid=", "-o", "args=").Output()
	if err != nil {
		return nil, fmt.Errorf("listing the processes: %w", err)
	}
	all := map[int]string{}
	for line := range strings.Lines(string(out)) {
		number, words, _ := strings.Cut(strings.TrimSpace(line), " ")
		if pid, err := strconv.Atoi(number); err == nil {
			all[pid] = words
		}
	}
	return all, nil
}
