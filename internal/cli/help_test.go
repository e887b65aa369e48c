package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nixfleet-tui/internal/text"
)

// TestHelpOfFlags: the flags of every command fit a terminal of 80 columns, and
// what each takes has a name of its own, not that of a type.
func TestHelpOfFlags(t *testing.T) {
	b := newBench(t)
	seen := 0
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		if cmd.Hidden {
			return
		}
		_, flags, _ := strings.Cut(cmd.UsageString(), "\nFlags:\n")
		flags, _, _ = strings.Cut(flags, "\nUse ") // cobra's last line
		for line := range strings.Lines(flags) {
			if text.Width(line) > defaultWidth {
				t.Errorf("%s: %d cells: %s", cmd.CommandPath(), text.Width(line), line)
			}
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			seen++
			switch what, _ := pflag.UnquoteUsage(f); what {
			case "string", "int", "ints", "duration", "strings":
				t.Errorf("%s: --%s %s: of what?", cmd.CommandPath(), f.Name, what)
			default:
				if what != "" && strings.ToUpper(what) != what && what != "root@ADDRESS" || f.Value.Type() == "bool" && what != "" {
					t.Errorf("%s: --%s %s", cmd.CommandPath(), f.Name, what)
				}
			}
		})
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(newRootCmd(b.program()))
	if seen < 100 {
		t.Errorf("only %d flags were looked at", seen)
	}
}
