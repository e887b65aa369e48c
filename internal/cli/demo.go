package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/demo"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

const demoCommand = "demo"

// demoWorld is the embedded fleet: what Nix would answer, nixos-rebuild and the
// hosts are stand-ins, and everything else is as in the real one.
type demoWorld struct {
	env    Env
	client *demo.Client // nil until the first connection
}

func (w *demoWorld) Find(flake, file string) (fleet.Source, error) {
	if flake != "" || file != "" {
		return fleet.Source{}, usage("Leave out --flake and --fleet, or leave out demo.", "the demo has a fleet of its own")
	}
	return fleet.Source{Flake: demoCommand, File: "fleet.nix of the demo"}, nil
}

func (w *demoWorld) Nix(bool) (fleet.Evaluator, error) {
	return demo.NewEvaluator(w.env.Getenv(demo.HostsVariable))
}

func (w *demoWorld) NeedSSH() error { return nil }

// Dialer resolves names by the demo itself, which must be up for that.
func (w *demoWorld) Dialer(ctx context.Context, _ []string) (*sshutil.Dialer, error) {
	if w.client == nil {
		self, err := w.self(demo.ServeCommand)
		if err != nil {
			return nil, err
		}
		if w.client, err = demo.Connect(ctx, w.StateDir(), self); err != nil {
			return nil, err
		}
	}
	return &sshutil.Dialer{Resolver: w.client, Home: w.env.Home}, nil
}

// Login needs an OpenSSH client; the demo knows where its hosts are.
func (w *demoWorld) Login(_, host string) ([]string, error) {
	program, err := exec.LookPath("ssh")
	if err != nil {
		return nil, missingProgram("ssh")
	}
	if w.client == nil {
		return nil, &Failure{Message: "the demo's hosts are not up yet", Hint: "Try again in a moment."}
	}
	return loginWords(program, nil, w.client.SSHConfig(), host), nil
}

func (w *demoWorld) Personal() (includes, options []string, err error) { return nil, nil, nil }

func (w *demoWorld) Rebuild(context.Context) ([]string, nixcmd.Dialect, error) {
	words, err := w.self(demo.RebuildCommand, w.StateDir())
	return words, nixcmd.Dialect{Kind: nixcmd.KindNG, Sudo: true, NoReexec: true, StorePath: true}, err
}

// self is a command line that starts this program again.
func (w *demoWorld) self(words ...string) ([]string, error) {
	program, err := demo.Program()
	return append([]string{program, demoCommand}, words...), err
}

func (w *demoWorld) Here() sshutil.Runner { return nil }

func (w *demoWorld) ThisMachine() string { return "" }

func (w *demoWorld) Machines() fleet.Machines { return fleet.Machines{} }

func (w *demoWorld) NewHost() (host, target string) {
	return demo.NewHost, "root@" + demo.InstallerAddress
}

// Tools has a stand-in for nix; the others are not to be used.
func (w *demoWorld) Tools() tools {
	words, err := w.self(demo.NixCommand, w.StateDir())
	if err != nil {
		return tools{} // what needs it says that it cannot be started
	}
	return tools{nix: words}
}

func (w *demoWorld) Launcher() rollout.Launcher {
	return rollout.Launcher{Supervisor: []string{demoCommand, supervisorCommand}, Task: []string{demoCommand, taskCommand}, Activate: []string{demoCommand, activateCommand}}
}

func (w *demoWorld) Self() string { return "nixfleet-tui demo" }

func (w *demoWorld) StateDir() string { return filepath.Join(stateDir(w.env.Getenv), demoCommand) }

func (w *demoWorld) CacheDir() string { return filepath.Join(cacheDir(w.env.Getenv), demoCommand) }

func (w *demoWorld) Close() error {
	if w.client == nil {
		return nil
	}
	return w.client.Close()
}

// newDemoCmd is `demo`: the dashboard, or any command, against the embedded fleet.
func newDemoCmd(p *Program) *cobra.Command {
	d := *p
	d.World = p.Demo
	src := &sourceFlags{}
	board := &dashboardOptions{Program: &d, Source: src}
	cmd := &cobra.Command{
		Use:   demoCommand,
		Short: "Try everything on a fleet that lives in this program",
		Long: `The dashboard, or any command after it, against a dozen hosts that live in this
program: no Nix, no hosts and no configuration are needed, and nothing of yours
is touched. What happens there is remembered until ` + "`demo reset`" + `.`,
		Example: `  nixfleet-tui demo
  nixfleet-tui demo status
  nixfleet-tui demo switch --on @web --yes
  nixfleet-tui demo reset`,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDashboard(cmd.Context(), board)
		},
	}
	board.register(cmd)
	src.register(cmd) // its own, over the root's: what is given here is heard
	for _, name := range []string{"flake", "fleet"} {
		cmd.PersistentFlags().Lookup(name).Hidden = true
	}
	cmd.AddCommand(commands(&d, src)...)
	cmd.AddCommand(newDemoResetCmd(&d), newSupervisorCmd(&d), newTaskCmd(&d), newActivateCmd(&d), newDemoServeCmd(&d),
		newDemoChildCmd(&d, demo.RebuildCommand, demo.Rebuild), newDemoChildCmd(&d, demo.NixCommand, demo.Nix))
	return cmd
}

func newDemoResetCmd(p *Program) *cobra.Command {
	return &cobra.Command{
		Use:     "reset",
		Short:   "Forget what happened in the demo",
		Example: "  nixfleet-tui demo reset",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := nothingGoesOn(cmd.Context(), p.World); err != nil {
				return err
			}
			if err := demo.Reset(cmd.Context(), p.World.StateDir()); err != nil {
				return err
			}
			if err := os.RemoveAll(p.World.CacheDir()); err != nil {
				return err
			}
			fmt.Fprintln(p.IO.Out, "The demo is as new.")
			return nil
		},
	}
}

// nothingGoesOn refuses to pull the ground from under a run, and lets the
// supervisor of one that has just ended say its last words.
func nothingGoesOn(ctx context.Context, w World) error {
	store := &rollout.Store{Dir: w.StateDir()}
	runs, err := store.List()
	if err != nil {
		return err
	}
	for _, v := range runs {
		if v.Alive {
			return usage(fmt.Sprintf("Wait for it with `%[1]s runs attach %[2]s`, or end it with `%[1]s runs cancel %[2]s`.", w.Self(), v.Plan.ID), "a run goes on: %s", v.Plan.ID)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, cancelWait)
	defer cancel()
	if err := store.AwaitLastWords(ctx); err != nil {
		return &Failure{Message: "a run that is over still has a supervisor: " + err.Error(), Hint: "Try again in a moment.", Err: err}
	}
	return nil
}

// newDemoServeCmd is the process in which the demo's hosts live.
func newDemoServeCmd(p *Program) *cobra.Command {
	return &cobra.Command{
		Use:    demo.ServeCommand + " DIR",
		Hidden: true,
		Args:   needArgs(1, 1, "a directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM)
			defer stop()
			return demo.Serve(ctx, args[0], os.Environ(), func(err error) {
				fmt.Fprintln(p.IO.Err, text.Line(err.Error()))
			})
		},
	}
}

// newDemoChildCmd is a program of the demo that others start: its nixos-rebuild
// or its nix. It parses its own arguments.
func newDemoChildCmd(p *Program, name string, run func(context.Context, demo.Call) int) *cobra.Command {
	return &cobra.Command{
		Use:                name + " DIR ARGUMENTS",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("It is for the demo's own use.", "%s takes a directory", cmd.CommandPath())
			}
			w := &demoWorld{env: p.Env}
			self, err := w.self(demo.ServeCommand)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
			defer stop()
			call := demo.Call{Dir: args[0], Self: self, Args: args[1:], Environ: os.Environ(), Stdout: p.IO.Out, Stderr: p.IO.Err}
			if code := run(ctx, call); code != ExitOK {
				return exit(code)
			}
			return nil
		},
	}
}
