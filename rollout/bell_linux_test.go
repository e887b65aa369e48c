package rollout

import (
	"os"
	"path/filepath"
	"testing"
)

// TestBell rings for a file that is made, and for one that grows.
func TestBell(t *testing.T) {
	dir := t.TempDir()
	b := NewBell(dir)
	defer b.Close()
	if !b.Works() {
		t.Fatal("the kernel tells of nothing")
	}
	f, err := os.Create(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	<-b.C()
	if _, err := f.WriteString("{}\n"); err != nil {
		t.Fatal(err)
	}
	<-b.C()
}

// TestBellHush has it ring no more, whatever is written, and still be closed.
func TestBellHush(t *testing.T) {
	log := filepath.Join(t.TempDir(), "h1.log")
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b, other := NewBell(log), NewBell(log)
	defer other.Close()
	rings := b.C()
	b.Hush()
	b.Hush()
	if b.Works() || b.C() != nil {
		t.Error("who listens is not told that it rings no more")
	}
	<-rings // the kernel says that it forgets
	if err := os.WriteFile(log, []byte("line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	<-other.C()
	b.Close()
	if len(rings) > 0 {
		t.Error("it rang after it was hushed")
	}
}

// TestBellWithoutRun never rings, and can be closed.
func TestBellWithoutRun(t *testing.T) {
	b := NewBell(filepath.Join(t.TempDir(), "none"))
	if b.Works() {
		t.Error("it listens to nothing")
	}
	b.Close()
}
