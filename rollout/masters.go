package rollout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"nixfleet-tui/sshutil"
)

// openMaster logs in once for all the ssh processes of the task. Without it
// they log in one by one: slower, but no failure.
func (t *task) openMaster(ctx context.Context, touch bool) error {
	if !t.run.plan.Masters {
		return nil
	}
	m, err := t.run.plan.OpenMaster(ctx, t.run.SSH, t.host.Name, touch)
	if err != nil {
		t.run.strays.Store(true)
		return err
	}
	t.master = m
	return nil
}

// errElsewhere says that the person's own options put control sockets where
// they are not ours to share.
var errElsewhere = errors.New("control sockets are put elsewhere")

// OpenMaster logs in on a host with the options that the plan's ssh processes
// have, or finds the login that somebody before us made, so that they share it.
// Keys that want a touch are used only with touch: somebody was told. ssh may start
// this program to connect for it, which is to answer to sshutil.ConnectName.
func (p *Plan) OpenMaster(ctx context.Context, ssh, host string, touch bool) (*sshutil.Master, error) {
	wait := masterWait
	if touch {
		wait += touchFor
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	m, where, err := p.masterOf(ctx, ssh, host)
	if err != nil {
		return nil, err
	}
	if !touch {
		m.Options = append(where.WithoutTouch(), m.Options...)
	}
	if where.Straight {
		if program, err := ownProgram(p.Sockets, sshutil.ConnectName); err == nil { // else ssh connects by itself, somewhat slower
			m.Connect = program
		}
	}
	if err := m.Open(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// anySockets stands for a run's directory for sockets in what ssh is asked, so
// that its answer is good for all runs.
const anySockets = "/run/nixfleet-sockets"

// masterOf is the shared login of a host, whether or not there is one yet.
func (p *Plan) masterOf(ctx context.Context, ssh, host string) (*sshutil.Master, sshutil.Target, error) {
	resolver := sshutil.OpenSSH{Program: ssh, Options: p.masterOptionsWith(anySockets), CacheDir: p.Answers}
	where, err := resolver.Resolve(ctx, host)
	if err != nil {
		return nil, where, err
	}
	// A second one for the same socket would share nothing, and nobody could end it.
	dir, socket := filepath.Split(where.ControlPath)
	if filepath.Clean(dir) != anySockets {
		return nil, where, errElsewhere
	}
	return p.master(ssh, host, filepath.Join(p.Sockets, socket)), where, nil
}

// master is the login of a host by its control socket.
func (p *Plan) master(ssh, host, socket string) *sshutil.Master {
	return &sshutil.Master{Program: ssh, Options: p.masterOptions(), Host: host, Socket: socket, Env: p.loginEnv(host, os.Environ())}
}

// CloseSockets ends the logins whose sockets lie in dir, and removes it. It is
// for those who made it for a plan that is not started after all.
func CloseSockets(ssh, dir string) error {
	return errors.Join(closeLogins(ssh, dir), os.RemoveAll(dir))
}

// closeLogins ends the logins whose sockets lie, or lay, in dir.
func closeLogins(ssh, dir string) error {
	return errors.Join(closeSockets(ssh, dir), endLogins(dir))
}

func closeSockets(ssh, dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if e.Type()&os.ModeSocket == 0 {
			continue
		}
		err = errors.Join(err, sshutil.EndMaster(ssh, filepath.Join(dir, e.Name())))
	}
	return err
}

// closeMasters ends what shared connections are left: those of an earlier
// supervisor, and those that were being looked for when the run was cancelled.
func (r *run) closeMasters() error {
	if !r.plan.Masters {
		return nil
	}
	if r.strays.Load() {
		return closeLogins(r.SSH, r.plan.Sockets)
	}
	return closeSockets(r.SSH, r.plan.Sockets) // there is nothing to look for among all processes
}

// endLogins ends shared connections that have no socket: of those that were
// logging in when their supervisor was killed, the one that comes second finds
// the socket taken and stays without; and one that answered too late was taken
// for dead. Only their command lines, which hold the run's own directory, tell them.
func endLogins(sockets string) error {
	all, err := commandLines()
	if err != nil {
		return fmt.Errorf("looking for shared connections that are left: %w", err)
	}
	for pid, words := range all {
		if !strings.Contains(words, " -M ") || !strings.Contains(words, "ControlPath="+sockets+"/") {
			continue
		}
		if kerr := syscall.Kill(pid, syscall.SIGTERM); kerr != nil && !errors.Is(kerr, syscall.ESRCH) {
			err = errors.Join(err, fmt.Errorf("ending a shared connection (process %d): %w", pid, kerr))
		}
	}
	return err
}
