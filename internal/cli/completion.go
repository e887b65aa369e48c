package cli

import (
	"strings"

	"github.com/spf13/cobra"
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
