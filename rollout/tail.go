package rollout

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"
)

// How a log is followed.
const (
	markEvery   = 64                     // lines between two remembered offsets
	findStretch = 64 * markEvery         // lines that are gone through forwards when somebody looks back: many times what is read ahead
	maxLogLine  = 64 << 10               // bytes shown of one line
	logQuiet    = 200 * time.Millisecond // after which a line without its newline is shown all the same
	logChunk    = 256 << 10              // bytes scanned at a time
	logMemory   = 64                     // bytes remembered to notice a file that was written anew
)

// Log is the readable form of one task's log (TextPath) as it grows: lines by
// their number, from 0, wherever they are in the file. Only every 64th line's
// place is kept in memory, and only what is asked for is read, so a log of a
// million lines costs no more than a short one.
//
// Lines keep their numbers for as long as the file is the same. Who adopts a
// run writes the file anew; Poll notices and begins again. A Log may be used
// from several goroutines.
type Log struct {
	path string
	now  func() time.Time

	mu    sync.Mutex
	file  *os.File
	index lineIndex
	shown int64     // how much of the unfinished line is shown: the offset of its end
	grew  time.Time // when the file last did
	last  []byte    // the bytes before index.scanned
	times times     // when lines came
}

// lineIndex knows where lines begin. A copy stays true while the original goes on.
type lineIndex struct {
	marks   []int64 // offsets of lines 0, 64, 128, …
	lines   int     // that have ended
	end     int64   // offset after the last of these
	scanned int64   // how far we have read
}

// OpenLog returns the log at path, which need not exist yet. Nothing is read before Poll.
func OpenLog(path string, now func() time.Time) *Log {
	return &Log{path: path, now: now}
}

// Poll looks for what was written since the last call and says whether Len or
// the last line changed.
func (l *Log) Poll() (changed bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if changed, err = l.reopen(); err != nil || l.file == nil {
		return changed, err
	}
	info, err := l.file.Stat()
	if err != nil {
		return changed, fmt.Errorf("following a log: %w", err)
	}
	anew, err := l.writtenAnew(info.Size())
	if err != nil {
		return changed, err
	}
	if anew {
		l.forget()
		changed = true
	}
	before := l.index.lines
	if info.Size() > l.index.scanned {
		if err := l.scan(info.Size()); err != nil {
			return changed, err
		}
		l.grew = earlier(l.now(), info.ModTime())
	}
	return l.settle() || l.index.lines != before || changed, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// reopen opens the file, or the one that has taken its place.
func (l *Log) reopen() (changed bool, err error) {
	info, err := os.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // not yet, or no more: what is open stays readable
	}
	if err != nil {
		return false, fmt.Errorf("following a log: %w", err)
	}
	if l.file != nil {
		if open, err := l.file.Stat(); err == nil && os.SameFile(open, info) {
			return false, nil
		}
	}
	f, err := os.Open(l.path)
	if err != nil {
		return false, fmt.Errorf("following a log: %w", err)
	}
	changed = l.file != nil
	if changed {
		l.file.Close() // read only: nothing can be lost
	}
	l.file = f
	l.forget()
	return changed, nil
}

func (l *Log) forget() {
	l.index, l.shown, l.last, l.grew = lineIndex{}, 0, nil, time.Time{}
}

// writtenAnew says whether the bytes before our place are no longer the ones that we read.
func (l *Log) writtenAnew(size int64) (bool, error) {
	if size < l.index.scanned {
		return true, nil
	}
	if size == l.index.scanned {
		return false, nil
	}
	have := make([]byte, len(l.last))
	_, err := l.file.ReadAt(have, l.index.scanned-int64(len(have)))
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("following a log: %w", err)
	}
	return !bytes.Equal(have, l.last), nil
}

// scan reads up to size and remembers where lines begin.
func (l *Log) scan(size int64) error {
	buf := make([]byte, min(logChunk, size-l.index.scanned))
	for l.index.scanned < size {
		n, err := l.file.ReadAt(buf[:min(int64(len(buf)), size-l.index.scanned)], l.index.scanned)
		l.index.take(buf[:n])
		l.last = append(l.last, buf[max(0, n-logMemory):n]...)
		l.last = l.last[max(0, len(l.last)-logMemory):]
		if errors.Is(err, io.EOF) {
			return nil // cut while we looked; the next Poll sees it
		}
		if err != nil {
			return fmt.Errorf("following a log: %w", err)
		}
	}
	return nil
}

func (x *lineIndex) take(p []byte) {
	base := x.scanned
	for at := 0; ; {
		i := bytes.IndexByte(p[at:], '\n')
		if i < 0 {
			break
		}
		if x.lines%markEvery == 0 {
			x.marks = append(x.marks, x.end)
		}
		at += i + 1
		x.lines++
		x.end = base + int64(at)
	}
	x.scanned += int64(len(p))
}

// settle decides how much of an unfinished line is shown, and says whether that changed.
func (l *Log) settle() bool {
	was := l.shown
	if l.shown <= l.index.end {
		l.shown = 0 // that line has got its newline
	}
	if l.index.scanned > l.index.end && l.now().Sub(l.grew) >= logQuiet {
		l.shown = l.index.scanned
	}
	return l.shown != was
}

// Len is how many lines there are; an unfinished one counts when it is shown.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.length()
}

func (l *Log) length() int {
	if l.shown > l.index.end {
		return l.index.lines + 1
	}
	return l.index.lines
}

// Lines reads up to n lines, the first of which is number from. It returns
// fewer where the log ends.
func (l *Log) Lines(from, n int) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	from, n = max(0, from), min(n, l.length()-from)
	if n <= 0 {
		return nil, nil
	}
	got := make([]string, 0, n)
	err := l.each(from, func(_ int, line string) bool {
		got = append(got, line)
		return len(got) < n
	})
	return got, err
}

// each walks the lines from number from on. The caller holds mu.
func (l *Log) each(from int, visit func(number int, line string) bool) error {
	return walk(l.file, l.index, max(l.shown, l.index.end), from, visit)
}

// walk reads lines until visit says no or limit, an offset, is reached.
func walk(file io.ReaderAt, x lineIndex, limit int64, from int, visit func(number int, line string) bool) error {
	number, offset := x.lines, x.end
	if from < x.lines {
		number = from - from%markEvery
		offset = x.marks[from/markEvery]
	}
	r := bufio.NewReaderSize(io.NewSectionReader(file, offset, limit-offset), maxLogLine)
	for ; ; number++ {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading a log: %w", err)
		}
		if number >= from && !visit(number, line) {
			return nil
		}
	}
}

// readLine reads one line and keeps what fits into r's buffer. A carriage
// return means that what follows replaces what came before.
func readLine(r *bufio.Reader) (string, error) {
	p, err := r.ReadSlice('\n')
	if errors.Is(err, io.EOF) && len(p) > 0 {
		err = nil
	}
	full := errors.Is(err, bufio.ErrBufferFull)
	if err != nil && !full {
		return "", err
	}
	p = bytes.TrimRight(p, "\r\n")
	line := string(p[bytes.LastIndexByte(p, '\r')+1:])
	for full {
		_, err = r.ReadSlice('\n')
		full = errors.Is(err, bufio.ErrBufferFull)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return line, nil
}

// Find returns the number of the nearest line from number from on (or, back,
// from there backwards) that match accepts, and -1 when there is none.
func (l *Log) Find(ctx context.Context, from int, back bool, match func(line string) bool) (int, error) {
	l.mu.Lock()
	file, x, limit, length := l.file, l.index, max(l.shown, l.index.end), l.length()
	l.mu.Unlock()
	if length == 0 {
		return -1, nil
	}
	if back {
		return findBack(ctx, file, x, limit, min(from, length-1), match)
	}
	found := -1
	err := walk(file, x, limit, max(0, from), func(number int, line string) bool {
		if match(line) {
			found = number
		}
		return found < 0 && (number%markEvery != 0 || ctx.Err() == nil)
	})
	if err == nil && found < 0 {
		err = ctx.Err()
	}
	return found, err
}

// findBack looks through one stretch of lines after the other, the last one first.
func findBack(ctx context.Context, file io.ReaderAt, x lineIndex, limit int64, from int, match func(string) bool) (int, error) {
	for first := from - from%findStretch; first >= 0; first -= findStretch {
		if err := ctx.Err(); err != nil {
			return -1, err
		}
		found := -1
		err := walk(file, x, limit, first, func(number int, line string) bool {
			if number <= from && match(line) {
				found = number
			}
			return number < min(from, first+findStretch-1)
		})
		if err != nil || found >= 0 {
			return found, err
		}
	}
	return -1, nil
}

// Close frees the file. Poll opens it again.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	l.forget()
	return err
}
