package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"

	"github.com/spf13/cobra"

	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// activateCommand starts the second engine, as the task parent does.
const activateCommand = "run-activate"

// newActivateCmd is the second engine for one host of a run.
func newActivateCmd(p *Program) *cobra.Command {
	return &cobra.Command{
		Use:    activateCommand + " DIR HOST",
		Hidden: true,
		Args:   needArgs(2, 2, "a run directory and a host"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
			defer stop()
			remote, done, err := p.remote(ctx, args[0])
			if err != nil {
				return err
			}
			code := rollout.RunActivation(ctx, args[0], args[1], remote, rollout.Streams{In: p.IO.In, Out: p.IO.Out, Err: p.IO.Err})
			if err := done(); err != nil {
				return err
			}
			if code != ExitOK {
				return exit(code)
			}
			return nil
		},
	}
}

// remote runs commands on hosts as nixos-rebuild does, through the ssh program
// and the run's own configuration; in a world without one, over a connection of
// ours, which done closes.
func (p *Program) remote(ctx context.Context, dir string) (remote rollout.Remote, done func() error, err error) {
	plan, err := rollout.ReadPlan(dir)
	if err != nil {
		return nil, nil, err
	}
	if ssh := p.World.Tools().ssh; ssh != "" {
		return sshRemote(ssh, plan.SSHOptions(), p.IO.Err), func() error { return nil }, nil
	}
	connector, err := p.connect(ctx, dir, &plan)
	if err != nil {
		return nil, nil, err
	}
	return linkRemote(connector, p.IO.Err), connector.Close, nil
}

// sshRemote starts ssh, whose output goes where the task's log is.
func sshRemote(ssh string, options []string, log io.Writer) rollout.Remote {
	return func(ctx context.Context, c rollout.RemoteCommand) (int, error) {
		cmd := exec.CommandContext(ctx, ssh, append(append([]string{}, options...), c.Host, "--", c.Line)...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(c.Password.Line()), log, log
		if c.Stdout != nil {
			cmd.Stdout = c.Stdout
		}
		err := cmd.Run()
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) {
			return 0, err
		}
		if code := cmd.ProcessState.ExitCode(); code >= 0 {
			return code, nil
		}
		return 0, err // a signal ended it
	}
}

// linkRemote speaks over connections of our own.
func linkRemote(hosts rollout.Connector, log io.Writer) rollout.Remote {
	return func(ctx context.Context, c rollout.RemoteCommand) (int, error) {
		link, err := hosts.Runner(ctx, c.Host)
		if err != nil {
			return 0, err
		}
		result, err := link.Run(ctx, sshutil.Command{Line: c.Line, Stdin: c.Password.Line()})
		if err != nil {
			return 0, err
		}
		out := log
		if c.Stdout != nil {
			out = c.Stdout
		}
		_, werr := log.Write(result.Stderr)
		_, oerr := out.Write(result.Stdout)
		return result.ExitCode, errors.Join(werr, oerr)
	}
}
