package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// asProgram in the environment lets the test binary be the program, also where
// that starts itself again.
const asProgram = "NIXFLEET_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		if dir := os.Getenv(countsVariable); dir != "" {
			go tellCounts(dir)
		}
		os.Exit(run(time.Now()))
	}
	os.Exit(m.Run())
}

// house is where one person's files of ours lie.
type house struct {
	t   *testing.T
	dir string
	env []string
}

// newHouse makes an empty one. Its path is short enough for sockets.
func newHouse(t *testing.T) *house {
	t.Helper()
	dir, err := os.MkdirTemp("", "nfh")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, dir: dir, env: []string{asProgram + "=1", "NIXFLEET_DEMO_SPEED=20", "PATH=" + os.Getenv("PATH"), "TERM=xterm"}}
	for name, part := range map[string]string{"HOME": "home", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache", "XDG_CONFIG_HOME": "config", "XDG_RUNTIME_DIR": "run", "TMPDIR": "tmp"} {
		path := filepath.Join(dir, part)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		h.env = append(h.env, name+"="+path)
	}
	t.Cleanup(func() {
		if out, err := h.command("demo", "reset").CombinedOutput(); err != nil {
			t.Errorf("demo reset: %v\n%s", err, out)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return h
}

// command is a command line of the program, in this house.
func (h *house) command(args ...string) *exec.Cmd {
	h.t.Helper()
	self, err := os.Executable()
	if err != nil {
		h.t.Fatal(err)
	}
	c := exec.Command(self, args...)
	c.Env, c.Dir = h.env, filepath.Join(h.dir, "home")
	return c
}

// open are the paths that others than their owner may do something with, or
// that the owner may not use; and which kinds of files there were.
func (h *house) open() (wrong []string, kinds map[fs.FileMode]int, err error) {
	kinds = map[fs.FileMode]int{}
	err = filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has gone since
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		kinds[info.Mode().Type()]++
		want := fs.FileMode(0o600)
		switch {
		case info.Mode().Type() == fs.ModeSymlink:
			return nil // it has no mode of its own
		case info.IsDir():
			want = 0o700
		}
		if info.Mode().Perm() != want {
			wrong = append(wrong, fmt.Sprintf("%s: %v", strings.TrimPrefix(path, h.dir), info.Mode()))
		}
		return nil
	})
	return wrong, kinds, err
}

// TestEverythingIsPrivate: whatever the umask, no file or directory that the
// program makes lets anybody else in, at any moment of a run.
func TestEverythingIsPrivate(t *testing.T) {
	for _, mask := range []string{"000", "077", "777"} {
		t.Run(mask, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			seen := map[fs.FileMode]int{}
			for _, args := range [][]string{
				{"demo", "status"}, {"demo", "switch", "--on", "ankarana,andasibe", "--yes"}, {"demo", "generations", "--on", "ankarana"},
				{"demo", "collect", "ankarana", "--keep", "3", "--yes"}, {"demo", "rollback", "--on", "ankarana", "--yes"}, {"demo", "exec", "--on", "ankarana", "--", "uptime"},
				{"demo", "diff", "--on", "ankarana"}, {"demo", "runs"}, {"demo", "builders"}, {"demo", "doctor"},
			} {
				plain := h.command(args...)
				masked := exec.Command("/bin/sh", append([]string{"-c", "umask " + mask + `; exec "$0" "$@"`, plain.Path}, args...)...)
				masked.Env, masked.Dir = plain.Env, plain.Dir
				var said bytes.Buffer
				masked.Stdout, masked.Stderr = &said, &said
				if err := masked.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- masked.Wait() }()
				if err := h.watch(ended, seen); err != nil && masked.ProcessState.ExitCode() < 0 {
					t.Errorf("%v: %v\n%s", args, err, &said)
				}
				if strings.Contains(said.String(), "permission denied") {
					t.Errorf("%v: %s", args, &said)
				}
			}
			runs, err := filepath.Glob(filepath.Join(h.dir, "state", "nixfleet", "demo", "runs", "*", "run.json"))
			if err != nil || len(runs) < 2 {
				t.Errorf("there are %d runs, %v", len(runs), err)
			}
			if seen[0] < 20 || seen[fs.ModeDir] < 10 {
				t.Errorf("only these were looked at: %v", seen)
			}
		})
	}
}

// watch looks at all modes until the command has ended, and once more, and
// adds up what kinds of files there were.
func (h *house) watch(ended <-chan error, seen map[fs.FileMode]int) (err error) {
	h.t.Helper()
	for over := false; !over; {
		select {
		case err = <-ended:
			over = true
		default:
		}
		h.inspect(seen)
	}
	return err
}

// inspect looks at all modes once.
func (h *house) inspect(seen map[fs.FileMode]int) {
	h.t.Helper()
	wrong, kinds, err := h.open()
	if err != nil {
		h.t.Fatal(err)
	}
	for kind, n := range kinds {
		seen[kind] = max(seen[kind], n)
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		h.t.Fatalf("not as private as it could be:\n%s", strings.Join(wrong, "\n"))
	}
}
