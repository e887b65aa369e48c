package rollout

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

// careWorld is a world whose hosts can be put back: root's programs move the
// links of a folder, and the old system notes that it was activated again.
func careWorld(t *testing.T, story string) (*testWorld, string) {
	t.Helper()
	w := newTestWorld(t)
	w.host("h1", "m1", story)
	old := "/nix/store/" + strings.Repeat("0", 32) + "-nixos-system-h1-1"
	w.write("h1"+old+"/bin/switch-to-configuration", `#!/bin/sh
echo "activating the configuration..." >&2; echo "$1" >>"$NF_ROOT/activated"; ln -sfn "$NF_ROOT`+old+`" "$NF_ROOT/run/current-system"
`, 0o755)
	w.write("bin/sudo", "#!/bin/sh\n[ \"$1\" = -n ] && shift\n[ ! -e \"$NF_ROOT/no-sudo\" ] || exit 1\nexec \"$@\"\n", 0o755)
	w.write("bin/nix-env", "#!/bin/sh\n[ \"$3\" = --switch-generation ] && ln -sfn \"system-$4-link\" \"$2\"\n", 0o755)
	w.write("bin/systemctl", "#!/bin/sh\ncase $1 in list-units) cat \"$NF_ROOT/failed\" 2>/dev/null ;; *) echo running ;; esac\n", 0o755)
	t.Setenv("PATH", filepath.Join(w.hosts, "bin")+":"+os.Getenv("PATH"))
	return w, old
}

func (w *testWorld) activations() string {
	data, err := os.ReadFile(filepath.Join(w.hosts, "h1/activated"))
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(data)), " ")
}

// What a failing health check leaves is undone, whatever had been done.
func TestHealthCheckUndoesItsHost(t *testing.T) {
	const same = "echo \"Done. The new configuration is\" >&2; echo /nix/store/00000000000000000000000000000000-nixos-system-h1-1"
	for _, c := range []struct {
		name, story string
		action      nixcmd.Action
		undoneBy    string
	}{
		{"switch", wellStory, nixcmd.Switch, "switch"},
		{"test", "mkdir -p $root$new; activate; finish", nixcmd.Test, "test"},
		{"nothing to do", same, nixcmd.Switch, "switch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, old := careWorld(t, c.story)
			p := w.plan(c.action, "h1")
			p.Undo, p.HealthSeconds = true, 1
			p.Hosts[0].HealthChecks = []string{"echo no answer >&2; exit 7"}
			f := w.start(p)
			d := f.ended("h1")
			if d.Outcome != OutcomeFailed || !d.Undone || d.Running != old || d.Profile != old || d.Changed {
				t.Errorf("%s: %s: %+v\n%s", d.Outcome, d.Reason, d, f.log("h1"))
			}
			for _, want := range []string{"health check failed: echo no answer", "it exited with 7 (no answer)", "undone: it runs 00000000…-nixos-system-h1-1 again"} {
				if !strings.Contains(d.Reason, want) {
					t.Errorf("the reason %q lacks %q", d.Reason, want)
				}
			}
			if got := w.activations(); got != c.undoneBy {
				t.Errorf("the old system was activated by %q, want %q", got, c.undoneBy)
			}
			if link, err := os.Readlink(filepath.Join(w.hosts, "h1/nix/var/nix/profiles/system")); err != nil || link != "system-1-link" {
				t.Errorf("the profile is %s (%v)", link, err)
			}
			if !strings.Contains(f.log("h1"), nixcmd.UndoBegins) {
				t.Error("its log does not show the undoing")
			}
		})
	}
}

func TestHealthCheckThatPassesInTime(t *testing.T) {
	w, _ := careWorld(t, wellStory)
	p := w.plan(nixcmd.Switch, "h1")
	p.Undo = true
	p.Hosts[0].HealthChecks = []string{`n=$(cat "$NF_ROOT/tries" 2>/dev/null); echo x$n >"$NF_ROOT/tries"; [ "$n" = xx ]`}
	if d := w.start(p).ended("h1"); d.Outcome != OutcomeOK || d.Undone {
		t.Errorf("%s: %s", d.Outcome, d.Reason)
	}
}

func TestUnitsThatFailAfterwards(t *testing.T) {
	w, _ := careWorld(t, `echo "old.service loaded failed" >"$root/failed"; `+wellStory+`; printf 'old.service x\nnew.service x\n' >"$root/failed"`)
	w.write("h1/failed", "old.service loaded failed\n", 0o644)
	p := w.plan(nixcmd.Switch, "h1")
	p.Waves = &Waves{}
	if d := w.start(p).ended("h1"); d.Outcome != OutcomeDegraded || len(d.Units) != 1 || d.Units[0] != "new.service" {
		t.Errorf("%s: %s, units %v", d.Outcome, d.Reason, d.Units)
	}
}

// A failed activation is undone too; a failed build, which did nothing, is not.
func TestRollbackOnFailure(t *testing.T) {
	w, old := careWorld(t, `set_profile; activate; echo "warning: the following units failed: bar.service" >&2; exit 4`)
	p := w.plan(nixcmd.Switch, "h1")
	p.Undo = true
	if d := w.start(p).ended("h1"); d.Outcome != OutcomeFailed || !d.Undone || d.Running != old || !strings.Contains(d.Reason, "bar.service") {
		t.Errorf("%s: %s", d.Outcome, d.Reason)
	}
	w, _ = careWorld(t, `echo "error: no" >&2; exit 1`)
	p = w.plan(nixcmd.Switch, "h1")
	p.Undo = true
	if d := w.start(p).ended("h1"); d.Outcome != OutcomeFailed || d.Undone || w.activations() != "" {
		t.Errorf("a build that failed: %s: %s; activated %q", d.Outcome, d.Reason, w.activations())
	}
}

func TestUndoThatFails(t *testing.T) {
	w, _ := careWorld(t, `set_profile; activate; : >"$root/no-sudo"; finish`)
	p := w.plan(nixcmd.Switch, "h1")
	p.Undo, p.HealthSeconds = true, 1
	p.Hosts[0].HealthChecks = []string{"false"}
	d := w.start(p).ended("h1")
	if d.Outcome != OutcomeFailed || d.Undone || !strings.Contains(d.Reason, "undoing it failed: it runs 11111111") || d.Hint == "" {
		t.Errorf("%s: %s, hint %q", d.Outcome, d.Reason, d.Hint)
	}
}
