package rollout

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// launch starts the task parent and returns when nixos-rebuild runs; the
// channel is closed when the task parent has ended, and nil when it has gone
// and the files must tell. A verdict means that nothing could be started.
func (t *task) launch() (<-chan struct{}, *Verdict, error) {
	const attempts = 2 // a task parent that is killed before it did anything is replaced once
	var why string
	for range attempts {
		exited, line, err := t.spawnParent()
		if err != nil {
			return nil, t.notStarted(err.Error(), ""), nil
		}
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "started":
			return exited, nil, t.sayStarted(rest)
		case "failed":
			<-exited
			return nil, t.notStarted(rest, "`nixfleet-tui doctor` says what this machine lacks."), nil
		}
		<-exited
		if t.launched(isReallyHeld) { // it was killed before it could say so
			t.run.emit(Event{Event: EventTask, Host: t.host.Name, State: TaskStarted})
			return nil, nil, nil
		}
		why = "its parent process ended at once; see supervisor.log in " + t.run.Dir
	}
	return nil, t.notStarted(why, "`nixfleet-tui doctor` says what this machine lacks."), nil
}

func (t *task) notStarted(why, hint string) *Verdict {
	return t.verdict(OutcomeFailed, "nixos-rebuild could not be started: "+why, hint)
}

// sayStarted emits that nixos-rebuild runs; id begins with its process id.
func (t *task) sayStarted(id string) error {
	pid, _, _ := strings.Cut(id, " ")
	n, err := strconv.Atoi(pid)
	if err != nil {
		return err
	}
	t.run.emit(Event{Event: EventTask, Host: t.host.Name, State: TaskStarted, PID: n})
	return nil
}

// spawnParent starts the task parent with the locks that it passes on, and
// returns what it says about nixos-rebuild.
func (t *task) spawnParent() (<-chan struct{}, string, error) {
	program, err := selfProgram(t.run.Store.Dir)
	if err != nil {
		return nil, "", err
	}
	alive, err := lockNow(t.file(".alive"))
	if err != nil {
		return nil, "", err
	}
	// Only the task may hold it on: that it is free says that the task is gone.
	defer alive.Close()
	said, saying, err := os.Pipe()
	if err != nil {
		return nil, "", err
	}
	defer said.Close()
	machine := alive
	if t.machine != nil {
		machine = t.machine.file
	}
	cmd := exec.Command(program, append(append([]string{}, t.run.Launcher.Task...), t.run.Dir, t.host.Name)...)
	cmd.Args[0] = programName
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.ExtraFiles = []*os.File{machine, alive, saying}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	saying.Close()
	if err != nil {
		return nil, "", err
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		cmd.Wait() //nolint:errcheck // how nixos-rebuild ended stands in .exit
	}()
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil && line == "" {
		err = nil // it was killed before it could say anything
	}
	return exited, strings.TrimSuffix(line, "\n"), err
}

// childGroup is the process group of the task's nixos-rebuild, if that still
// is the process which was started.
func (t *task) childGroup() (int, error) {
	data, err := os.ReadFile(t.file(".pid"))
	if err != nil {
		return 0, err
	}
	pid, since, _ := strings.Cut(strings.TrimSpace(string(data)), " ")
	n, err := strconv.Atoi(pid)
	if err != nil {
		return 0, err
	}
	if now, err := processStart(n); err != nil || now != since {
		return 0, errGone
	}
	return n, nil
}

// errGone says that a process has ended.
var errGone = errors.New("it has ended")

// readable says whether a file is there.
func readable(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
