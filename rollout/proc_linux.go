package rollout

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// selfProgram is how this program is started again. The link works even when
// the file is gone (`go run` deletes it, an upgrade replaces it).
func selfProgram(string) (string, error) { return "/proc/self/exe", nil }

// processStart identifies a process beside its number, which is used again:
// its start time in clock ticks since boot (field 22 of /proc/PID/stat).
func processStart(pid int) (string, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The command's name is in parentheses and may hold spaces and parentheses.
	s := string(data)
	fields := strings.Fields(s[strings.LastIndexByte(s, ')')+1:])
	const startTime = 22 - 3 // the first field after the name is the third
	if len(fields) <= startTime {
		return "", fmt.Errorf("process %d: cannot read its start time", pid)
	}
	return fields[startTime], nil
}

// commandLines are the command lines of all processes by their numbers, as far
// as they can be read. A small system may have no ps.
func commandLines() (map[int]string, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	all := map[int]string{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue // no process
		}
		words, err := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if err != nil || len(words) == 0 {
			continue // it has ended, or is the kernel's
		}
		all[pid] = string(bytes.ReplaceAll(words, []byte{0}, []byte(" ")))
	}
	return all, nil
}
