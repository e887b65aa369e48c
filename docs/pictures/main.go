// Command pictures makes the README's pictures: it runs the demo in a tmux of
// its own, plays keys, and writes what the screen shows as SVG.
//
//	go run ./docs/pictures [DIR]
//
// The pictures go into DIR, by default docs/pictures. It needs tmux.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// The screen in cells, and how long a scene may take to come about.
const (
	columns  = 132
	rows     = 36
	patience = 60 * time.Second
)

func main() {
	dir := filepath.Join("docs", "pictures")
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := makePictures(dir); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func makePictures(dir string) (err error) {
	work, err := os.MkdirTemp("", "nf")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	program := filepath.Join(work, "nixfleet-tui")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("building the program: %w\n%s", err, out)
	}
	s := &screen{socket: filepath.Join(work, "tmux")}
	command := fmt.Sprintf("env XDG_STATE_HOME=%[1]s/state XDG_CACHE_HOME=%[1]s/cache %[1]s/nixfleet-tui demo", work)
	if err := s.tmux("-f", "/dev/null", "new-session", "-d", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(rows), command); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.tmux("kill-server")) }()
	scenes := []scene{
		{shows: `10 up.*ill`},
		{shows: `10 up.*ill`, picture: "fleet.svg"},
		{keys: []string{"/", "ankarana,andasibe,masoala,sambirano", "Enter", "C-a", "d"}, shows: `Deploy to 4 hosts`},
		{keys: []string{"s"}, shows: `Switch 4 hosts\?`},
		{after: time.Second, keys: []string{"y"}, shows: `4 sambirano|sambirano .*building`},
		{after: 5 * time.Second, shows: `building`, picture: "run.svg"},
		{shows: `✗ 1 failed.*▲ 1 degraded`},
	}
	for _, scene := range scenes {
		if err := s.play(scene, dir); err != nil {
			return err
		}
	}
	return nil
}

// scene is what to press, what must be seen then, and where to keep it.
type scene struct {
	after   time.Duration // waits so long first
	keys    []string
	shows   string // regular expression
	picture string
}

// screen is a program in a tmux of its own.
type screen struct{ socket string }

func (s *screen) tmux(args ...string) error {
	out, err := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("tmux %s: %w: %s", args[0], err, out)
	}
	return nil
}

func (s *screen) play(c scene, dir string) error {
	time.Sleep(c.after)
	for _, key := range c.keys {
		if err := s.tmux("send-keys", key); err != nil {
			return err
		}
	}
	want := regexp.MustCompile(c.shows)
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		frame, err := exec.Command("tmux", "-S", s.socket, "capture-pane", "-e", "-p").Output()
		if err != nil {
			return fmt.Errorf("reading the screen: %w", err)
		}
		if cells := parse(string(frame)); want.MatchString(plain(cells)) {
			if c.picture == "" {
				return nil
			}
			return os.WriteFile(filepath.Join(dir, c.picture), svg(cells), 0o644)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited in vain for %q on the screen:\n%s", c.shows, frame)
		}
	}
}
