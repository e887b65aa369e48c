package cli

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// The words with which this program starts itself again.
const (
	supervisorCommand = "run-supervisor"
	taskCommand       = "run-task"
)

// newSupervisorCmd is the supervisor of one run. Whoever starts it hands it
// the run's lock.
func newSupervisorCmd(p *Program) *cobra.Command {
	return &cobra.Command{
		Use:    supervisorCommand + " DIR",
		Hidden: true,
		Args:   needArgs(1, 1, "a run directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.supervise(cmd.Context(), args[0])
		},
	}
}

func (p *Program) supervise(ctx context.Context, dir string) error {
	// Ended politely, it lets go of the run as if it had been killed: its tasks
	// go on, and the next command adopts it.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	store, err := rollout.OpenStore(p.World.StateDir())
	if err != nil {
		return err
	}
	now, err := p.World.Nix(false)
	if err != nil {
		return err
	}
	low, err := p.World.Nix(true)
	if err != nil {
		return err
	}
	passwords, err := inheritedPasswords()
	if err != nil {
		return err
	}
	s := rollout.Supervisor{
		Passwords: passwords,
		Store:     store,
		Dir:       dir,
		Lock:      rollout.InheritedLock(),
		Log:       os.Stderr, // which its children inherit, so no writer will do
		Launcher:  p.World.Launcher(),
		Now:       p.Env.Now,
		SSH:       p.World.Tools().ssh,
		NixStore:  p.World.Tools().nixStore,

		Processors: runtime.NumCPU(),

		Connect: func(plan *rollout.Plan) (rollout.Connector, error) { return p.connect(ctx, dir, plan) },
		Fingerprint: func(ctx context.Context, ref string) (string, error) {
			m, err := now.Metadata(ctx, ref)
			return m.Fingerprint, err
		},
		Wanted: func(ctx context.Context, ref, host string) (string, error) {
			f, err := low.Facts(ctx, ref, host)
			return f.Wanted, err
		},
	}
	return s.Run(ctx)
}

// inheritedPasswords takes over what the command that started this supervisor
// was told. Memory with passwords is guarded.
func inheritedPasswords() (rollout.Passwords, error) {
	passwords, err := rollout.InheritedPasswords()
	if err != nil || len(passwords) == 0 {
		return nil, err
	}
	return passwords, sshutil.GuardMemory()
}

// CalledBySSH does what ssh wants if it was ssh that started the program, under
// another name: an answer to a question, or a connection.
func CalledBySSH(args []string) (code int, called bool) {
	switch {
	case len(args) == 0:
		return 0, false
	case sshutil.IsAskpass(args[0]):
		return sshutil.Askpass(args[1:], os.Getenv, os.Stdout), true
	case sshutil.IsConnect(args[0]):
		return sshutil.Connect(args[1:], os.Stdout, os.Stderr), true
	}
	return 0, false
}

// connect makes a run's own connections, by the run's own ssh configuration:
// the file itself, since a supervisor may come back to a run that has ended.
func (p *Program) connect(ctx context.Context, dir string, plan *rollout.Plan) (rollout.Connector, error) {
	options := append(slices.Clone(plan.SSHOpts), "-F", rollout.SSHConfigPath(dir), "-o", "BatchMode=yes")
	dialer, err := p.World.Dialer(ctx, options)
	if err != nil {
		return nil, err
	}
	return &poolConnector{sshutil.NewPool(dialer)}, nil
}

// poolConnector lends out the connections of a pool.
type poolConnector struct{ pool *sshutil.Pool }

func (c *poolConnector) Runner(ctx context.Context, host string) (sshutil.Runner, error) {
	client, err := c.pool.Client(ctx, host)
	if err != nil {
		return nil, err // not a nil *Client in an interface
	}
	return client, nil
}

func (c *poolConnector) Drop(host string) { c.pool.Drop(host) }

func (c *poolConnector) Close() error { return c.pool.Close() }

// newTaskCmd is the task parent of one host.
func newTaskCmd(*Program) *cobra.Command {
	return &cobra.Command{
		Use:    taskCommand + " DIR HOST",
		Hidden: true,
		Args:   needArgs(2, 2, "a run directory and a host"),
		RunE: func(_ *cobra.Command, args []string) error {
			return rollout.RunTask(args[0], args[1], os.Environ())
		},
	}
}
