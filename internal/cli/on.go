package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// onValue is what --on was given. Where that flag may be left out, an empty one
// must not mean the same: it comes from a script whose variable was never set,
// and would stand for all hosts.
type onValue struct{ to *string }

func (v onValue) String() string {
	if v.to == nil { // pflag asks a zero value for its default
		return ""
	}
	return *v.to
}

func (v onValue) Type() string { return "string" }

func (v onValue) Set(given string) error {
	if strings.Trim(given, ", ") == "" {
		return usage("Give some, such as --on web1,@db, or all with --on '*'. A variable in a script may be empty.", "--on names no hosts")
	}
	*v.to = given
	return nil
}

// onFlag gives a command the flag --on, and its completion.
func (p *Program) onFlag(cmd *cobra.Command, src *sourceFlags, to *string, usage string) {
	cmd.Flags().Var(onValue{to}, "on", usage)
	p.completeOn(cmd, src)
}
