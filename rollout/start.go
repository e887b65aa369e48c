package rollout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// Launcher starts this program again, as a supervisor or task parent.
type Launcher struct {
	Supervisor []string // words after the program's name, such as {"run-supervisor"}; DIR follows
	Task       []string // likewise, such as {"run-task"}; DIR and HOST follow
	Activate   []string // likewise, such as {"run-activate"}: the second engine
}

// NewID makes the ID of a run: when, what, and four random digits.
func NewID(action string, at time.Time) string {
	return at.UTC().Format("20060102T150405Z") + "-" + action + "-" + randomHex(4)
}

// Start makes the run directory for plan and starts its supervisor, which
// lives on when the caller ends. The run's lock passes on to it without a gap,
// and so do the passwords of sudo, if there are any; here they stay the
// caller's to wipe. Nothing is left behind when an error is returned.
func (s *Store) Start(plan Plan, l Launcher, passwords Passwords) (dir string, err error) {
	d := runDir(filepath.Join(s.runs(), plan.ID))
	if err := os.Mkdir(string(d), 0o700); err != nil {
		return "", fmt.Errorf("making the run directory: %w", err)
	}
	made := ""
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(string(d)), os.RemoveAll(made))
		}
	}()
	lock, err := tryLock(d.lock())
	if err != nil {
		return "", err
	}
	defer lock.Close()
	for _, sub := range []string{d.host("", ""), d.requests()} {
		if err := os.MkdirAll(filepath.Clean(sub), 0o700); err != nil {
			return "", fmt.Errorf("making the run directory: %w", err)
		}
	}
	if plan.Sockets == "" {
		if made, err = s.MakeSockets(); err != nil {
			return "", err
		}
		plan.Sockets = made
	}
	if err := os.WriteFile(d.sshConfig(), plan.SSHConfig, 0o600); err != nil {
		return "", fmt.Errorf("making the run directory: %w", err)
	}
	if err := relink(d.sshConfig(), plan.SSHConfigLink()); err != nil {
		return "", fmt.Errorf("making the run directory: %w", err)
	}
	plan.Engine = l.Activate
	if err := writeJSON(d.plan(), plan); err != nil {
		return "", err
	}
	return string(d), s.spawnSupervisor(d, lock, l, passwords)
}

// spawnSupervisor starts a supervisor that inherits the lock, in a session of its own.
func (s *Store) spawnSupervisor(d runDir, lock *os.File, l Launcher, passwords Passwords) error {
	program, err := selfProgram(s.Dir)
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	if err := keepToOurselves(); err != nil {
		return fmt.Errorf("keeping open files from the supervisor: %w", err)
	}
	out, err := os.OpenFile(d.supervisor(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd := exec.Command(program, append(append([]string{}, l.Supervisor...), string(d))...)
	cmd.Args[0] = programName
	cmd.Dir = string(d)
	cmd.Stdout, cmd.Stderr = out, out
	pipe, err := passwords.pipe(slices.Collect(maps.Keys(passwords)))
	if err != nil {
		return err
	}
	defer pipe.Close()
	cmd.ExtraFiles = []*os.File{lock, pipe} // descriptors 3 and 4
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the supervisor: %w", err)
	}
	// It outlives us as a rule; while we live, somebody has to reap it.
	go cmd.Wait() //nolint:errcheck // how it ended stands in the run directory
	return nil
}

const programName = "nixfleet-tui"

// Adopt starts a supervisor for each run that has lost its own, and returns
// the directories of those runs.
func (s *Store) Adopt(ctx context.Context, l Launcher) ([]string, error) {
	return s.AdoptIf(ctx, l, func(string) bool { return true })
}

// AdoptIf is Adopt for the lost runs of which due says that they are to get a
// supervisor now. It is asked of those alone.
func (s *Store) AdoptIf(ctx context.Context, l Launcher, due func(dir string) bool) ([]string, error) {
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	var adopted []string
	for _, id := range ids {
		if ctx.Err() != nil {
			return adopted, ctx.Err()
		}
		d := runDir(filepath.Join(s.runs(), id))
		took, err := s.adoptRun(d, l, due)
		if err != nil {
			return adopted, fmt.Errorf("adopting the run %s: %w", id, err)
		}
		if took {
			adopted = append(adopted, string(d))
		}
	}
	return adopted, s.sweepSockets()
}

func (s *Store) adoptRun(d runDir, l Launcher, due func(dir string) bool) (bool, error) {
	if info, err := os.Stat(d.summary()); err == nil {
		return s.resolveRun(d, info, l)
	}
	if _, err := d.readPlan(); err != nil {
		return false, nil // nothing can be done about it; List shows it as broken
	}
	lock, err := tryLock(d.lock())
	if err != nil {
		return false, ignoreHeld(err)
	}
	defer lock.Close()
	if _, err := os.Stat(d.summary()); err == nil {
		return false, nil // it ended while we looked
	}
	if !due(string(d)) {
		return false, nil
	}
	return true, s.spawnSupervisor(d, lock, l, nil)
}

// resolveRun starts a supervisor for a run that is over, but of which it is
// not known how some task ended: its host may answer now.
func (s *Store) resolveRun(d runDir, ended os.FileInfo, l Launcher) (bool, error) {
	tried := filepath.Join(string(d), "resolved")
	if time.Since(ended.ModTime()) > resolveFor {
		return false, nil
	}
	if info, err := os.Stat(tried); err == nil && time.Since(info.ModTime()) < resolveEvery {
		return false, nil
	}
	var sum summary
	if err := readJSON(d.summary(), &sum); err != nil {
		return false, nil // List shows it as it is
	}
	unknown := false
	for _, v := range sum.Hosts {
		unknown = unknown || v.Outcome == OutcomeUnknown
	}
	if !unknown {
		return false, nil
	}
	lock, err := tryLock(d.lock())
	if err != nil {
		return false, ignoreHeld(err)
	}
	defer lock.Close()
	if err := os.WriteFile(tried, nil, 0o600); err != nil {
		return false, err
	}
	return true, s.spawnSupervisor(d, lock, l, nil)
}
