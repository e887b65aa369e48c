// Command pictures makes the pictures of the README: it plays the demo in tmux,
// presses keys as a person would, and draws what stands on the screen as SVG,
// with text as text.
//
//	go run ./docs/pictures [DIR]
//
// The pictures go into DIR, by default docs/pictures. It needs tmux and half a
// minute. There are clocks and ages on the screen, so no two pictures are the
// same: they are made anew when the dashboard looks different.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	to := filepath.Join("docs", "pictures")
	if len(os.Args) > 1 {
		to = os.Args[1]
	}
	if err := run(to); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

// run builds the program, plays the demo once, and writes a picture of each scene.
func run(to string) (err error) {
	dir, err := os.MkdirTemp("", "nixfleet-pictures-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program := filepath.Join(dir, "nixfleet-tui")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("building the program: %w\n%s", err, out)
	}
	t, err := open(dir, program)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	for _, s := range scenes() {
		shown, err := t.play(s)
		if err != nil {
			return fmt.Errorf("the picture %s: %w", s.name, err)
		}
		if err := os.WriteFile(filepath.Join(to, s.name+".svg"), []byte(draw(shown, s.about)), 0o644); err != nil {
			return err
		}
	}
	return t.finish()
}

// scene is a picture: what is pressed on the way to it, and the patterns that the
// screen must show, all at once, when it is taken.
type scene struct {
	name  string
	about string // for who cannot see it
	steps []step
	shows []string
}

// step waits for a pattern, then types a text and presses keys by tmux's names.
type step struct {
	when string
	text string
	keys []string
}

// scenes follow each other in one life of the demo.
func scenes() []scene {
	return []scene{
		{
			name:  "fleet",
			about: "The Fleet view: every host with its state, drift and generation, four of them marked; the builders below, one of them ill; beside it all that is known of the host under the cursor",
			steps: []step{
				{when: `New here`, keys: []string{"Escape"}},
				{when: `● 10 up`, text: "/andasibe,ankarana,masoala,tsingy", keys: []string{"Enter", "C-a", "Escape"}},
				{when: `4 marked`, text: "/ayeaye", keys: []string{"Enter", "Escape"}},
			},
			shows: []string{`12 hosts, 4 marked`, `▸  ayeaye`, `masoala +● up +↓ behind`, `tsingy +● up +↓ behind`, `(?m)builder ill *$`},
		},
		{
			name:  "run",
			about: "The Run view: four panes with the live logs of four deployments, one of which has failed",
			steps: []step{
				{when: `▸  ayeaye`, keys: []string{"d"}},
				{when: `Deploy to 4 hosts`, keys: []string{"s"}},
				{when: `▸ n cancel`, keys: []string{"y"}},
			},
			shows: []string{`masoala  ✗ failed`, `andasibe  ◐ building ━`, `tsingy  ◐ building ━`, `ankarana  \S (building|activating)`},
		},
	}
}
