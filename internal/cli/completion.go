package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletionCmd(p *Program) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print the completion script for a shell",
		Long:  "Prints a script that lets the shell complete commands and flags. SHELL is one of: " + strings.Join(shells, ", ") + ".",
		Example: `  source <(nixfleet-tui completion bash)
  nixfleet-tui completion fish > ~/.config/fish/completions/nixfleet-tui.fish`,
		ValidArgs: shells,
		Args:      needArgs(1, 1, "the name of a shell: "+strings.Join(shells, ", ")),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch root := cmd.Root(); args[0] {
			case "bash":
				return root.GenBashCompletionV2(p.IO.Out, true)
			case "zsh":
				return root.GenZshCompletion(p.IO.Out)
			case "fish":
				return root.GenFishCompletion(p.IO.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(p.IO.Out)
			}
			return usage("It is one of: "+strings.Join(shells, ", ")+".", "there is no completion for a shell called %q", args[0])
		},
	}
}

// completeOn has the command offer what its --on takes.
func (p *Program) completeOn(cmd *cobra.Command, src *sourceFlags) {
	if err := cmd.RegisterFlagCompletionFunc("on", p.completeHosts(src)); err != nil {
		panic(err) // there is no flag of that name: a defect of ours
	}
}

// completeHosts offers what --on takes, by what the last start knew: a shell
// that waits for Nix at every tab would be no help.
func (p *Program) completeHosts(src *sourceFlags) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		from, err := p.World.Find(src.Flake, src.File)
		if err != nil {
			return nil, directive
		}
		cache, err := fleet.OpenCache(p.World.CacheDir())
		if err != nil {
			return nil, directive
		}
		inv, ok := fleet.Known(from, cache)
		if !ok {
			return nil, directive
		}
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		var offers []string
		for _, h := range inv.Hosts {
			offers = append(offers, before+h.Name)
			for _, tag := range h.Tags {
				offers = append(offers, before+"@"+tag)
			}
		}
		slices.Sort(offers)
		return slices.Compact(offers), directive
	}
}

// completeRuns offers the IDs of runs, and then the hosts of that run.
func (p *Program) completeRuns(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	views, err := (&rollout.Store{Dir: p.World.StateDir()}).List()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var offers []string
	for _, v := range views {
		switch {
		case len(args) == 0:
			offers = append(offers, v.Plan.ID+"\t"+runWords(v))
		case v.Plan.ID == args[0]:
			for _, t := range v.Tasks {
				offers = append(offers, t.Host)
			}
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}
