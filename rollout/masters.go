package rollout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/sshutil"
)

// openMaster logs in once for all the ssh processes of the task. Without it
// they log in one by one: slower, but no failure.
func (t *task) openMaster(ctx context.Context) {
	if !t.run.plan.Masters {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, masterWait)
	defer cancel()
	options := t.run.plan.masterOptions()
	// A supervisor before us may have opened one: a second one for the same
	// socket would share nothing, and nobody could end it.
	where, err := (&sshutil.OpenSSH{Program: t.run.SSH, Options: options}).Resolve(ctx, t.host.Name)
	if err != nil || filepath.Dir(where.ControlPath) != t.run.plan.Sockets {
		return
	}
	m := &sshutil.Master{Program: t.run.SSH, Options: options, Host: t.host.Name, Socket: where.ControlPath}
	if err := m.Open(ctx); err == nil {
		t.master = m
	}
}

// closeMasters ends what shared connections an earlier supervisor left.
func (r *run) closeMasters() error {
	entries, err := os.ReadDir(r.plan.Sockets)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if e.Type()&os.ModeSocket == 0 {
			continue
		}
		if cerr := closeSocket(r.SSH, r.plan.Sockets, e.Name()); cerr != nil {
			err = errors.Join(err, cerr)
		}
	}
	if r.adopted && r.plan.Masters {
		err = errors.Join(err, endLogins(r.plan.Sockets))
	}
	return err
}

// closeSocket ends the shared connection behind a control socket.
func closeSocket(ssh, dir, name string) error {
	cmd := exec.Command(ssh, "-F", "none", "-o", "ControlPath="+filepath.Join(dir, name), "-O", "exit", "unused")
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		if err := os.Remove(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			return err // nobody listens: what is left is the name
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("closing a shared connection: %w: %s", err, text.Line(lastLine(string(out))))
	}
	return nil
}

// endLogins ends shared connections that have no socket: of those that were
// logging in when their supervisor was killed, the one that comes second finds
// the socket taken and stays without. Only their command lines, which hold the
// run's own directory, tell them.
func endLogins(sockets string) error {
	out, err := exec.Command("ps", "-A", "-ww", "-o", "pid=", "-o", "args=").Output()
	if err != nil {
		return fmt.Errorf("looking for shared connections that are left: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		number, words, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.Contains(words, " -M ") || !strings.Contains(words, "ControlPath="+sockets+"/") {
			continue
		}
		pid, perr := strconv.Atoi(number)
		if perr == nil {
			perr = syscall.Kill(pid, syscall.SIGTERM)
		}
		if perr != nil && !errors.Is(perr, syscall.ESRCH) {
			err = errors.Join(err, fmt.Errorf("ending a shared connection (process %s): %w", number, perr))
		}
	}
	return err
}
