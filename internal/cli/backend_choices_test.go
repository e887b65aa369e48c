package cli

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/ui"
)

// elsewhere are the flags that a menu lacks, and why: those of all runs, and more.
func elsewhere(more map[string]string) map[string]string {
	all := map[string]string{
		"on":     "marks choose the hosts",
		"yes":    "the dashboard always asks",
		"plain":  "there is nothing plain about a dashboard",
		"json":   "programs read no dashboards",
		"insist": "`confirm.insist`",
	}
	maps.Copy(all, more)
	return all
}

// TestTheMenusHaveEveryFlag of the commands that do the same, by the table of
// keys, which a test of the dashboard holds to what the menus really have.
func TestTheMenusHaveEveryFlag(t *testing.T) {
	keys, err := os.ReadFile("../../docs/keys.md")
	if err != nil {
		t.Fatal(err)
	}
	p, src := newBench(t).program(), &sourceFlags{}
	for command, c := range map[string]struct {
		menu string
		cmd  *cobra.Command
		more map[string]string
	}{
		"switch":   {"deploy", newActionCmd(p, src, nixcmd.Switch, nil), map[string]string{"without-builders": "`deploy.build-on`"}}, // one of its places is this machine, alone
		"rollback": {"back", newRollbackCmd(p, src, nil), nil},
		"reboot":   {"reboot", newRebootCmd(p, src, nil), nil},
		"collect":  {"back", newCollectCmd(p, src, nil), map[string]string{"delete": "`past.delete`", "dry-run": "the dashboard always shows it first"}},
	} {
		left := elsewhere(c.more)
		c.cmd.Flags().VisitAll(func(f *pflag.Flag) {
			reason, excused := left[f.Name]
			delete(left, f.Name)
			if has := strings.Contains(string(keys), "`"+c.menu+"."+f.Name+"`"); has == excused {
				t.Errorf("%s --%s: the menu has it: %v; excused: %q", command, f.Name, has, reason)
			}
			if strings.HasPrefix(reason, "`") && !strings.Contains(string(keys), reason) {
				t.Errorf("%s --%s is said to be at %s, which there is not", command, f.Name, reason)
			}
		})
		for name := range left {
			t.Errorf("%s --%s is excused, and there is no such flag", command, name)
		}
	}
}

// TestEveryChoiceOfTheMenuCounts: each changes how the run is made.
func TestEveryChoiceOfTheMenuCounts(t *testing.T) {
	made := func(c ui.Choices) string {
		o := actionOptions{Action: nixcmd.Switch}
		if err := o.choose(c); err != nil {
			t.Fatal(err)
		}
		limited := o.limited()
		o.limited = nil
		return fmt.Sprintf("%+v %v", o, limited)
	}
	choices := reflect.TypeFor[ui.Choices]()
	for i := range choices.NumField() {
		name := choices.Field(i).Name
		if name == "Personal" || name == "Diff" {
			continue // the dashboard keeps it; Plan makes a preview of it
		}
		var c ui.Choices
		switch f := reflect.ValueOf(&c).Elem().Field(i); f.Kind() {
		case reflect.Int:
			f.SetInt(77)
		case reflect.Bool:
			f.SetBool(true)
		default:
			f.SetString("--show-trace")
		}
		if made(c) == made(ui.Choices{}) {
			t.Errorf("%s changes nothing", name)
		}
	}
}

func TestChoicesThatMakeNoSenseAreRefused(t *testing.T) {
	for _, c := range []ui.Choices{{Confirm: 2}, {Args: "'"}} {
		o := actionOptions{Action: nixcmd.Switch}
		if err := o.choose(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	o := actionOptions{Action: nixcmd.DryBuild}
	if err := o.choose(ui.Choices{Confirm: 2, Undo: true}); err != nil || o.ConfirmTimeout != 0 || o.RollbackOnFailure {
		t.Errorf("what activates nothing goes back: %+v, %v", o.careOptions, err)
	}
}
