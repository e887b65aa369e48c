package sshdtest

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

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
	late := time.After(10 * time.Second)
	for {
		l.mu.Lock()
		found := strings.Contains(l.b.String(), text)
		if l.more == nil {
			l.more = make(chan struct{})
		}
		more := l.more
		l.mu.Unlock()
		if found {
			return
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("no %q in: %s", text, l.String())
		}
	}
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
