package rollout

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

// What a killed command has left is swept; what belongs to a living one or to a
// run that goes on is not.
func TestSocketsAreSwept(t *testing.T) {
	w := newTestWorld(t)
	gone := fmt.Sprintf("%d %s\n", os.Getpid(), "another time") // the number is used again
	dirs := map[string]string{}
	for _, name := range []string{"mine", "left", "of a run", "of another store"} {
		dir, err := w.store.MakeSockets()
		if err != nil {
			t.Fatal(err)
		}
		dirs[name] = dir
	}
	for _, name := range []string{"left", "of a run"} {
		w.rewrite(socketsMaker(dirs[name]), gone+w.store.Dir+"\n")
	}
	w.rewrite(socketsMaker(dirs["of another store"]), gone+"/elsewhere\n")
	wait, open := w.gate("g")
	w.host("h1", "m1", wait+"; "+wellStory)
	p := w.plan(nixcmd.Switch, "h1")
	p.Sockets = dirs["of a run"]
	f := w.start(p)
	f.started("h1")
	if _, err := w.store.Adopt(t.Context(), testLauncher()); err != nil {
		t.Fatal(err)
	}
	for name, dir := range dirs {
		if _, err := os.Stat(dir); os.IsNotExist(err) != (name == "left") {
			t.Errorf("the directory that is %s: %v", name, err)
		}
	}
	open()
	f.end()
}

// Who makes a directory sweeps as well, since nobody may ever list runs.
func TestMakingSocketsSweeps(t *testing.T) {
	w := newTestWorld(t)
	left, err := w.store.MakeSockets()
	if err != nil {
		t.Fatal(err)
	}
	w.rewrite(socketsMaker(left), fmt.Sprintf("%d another time\n%s\n", os.Getpid(), w.store.Dir))
	mine, err := w.store.MakeSockets()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("what a killed command has left is there: %v", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

func (w *testWorld) rewrite(path, content string) {
	w.t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func TestSocketsHaveShortPaths(t *testing.T) {
	long := filepath.Join(t.TempDir(), strings.Repeat("x", maxSocketsDir))
	s, err := OpenStore(long)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := s.MakeSockets()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if len(dir) > maxSocketsDir {
		t.Errorf("%s has %d bytes", dir, len(dir))
	}
	words, err := os.ReadFile(socketsMaker(dir))
	if err != nil || !lives(strings.SplitN(string(words), "\n", 2)[0]) {
		t.Errorf("its maker is %q, %v", words, err)
	}
}
