package rollout

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// launch starts the task parent and returns when nixos-rebuild runs; the
// channel is closed when the task parent has ended, and nil when it has gone
// and the files must tell. A verdict means that nothing could be started.
func (t *task) launch(ctx context.Context) (<-chan struct{}, *Verdict, error) {
	const attempts = 2 // a task parent that is killed before it did anything is replaced once
	var why string
	for range attempts {
		exited, line, err := t.spawnParent(ctx)
		if ctx.Err() != nil { // its parent goes on, and whoever adopts the run finds it
			return nil, nil, ctx.Err()
		}
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
		case "unanswered":
			<-exited
			return nil, t.unanswered(rest), nil
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
func (t *task) spawnParent(ctx context.Context) (<-chan struct{}, string, error) {
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
	passwords, err := t.run.Passwords.pipe([]string{t.host.Name})
	if err != nil {
		return nil, "", errors.Join(err, saying.Close())
	}
	defer passwords.Close()
	machine := alive
	if t.machine != nil {
		machine = t.machine.file
	}
	cmd := exec.Command(program, append(append([]string{}, t.run.Launcher.Task...), t.run.Dir, t.host.Name)...)
	cmd.Args[0] = programName
	cmd.Stdout, cmd.Stderr = t.run.Log, t.run.Log
	cmd.ExtraFiles = []*os.File{machine, alive, saying, passwords}
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
	return exited, t.hearParent(ctx, said), nil
}

// hearParent waits for what the task parent says, "" if it is killed before or
// ctx ends. It may have to ask a person first: who wants to cancel by then has
// its questions refused.
func (t *task) hearParent(ctx context.Context, said *os.File) string {
	line := make(chan string, 1)
	go func() {
		words, err := bufio.NewReader(said).ReadString('\n')
		if err != nil {
			words = ""
		}
		line <- strings.TrimSuffix(words, "\n")
	}()
	tick := time.NewTicker(requestPoll)
	defer tick.Stop()
	var cancel *request
	for {
		select {
		case words := <-line:
			t.cancelLater(cancel, words)
			return words
		case <-ctx.Done():
			said.Close() // which ends the reading
			<-line
			return ""
		case req := <-t.requests:
			cancel = &req
		case <-tick.C:
			if cancel != nil {
				t.run.refuseQuestions(t.host.Name)
			}
		}
	}
}

// cancelLater keeps a request to cancel for whatever comes next: the task has
// begun all the same, or ends for want of an answer.
func (t *task) cancelLater(req *request, words string) {
	if req == nil {
		return
	}
	t.cancelled = strings.HasPrefix(words, "unanswered ")
	if !t.cancelled {
		t.requests <- *req // it has room: this is where it was taken from
	}
}

// unanswered is the verdict on a task whose programs wanted an answer that
// nobody gave.
func (t *task) unanswered(words string) *Verdict {
	if t.cancelled {
		t.answer(true, "cancelled before nixos-rebuild was started")
		return t.verdict(OutcomeCancelled, "cancelled before nixos-rebuild was started; nothing on the host has changed", "")
	}
	reason, hint, _ := strings.Cut(words, "\t")
	return t.verdict(OutcomeFailed, reason, hint)
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
