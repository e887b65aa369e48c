package rollout

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// eventLog writes events.jsonl. Only the holder of the run's lock opens it.
type eventLog struct {
	run string
	now func() time.Time

	mu  sync.Mutex
	f   *os.File
	seq int64
	err error // the first failure to write; later ones follow from it
}

// spoiled ends a torn line. One that lacks nothing but its end, because the disk
// was full just there, must not become an event now: nobody has read it, and the
// next one gets its number.
const spoiled = "!\n"

// openEventLog opens the log for appending after seq, and ends a torn last
// line first, so that what a predecessor left half-written spoils one line only.
func openEventLog(path, run string, seq int64, now func() time.Time) (*eventLog, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the events: %w", err)
	}
	l := &eventLog{run: run, now: now, f: f, seq: seq}
	if err := l.endTornLine(); err != nil {
		f.Close()
		return nil, fmt.Errorf("opening the events: %w", err)
	}
	return l, nil
}

func (l *eventLog) endTornLine() error {
	info, err := l.f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err := l.f.ReadAt(last, info.Size()-1); err != nil {
		return err
	}
	if last[0] == '\n' {
		return nil
	}
	_, err = l.f.WriteString(spoiled)
	return err
}

// append writes one event. Verdicts and the end are on disk when it returns.
func (l *eventLog) append(e Event) (Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return e, l.err
	}
	e.Version, e.Run, e.Time = EventVersion, l.run, l.now().UTC()
	e.Seq = l.seq + 1
	line, err := json.Marshal(e)
	if err == nil {
		_, err = l.f.Write(append(line, '\n'))
	}
	if err == nil && (e.Event == EventVerdict || e.Event == EventEnd) {
		err = l.f.Sync()
	}
	if err != nil {
		l.err = fmt.Errorf("writing the events: %w", err)
		return e, l.err
	}
	l.seq = e.Seq
	return e, nil
}

func (l *eventLog) close() error { return l.f.Close() }

// eventReader reads events.jsonl as it grows.
type eventReader struct {
	path   string
	offset int64
	broken int // complete lines that are no events
}

// next returns the events whose lines were completed since the last call.
func (r *eventReader) next() ([]Event, error) {
	// It is looked at many times a second, and to open it costs ten times as much.
	if info, err := os.Stat(r.path); err == nil && info.Size() <= r.offset {
		return nil, nil
	}
	f, err := os.Open(r.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, r.offset, maxEventRead))
	if err != nil {
		return nil, fmt.Errorf("reading the events: %w", err)
	}
	end := bytes.LastIndexByte(data, '\n') + 1
	r.offset += int64(end)
	var events []Event
	for line := range bytes.Lines(data[:end]) {
		var e Event
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err := json.Unmarshal(line, &e); err != nil {
			r.broken++
			continue
		}
		events = append(events, e)
	}
	return events, nil
}
