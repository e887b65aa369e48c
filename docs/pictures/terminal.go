package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	columns, lines = 132, 32
	lookEvery      = 50 * time.Millisecond
	patience       = time.Minute
)

// terminal is a tmux server of our own with the demo's dashboard in it.
type terminal struct {
	socket  string
	env     []string
	program string
}

// open starts the dashboard; all that it keeps is below dir.
func open(dir, program string) (*terminal, error) {
	t := &terminal{socket: filepath.Join(dir, "tmux"), program: program}
	t.env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+dir+"/state", "XDG_CACHE_HOME="+dir+"/cache",
		"LANG=C.UTF-8", "LC_ALL=", "NO_COLOR=", "CLICOLOR=", "TMUX=", "TZ=UTC")
	_, err := t.tmux("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(lines), program+" demo; exec cat", ";", "set", "-g", "status", "off",
		";", "resize-window", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(lines))
	return t, err
}

func (t *terminal) tmux(args ...string) (string, error) {
	cmd := exec.Command("tmux", append([]string{"-S", t.socket}, args...)...)
	cmd.Env = t.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("tmux %s: %w: %s", args[0], err, out)
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// play goes to a scene and returns its screen with colours, a row a line.
func (t *terminal) play(s scene) (string, error) {
	for _, step := range s.steps {
		if _, err := t.until(step.when); err != nil {
			return "", err
		}
		if step.text != "" {
			if _, err := t.tmux("send-keys", "-l", step.text); err != nil {
				return "", err
			}
		}
		if _, err := t.tmux(append([]string{"send-keys"}, step.keys...)...); err != nil {
			return "", err
		}
	}
	return t.until(s.shows...)
}

// until waits until the screen shows all the patterns, and returns it as it was then.
func (t *terminal) until(patterns ...string) (string, error) {
	all := make([]*regexp.Regexp, len(patterns))
	for i, p := range patterns {
		all[i] = regexp.MustCompile(p)
	}
	deadline := time.Now().Add(patience)
	for {
		coloured, err := t.tmux("capture-pane", "-p", "-e", "-N")
		if err != nil {
			return "", err
		}
		plain, missing := sgr.ReplaceAllString(coloured, ""), ""
		for i, re := range all {
			if !re.MatchString(plain) {
				missing = patterns[i]
			}
		}
		if missing == "" {
			return coloured, nil
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("within %s the screen does not show %s:\n%s", patience, missing, plain)
		}
		time.Sleep(lookEvery)
	}
}

// finish leaves the dashboard when its run has ended, and ends the demo.
func (t *terminal) finish() error {
	if _, err := t.until(`✗ 1 failed  ▲ 1 degraded  ✓ 2 ok`); err != nil {
		return err
	}
	if _, err := t.tmux("send-keys", "q"); err != nil {
		return err
	}
	cmd := exec.Command(t.program, "demo", "runs", "attach", "last") // returns when nothing is left of the run
	cmd.Env = t.env
	if out, err := cmd.CombinedOutput(); err != nil && cmd.ProcessState.ExitCode() != 1 { // the run's own exit code
		return fmt.Errorf("the run: %w: %s", err, out)
	}
	cmd = exec.Command(t.program, "demo", "reset")
	cmd.Env = t.env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("demo reset: %w: %s", err, out)
	}
	return nil
}

func (t *terminal) close() error {
	_, err := t.tmux("kill-server")
	return err
}
