package rollout

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// noTime stands in a .times file for lines that nobody saw when they came.
const noTime = "-"

// timesWriter keeps beside a readable log when its lines came: a line of text
// for each second in which there were some, with the number of the first and
// the time in milliseconds since 1970. Who adopts a run writes the readable
// log anew, but its lines have the same numbers, and keep their times.
type timesWriter struct {
	file *os.File
	line int   // number of the next line of the log
	told int   // the last line that has an entry, -1 for none
	at   int64 // the second of the last entry
	late bool  // what is read now was there before us
	gap  bool  // and that is noted
}

// openTimes opens the file; adopted says that some of the log came before us.
func openTimes(path string, adopted bool) (*timesWriter, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	t := &timesWriter{file: f, told: -1, late: adopted}
	if marks, _ := parseTimes(content); len(marks) > 0 {
		t.told = marks[len(marks)-1].line
	}
	if len(content) > 0 && content[len(content)-1] != '\n' {
		_, err = f.WriteString("\n") // a torn line says nothing
	}
	return t, err
}

// took notes that the log has gained readable at now. What was noted before
// is not told again.
func (t *timesWriter) took(readable []byte, now time.Time) error {
	n := bytes.Count(readable, []byte{'\n'})
	first := t.line
	t.line += n
	if n == 0 || t.line <= t.told+1 {
		return nil
	}
	first = max(first, t.told+1)
	entry := strconv.FormatInt(now.UnixMilli(), 10)
	switch {
	case t.late && t.gap, !t.late && now.Unix() == t.at:
		return nil // as what came before
	case t.late:
		entry, t.gap = noTime, true
	default:
		t.at = now.Unix()
	}
	t.told = first
	_, err := fmt.Fprintf(t.file, "%d %s\n", first, entry)
	return err
}

// caughtUp says that what comes from now on was not there before us.
func (t *timesWriter) caughtUp() { t.late = false }

// timeMark says since when lines came, from a number on.
type timeMark struct {
	line int
	at   time.Time // zero: not known
}

// parseTimes reads whole lines, and returns how many bytes these are. What is
// no entry is passed over.
func parseTimes(content []byte) (marks []timeMark, read int) {
	for {
		line, _, found := bytes.Cut(content[read:], []byte{'\n'})
		if !found {
			return marks, read
		}
		read += len(line) + 1
		number, when, _ := strings.Cut(string(line), " ")
		n, err := strconv.Atoi(number)
		if err != nil || len(marks) > 0 && n < marks[len(marks)-1].line {
			continue
		}
		mark := timeMark{line: n}
		if ms, err := strconv.ParseInt(when, 10, 64); err == nil {
			mark.at = time.UnixMilli(ms)
		} else if when != noTime {
			continue
		}
		marks = append(marks, mark)
	}
}

// times is what has been read of a .times file.
type times struct {
	read  int64
	marks []timeMark
}

// Times says when n lines came, from number from on, to the second. A zero
// time is not known: the run is of before such times were kept, or nobody was
// there to see the line come.
func (l *Log) Times(from, n int) ([]time.Time, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.readTimes(); err != nil {
		return nil, fmt.Errorf("reading when a log's lines came: %w", err)
	}
	all := make([]time.Time, max(0, n))
	marks := l.times.marks
	for i := range all {
		at, exact := slices.BinarySearchFunc(marks, from+i, func(m timeMark, line int) int { return m.line - line })
		if exact {
			for at+1 < len(marks) && marks[at+1].line == from+i {
				at++
			}
		} else {
			at--
		}
		if at >= 0 {
			all[i] = marks[at].at
		}
	}
	return all, nil
}

// readTimes reads what the file has gained.
func (l *Log) readTimes() error {
	f, err := os.Open(strings.TrimSuffix(l.path, ".txt") + ".times")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < l.times.read {
		l.times = times{} // somebody has put another in its place
	}
	content, err := io.ReadAll(io.NewSectionReader(f, l.times.read, info.Size()-l.times.read))
	if err != nil {
		return err
	}
	marks, read := parseTimes(content)
	l.times.marks = append(l.times.marks, marks...)
	l.times.read += int64(read)
	return nil
}
