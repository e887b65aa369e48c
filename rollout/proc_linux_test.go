package rollout

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// parentOf is the parent of a process.
func parentOf(t *testing.T, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	n, err := strconv.Atoi(fields[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// supervisorOf is the supervisor above a nixos-rebuild.
func supervisorOf(t *testing.T, pid int) int { return parentOf(t, parentOf(t, pid)) }

// waitUntil waits until something outside this process has come about.
func waitUntil(t *testing.T, what string, is func() bool) {
	t.Helper()
	timeout := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-timeout:
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}
