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

// TestBellWithoutRun never rings, and can be closed.
func TestBellWithoutRun(t *testing.T) {
	b := NewBell(filepath.Join(t.TempDir(), "none"))
	if b.Works() {
		t.Error("it listens to nothing")
	}
	b.Close()
}
