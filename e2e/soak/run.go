package soak

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// Run is a run's directory, and what was seen of it so far.
type Run struct {
	Dir  string
	Torn int // how many lines of events may be broken off: one for each fault

	logs   map[string]int64 // how long they were
	events int64            // how many there were
}

// Look holds the directory to what must be so at every moment: the events'
// numbers have no gap, and there are no fewer than before; a raw log grows, and
// does nothing else; a readable one is as much as has come of what follows from
// the raw one.
func (r *Run) Look() error {
	_, err := r.look(false)
	return err
}

// Whole is Look when the run is over, and all of it must be there. It returns
// how many bytes of logs there are.
func (r *Run) Whole() (int64, error) { return r.look(true) }

func (r *Run) look(over bool) (size int64, err error) {
	raws, err := filepath.Glob(filepath.Join(r.Dir, "hosts", "*.log"))
	if err != nil {
		return 0, err
	}
	wrong := []error{r.numbers()}
	if r.logs == nil {
		r.logs = map[string]int64{}
	}
	for _, path := range raws {
		n, err := follows(path, over)
		if n < r.logs[path] {
			err = errors.Join(err, fmt.Errorf("%s had %d bytes, and has %d", path, r.logs[path], n))
		}
		r.logs[path] = n
		size += n
		wrong = append(wrong, err)
	}
	return size, errors.Join(wrong...)
}

// numbers looks for gaps in the events. Who is killed, or finds the disk full,
// in the middle of a line leaves half of it.
func (r *Run) numbers() error {
	content, err := os.ReadFile(filepath.Join(r.Dir, "events.jsonl"))
	if err != nil {
		return err
	}
	last, torn := int64(0), 0
	for line := range bytes.Lines(content) {
		var e rollout.Event
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if json.Unmarshal(line, &e) != nil {
			torn++
			continue
		}
		if e.Seq != last+1 {
			return fmt.Errorf("%s: event %d comes after %d", r.Dir, e.Seq, last)
		}
		last = e.Seq
	}
	if torn > r.Torn+1 { // one is just being written
		return fmt.Errorf("%s: %d lines are no events", r.Dir, torn)
	}
	if last < r.events {
		return fmt.Errorf("%s: there were %d events, and are %d", r.Dir, r.events, last)
	}
	r.events = last
	return nil
}

// follows compares a readable log with the raw one at path, which has size bytes.
func follows(path string, over bool) (size int64, err error) {
	readable, err := os.ReadFile(strings.TrimSuffix(path, ".log") + ".txt")
	if err != nil && (over || !errors.Is(err, fs.ErrNotExist)) {
		return 0, err
	}
	raw, err := os.ReadFile(path) // after it: what it follows from is there by now
	if err != nil {
		return 0, err
	}
	d := nixcmd.NewLogDecoder(nixcmd.Switch, time.Now)
	want := d.Close(d.Write(nil, raw))
	if over && !bytes.Equal(want, readable) || !bytes.HasPrefix(want, readable) {
		err = fmt.Errorf("%s (over: %v): of it follow %d readable bytes, and %d are there", path, over, len(want), len(readable))
	}
	return int64(len(raw)), err
}

// View is a run as its directory tells it.
func View(dir string) (rollout.View, error) {
	r, err := rollout.NewReader(dir)
	if err != nil {
		return rollout.View{}, err
	}
	_, err = r.Next()
	return r.View(), err
}
