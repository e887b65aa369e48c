package cli

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/ui"
)

// elsewhere are the flags of `switch` that the deploy menu lacks, and why.
func elsewhere() map[string]string {
	return map[string]string{
		"on":               "marks choose the hosts",
		"yes":              "the dashboard always asks",
		"plain":            "there is nothing plain about a dashboard",
		"json":             "programs read no dashboards",
		"insist":           "`confirm.insist`",
		"without-builders": "`deploy.build-on`", // one of its places is this machine, alone
	}
}

// TestTheDeployMenuHasEveryFlag of `switch`, by the table of keys, which a test
// of the dashboard holds to what the menu really has.
func TestTheDeployMenuHasEveryFlag(t *testing.T) {
	keys, err := os.ReadFile("../../docs/keys.md")
	if err != nil {
		t.Fatal(err)
	}
	left := elsewhere()
	cmd := newActionCmd(newBench(t).program(), &sourceFlags{}, nixcmd.Switch, nil)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		reason, excused := left[f.Name]
		delete(left, f.Name)
		if has := strings.Contains(string(keys), "`deploy."+f.Name+"`"); has == excused {
			t.Errorf("--%s: the menu has it: %v; excused: %q", f.Name, has, reason)
		}
		if strings.HasPrefix(reason, "`") && !strings.Contains(string(keys), reason) {
			t.Errorf("--%s is said to be at %s, which there is not", f.Name, reason)
		}
	})
	for name := range left {
		t.Errorf("--%s is excused, and there is no such flag", name)
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
