package rollout

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"nixfleet-tui/internal/atomicfile"
)

// request is a file that a viewer drops into the run directory for the
// supervisor. Files need no socket: they wait for a supervisor that is being
// replaced, and a run directory that was moved still works.
type request struct {
	Version int      `json:"version"`
	Cancel  []string `json:"cancel"`           // hosts; empty means all
	Insist  bool     `json:"insist,omitempty"` // also interrupt an activation
}

// Cancel asks the run's supervisor to cancel the hosts (none: all). The answer
// comes as one cancel event for each host. insist also interrupts an activation.
func Cancel(dir string, hosts []string, insist bool) error {
	d := runDir(dir)
	if _, err := d.readPlan(); err != nil {
		return err
	}
	if err := os.MkdirAll(d.requests(), 0o700); err != nil {
		return err
	}
	data, err := json.Marshal(request{Version: 1, Cancel: hosts, Insist: insist})
	if err != nil {
		return err
	}
	if err := atomicfile.WriteDurable(filepath.Join(d.requests(), randomHex(8)+".json"), data); err != nil {
		return fmt.Errorf("asking to cancel: %w", err)
	}
	return nil
}

// takeRequests reads and removes what viewers have asked for since the last call.
func (d runDir) takeRequests() ([]request, error) {
	paths, err := jsonFiles(d.requests())
	if err != nil {
		return nil, err
	}
	var taken []request
	for _, path := range paths {
		var r request
		err := readJSON(path, &r)
		if rerr := os.Remove(path); rerr != nil {
			return taken, rerr
		}
		if err == nil {
			taken = append(taken, r)
		}
	}
	return taken, nil
}

// randomHex is n random hexadecimal digits.
func randomHex(n int) string {
	b := make([]byte, (n+1)/2)
	rand.Read(b) // never fails, by its documentation
	return hex.EncodeToString(b)[:n]
}
