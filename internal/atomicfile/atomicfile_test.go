package atomicfile

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var writers = map[string]func(string, []byte) error{"Write": Write, "WriteDurable": WriteDurable}

func TestWriteReplaces(t *testing.T) {
	for name, write := range writers {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "kept")
			for _, content := range []string{"first and longer", "second", ""} {
				if err := write(path, []byte(content)); err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(path); err != nil || string(got) != content {
					t.Errorf("read %q, %v; written was %q", got, err, content)
				}
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("others may read it: %v, %v", info.Mode(), err)
			}
			alone(t, dir, "kept")
		})
	}
}

// A directory is in the way of a rename, also for root.
func TestAFailedWriteLeavesNothing(t *testing.T) {
	for name, write := range writers {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "kept")
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := write(path, []byte("new")); err == nil || !strings.Contains(err.Error(), "writing "+path) {
				t.Errorf("it says %v", err)
			}
			if err := write(filepath.Join(dir, "none", "kept"), nil); err == nil {
				t.Error("a directory that is not there was written to")
			}
			alone(t, dir, "kept")
		})
	}
}

// Whoever reads meanwhile finds one content or the other.
func TestReadersFindAWholeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept")
	const size = 256 << 10
	letters := []byte("ab")
	if err := Write(path, bytes.Repeat(letters[:1], size)); err != nil {
		t.Fatal(err)
	}
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range 50 {
			if err := Write(path, bytes.Repeat(letters[i%2:][:1], size)); err != nil {
				t.Error(err)
			}
		}
	})
	for range 50 {
		got, err := os.ReadFile(path)
		if err != nil || len(got) != size || bytes.Count(got, got[:1]) != size {
			t.Errorf("read %d bytes that are not all alike: %v", len(got), err)
		}
	}
	writing.Wait()
}

// alone sees that a directory holds one file and nothing beside it.
func alone(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("there are %v, not only %s", entries, name)
	}
}
