package sshdtest

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// forEver is how long something is waited for that a busy machine may be late
// with, and that would never come by itself if it were missing.
const forEver = time.Minute

// Log collects what is written, and tells those who wait for something in it.
type Log struct {
	mu   sync.Mutex
	b    bytes.Buffer
	more chan struct{} // closed at the next write; may be nil
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return l.b.Write(p)
}

// Await waits until the log holds text.
func (l *Log) Await(t testing.TB, text string) {
	t.Helper()
	l.await(t, text)
}

// await waits until the log holds one of the texts, and says which.
func (l *Log) await(t testing.TB, texts ...string) string {
	t.Helper()
	late := time.After(forEver)
	for {
		l.mu.Lock()
		found := slices.IndexFunc(texts, func(text string) bool { return strings.Contains(l.b.String(), text) })
		if l.more == nil {
			l.more = make(chan struct{})
		}
		more := l.more
		l.mu.Unlock()
		if found >= 0 {
			return texts[found]
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("none of %q in: %s", texts, l.String())
		}
	}
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
