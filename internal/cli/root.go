package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nixfleet-tui/nixcmd"
)

// newRootCmd is the whole command line.
func newRootCmd(p *Program) *cobra.Command {
	src := &sourceFlags{}
	board := &dashboardOptions{Program: p, Source: src}
	root := &cobra.Command{
		Use:   "nixfleet-tui",
		Short: "See a fleet of NixOS machines, and deploy to several at once",
		Long: `nixfleet-tui shows the hosts of a flake and what they run, and deploys to
several of them at once with nixos-rebuild. Started in a flake without a
command it opens the dashboard.`,
		Example: `  nixfleet-tui                              # the dashboard
  nixfleet-tui status                       # one line per host, then the builders
  nixfleet-tui switch --on 'web*,!web3'     # build and activate on some hosts
  nixfleet-tui runs show last               # how the last deployment went`,
		Args:          noCommand,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDashboard(cmd.Context(), board)
		},
	}
	board.register(root)
	src.register(root)
	root.SetFlagErrorFunc(flagError)
	root.SetUsageFunc(p.usage)
	root.SetHelpCommand(&cobra.Command{Hidden: true, Use: "no-help"})
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(commands(p, src)...)
	root.AddCommand(newSupervisorCmd(p), newTaskCmd(p), newActivateCmd(p))
	root.AddCommand(newDoctorCmd(p, src, runDoctor), newDemoCmd(p), newVersionCmd(p), newCompletionCmd(p))
	return root
}

// commands are the ones that act on a fleet: the real one, or the demo's.
func commands(p *Program, src *sourceFlags) []*cobra.Command {
	all := []*cobra.Command{newStatusCmd(p, src, runStatus), newBuildersCmd(p, src, runBuilders), newCertCmd(p, src, runCert), newInstallCmd(p, src, runInstall)}
	for _, a := range []nixcmd.Action{nixcmd.Switch, nixcmd.Boot, nixcmd.Test, nixcmd.Build, nixcmd.DryBuild, nixcmd.DryActivate} {
		all = append(all, newActionCmd(p, src, a, runAction))
	}
	all = append(all, pastCommands(p, src)...)
	return append(all, newRunsCmd(p))
}

// flagError says what is wrong with a flag and where its help is.
func flagError(cmd *cobra.Command, err error) error {
	hint := fmt.Sprintf("`%s --help` shows what it takes.", cmd.CommandPath())
	var (
		told  *Failure
		value *pflag.InvalidValueError
	)
	if errors.As(err, &told) {
		return told
	}
	if errors.As(err, &value) {
		f := value.GetFlag()
		what, _ := pflag.UnquoteUsage(f)
		return usage(hint, "--%s %s makes no sense: %s is wanted", f.Name, value.GetValue(), wanted(f.Value.Type(), what))
	}
	return usage(hint, "%s", err)
}

// wanted is what a flag of a type takes, in words.
func wanted(kind, what string) string {
	switch kind {
	case "int":
		return "a whole number"
	case "intSlice":
		return "a list of whole numbers with commas between them"
	case "duration":
		return "a time such as 30s or 2m"
	case "bool":
		return "true or false"
	}
	return what
}

// selHelp is what --on takes.
const selHelp = `SEL takes names, globs, @tag and !x, joined by commas, and system:aarch64-linux,
state:down, drift:behind, is:reboot, is:builder. `

// runExitHelp are the exit codes of all that makes a run.
const runExitHelp = `Exit code: 0 all well,
1 a host failed, 2 nothing was started, 3 something needs a person, 130 cancelled
or detached.`

// called is a command as it is typed after the program's name.
func called(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// noArgs refuses arguments in our words.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Sprintf("`%s --help` shows what it takes.", cmd.CommandPath()), "`%s` takes no arguments, and was given %q", called(cmd), args[0])
	}
	return nil
}

// noCommand refuses a word that is no command, and names the nearest.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := fmt.Sprintf("`%s --help` lists the commands.", cmd.CommandPath())
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "Did you mean " + strings.Join(near, " or ") + "?"
	}
	return usage(hint, "there is no command %q", args[0])
}

// needArgs takes between least and most arguments, which what names.
func needArgs(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		return usage(fmt.Sprintf("`%s --help` shows how it is used.", cmd.CommandPath()), "`%s` takes %s", called(cmd), what)
	}
}
