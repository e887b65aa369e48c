package rollout

import (
	"path/filepath"
	"sync"
)

// peaks remembers how much memory each host's evaluation took, so that the
// queue starts as many at once as fit.
type peaks struct {
	path   string
	budget int64 // bytes that evaluations may use together; 0: not known

	mu    sync.Mutex
	known peaksFile
}

// peaksFile is peaks.json.
type peaksFile struct {
	Version int              `json:"version"`
	Bytes   map[string]int64 `json:"bytes"` // by flake and host
}

// peaks reads what earlier runs measured. What cannot be read is measured anew.
func (s *Store) peaks() *peaks {
	p := &peaks{path: filepath.Join(s.Dir, "peaks.json"), budget: availableMemory()}
	if err := readJSON(p.path, &p.known); err != nil || p.known.Version != 1 || p.known.Bytes == nil {
		p.known = peaksFile{Version: 1, Bytes: map[string]int64{}}
	}
	return p
}

func peakKey(flake, host string) string { return flake + "#" + host }

func (p *peaks) of(flake, host string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := p.known.Bytes[peakKey(flake, host)]; n > 0 {
		return n
	}
	return defaultEvalMemory
}

// learn keeps a measured peak.
func (p *peaks) learn(flake, host string, bytes int64) error {
	if bytes <= 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known.Bytes[peakKey(flake, host)] = bytes
	return writeJSON(p.path, p.known)
}
