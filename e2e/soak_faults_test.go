//go:build lab

package e2e

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// labFault is something that goes wrong while a run goes on.
type labFault struct {
	exact    bool // the verdicts must be as if nothing had happened
	shuts    bool // a host that is looked at in that moment is refused, and rightly
	terminal bool // it takes a viewer on a terminal
	loses    bool // nixos-rebuild cannot write its log
	// strike says whether there was something to hit, and may return what lifts
	// the fault again. viewer is a process number.
	strike func(s *soaked, viewer int) (lift func(), struck bool)
}

// labFaults are all that can go wrong.
func labFaults() map[string]labFault {
	return map[string]labFault{
		"nothing":                       {exact: true, strike: func(*soaked, int) (func(), bool) { return nil, true }},
		"the viewer killed":             {exact: true, strike: func(_ *soaked, viewer int) (func(), bool) { return nil, kill(viewer) }},
		"the supervisor killed":         {exact: true, strike: killing("run-supervisor")},
		"the task parents killed":       {strike: killing("run-task")},
		"all of ours killed":            {strike: killing("run-")},
		"a host's cable out":            {exact: true, shuts: true, strike: (*soaked).pull},
		"a host's connections cut":      {strike: (*soaked).cut},
		"a host's sshd restarted":       {exact: true, shuts: true, strike: atHost("sudo systemctl restart ssh.service")},
		"a host's Nix daemon killed":    {strike: atHost("sudo systemctl kill --signal=KILL nix-daemon.service")},
		"the agent killed":              {exact: true, strike: func(s *soaked, _ int) (func(), bool) { return nil, s.endAgent() }},
		"the disk full":                 {loses: true, strike: (*soaked).fill},
		"the state directory read-only": {loses: true, strike: (*soaked).freeze},
		"the terminals resized":         {exact: true, terminal: true, strike: (*soaked).resize},
		"the viewer's terminal lost":    {exact: true, terminal: true, strike: (*soaked).loseViewer},
		"the dashboard's terminal lost": {exact: true, strike: (*soaked).loseDashboard},
	}
}

func kill(pid int) bool { return syscall.Kill(pid, syscall.SIGKILL) == nil }

// killing kills the run's processes that have the word in their command lines.
func killing(word string) func(*soaked, int) (func(), bool) {
	return func(s *soaked, _ int) (_ func(), struck bool) {
		if s.run.Dir == "" {
			return nil, false
		}
		for _, pid := range processes(s.t, word, "/runs/"+idOf(s.run.Dir)) {
			struck = kill(pid) || struck
		}
		return nil, struck
	}
}

// atHost runs a command on the first host, without its network.
func atHost(line string) func(*soaked, int) (func(), bool) {
	return func(s *soaked, _ int) (func(), bool) {
		out, err := inside(s.t, s.hosts[0], line)
		if err != nil {
			s.t.Errorf("%s: %v: %s", line, err, out)
		}
		return nil, err == nil
	}
}

// pull takes the second host off the network for a moment.
func (s *soaked) pull(int) (func(), bool) { return cutOff(s.t, s.hosts[1]), true }

// cut breaks all connections of the first host, as a router does that forgets them.
func (s *soaked) cut(int) (func(), bool) {
	out, err := exec.Command("ip", "netns", "exec", theLab.prefix+s.hosts[0], "ss", "-HK", "sport", "=", ":22").Output()
	if err != nil {
		s.t.Error(err)
	}
	return nil, len(out) > 0
}

// fill leaves no space where the state is.
func (s *soaked) fill(int) (func(), bool) {
	ballast := file(s.where.dir + "/s/ballast")
	out, err := exec.Command("dd", "if=/dev/zero", "of="+ballast, "bs=4k").CombinedOutput()
	if err == nil {
		s.t.Errorf("the disk does not get full: %s", out)
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			s.t.Error(err)
		}
	}, true
}

// freeze lets nothing be made, renamed or removed where the state is.
func (s *soaked) freeze(int) (func(), bool) {
	var dirs []string
	err := filepath.WalkDir(file(s.where.dir+"/s/nixfleet"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil // what has gone meanwhile is not frozen
	})
	if err != nil {
		s.t.Error(err)
	}
	set := func(flag string) {
		for _, dir := range dirs {
			out, err := exec.Command("chattr", flag, dir).CombinedOutput()
			if _, gone := os.Stat(dir); err != nil && !errors.Is(gone, fs.ErrNotExist) {
				s.t.Errorf("%v: %s", err, out)
			}
		}
	}
	set("+i")
	return func() { set("-i") }, true
}

// resize gives the terminals other sizes, also such in which there is no room.
func (s *soaked) resize(int) (func(), bool) {
	for _, size := range [][2]uint16{{20, 5}, {200, 50}, {2, 2}, {60, 15}, {80, 24}} {
		for _, c := range []*console{s.viewer, s.board} {
			if c == nil {
				continue
			}
			conn, err := c.master.SyscallConn()
			if err != nil {
				s.t.Error(err)
				continue
			}
			// One that was lost has no size any more.
			_ = conn.Control(func(fd uintptr) {
				_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Col: size[0], Row: size[1]})
			})
		}
	}
	return nil, true
}

// loseViewer closes the window in which the run is watched.
func (s *soaked) loseViewer(int) (func(), bool) {
	return nil, s.viewer.master.Close() == nil
}

// loseDashboard closes the window of the dashboard; another is opened for the next round.
func (s *soaked) loseDashboard(int) (func(), bool) {
	if s.board == nil {
		return nil, false
	}
	s.leaveDashboard()
	return nil, true
}
