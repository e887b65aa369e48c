package fleet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
)

// learned is a line of the log beside a file of the cache: what one evaluation
// told. Thousands come one by one, and writing all that is known of the others
// for each of them would take longer than evaluating. The file takes the log in
// whenever it is written.
type learned struct {
	Host   string         `json:"host"`
	Good   *cachedFacts   `json:"good,omitempty"`
	Failed *cachedFailure `json:"failed,omitempty"`
}

// on is what is known of the host by then.
func (l learned) on(h cachedHost) cachedHost {
	if l.Good != nil {
		return cachedHost{Good: l.Good}
	}
	h.Failed = l.Failed
	return h
}

func (c *Cache) logPath(src Source) string { return c.path(src) + "l" } // of lines

// learn keeps what was evaluated.
func (c *Cache) learn(src Source, l learned) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = c.appendTo(c.logPath(src), l)
}

func (c *Cache) appendTo(path string, l learned) error {
	raw, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encoding the cache: %w", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing the cache: %w", err)
	}
	// Whoever wrote before may have been killed in the middle of a line.
	_, err = f.Write(append(append([]byte{'\n'}, raw...), '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing the cache: %w", err)
	}
	return nil
}

// follow takes in what the log holds besides what was taken in before. It says
// false when the log is another one by now, so that the file is, too.
func (d *decoded) follow(path string) bool {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return d.log == nil
	}
	if err != nil {
		return true // what the file has is worth more than nothing
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || d.log != nil && (!os.SameFile(d.log, info) || info.Size() < d.taken) {
		return false
	}
	d.log = info
	if info.Size() == d.taken {
		return true
	}
	raw, err := io.ReadAll(io.NewSectionReader(f, d.taken, info.Size()-d.taken))
	if err != nil {
		return true
	}
	whole := raw[:bytes.LastIndexByte(raw, '\n')+1]
	d.taken += int64(len(whole))
	hosts := maps.Clone(d.entry.Hosts) // others hold the old one
	if hosts == nil {
		hosts = map[string]cachedHost{}
	}
	for line := range bytes.Lines(whole) {
		var l learned
		if json.Unmarshal(line, &l) == nil && l.Host != "" {
			hosts[l.Host] = l.on(hosts[l.Host])
		}
	}
	d.entry.Hosts = hosts
	return true
}
