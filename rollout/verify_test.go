package rollout

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

// TestHostInPlaceIsReadOnceWithoutLocks: a host waits longer for its list of
// locks than for all the rest of a reading. What that says of others matters
// where the host does not stand as it was asked to.
func TestHostInPlaceIsReadOnceWithoutLocks(t *testing.T) {
	w := newTestWorld(t)
	w.noteReadings()
	type story struct {
		host, does string
		outcome    Outcome
		read       []string // when nixos-rebuild has ended
	}
	brief, full := []string{"links"}, []string{"links", "links", "locks"}
	started := map[string]*follower{}
	stories := map[nixcmd.Action][]story{
		nixcmd.Switch: {{"h1", "set_profile; activate", OutcomeOK, brief}, {"h2", "set_profile", OutcomeFailed, full}, {"h3", "make; activate", OutcomeFailed, full}},
		nixcmd.Boot:   {{"h4", "set_profile", OutcomeOK, brief}},
		nixcmd.Test:   {{"h5", "make; activate", OutcomeOK, brief}, {"h6", "set_profile", OutcomeFailed, full}},
	}
	for action, ss := range stories {
		var names []string
		for _, s := range ss {
			w.host(s.host, "m"+s.host, "make() { mkdir -p $root$new; }; "+s.does+"; echo rebuilt >>$root/asked; finish")
			w.write(s.host+"/run/nixos/switch-to-configuration.lock", "", 0o644)
			w.write(s.host+"/proc/locks", "", 0o644)
			names = append(names, s.host)
		}
		f := w.start(w.plan(action, names...))
		for _, name := range names {
			started[name] = f
		}
	}
	for action, ss := range stories {
		verdicts := map[string]*Verdict{}
		for _, task := range started[ss[0].host].end().Tasks {
			verdicts[task.Host] = task.Verdict
		}
		for _, s := range ss {
			if v := verdicts[s.host]; v.Outcome != s.outcome {
				t.Errorf("%s, %s: %s (%s), want %s", action, s.does, v.Outcome, v.Reason, s.outcome)
			}
			before, after, _ := strings.Cut(w.asked(s.host), "rebuilt\n")
			if got := strings.Fields(after); !slices.Equal(got, s.read) {
				t.Errorf("%s, %s: read %v afterwards, want %v", action, s.does, got, s.read)
			}
			if !strings.Contains(before, "locks") {
				t.Errorf("%s, %s: read %q before, where it matters who else is there", action, s.does, before)
			}
		}
	}
}

// noteReadings has each host note which readings ask for links and which for
// the list of locks: by the programs that do so.
func (w *testWorld) noteReadings() {
	w.t.Helper()
	w.write("bin/readlink", "#!/bin/sh\necho links >>$NF_ROOT/asked\nPATH=/usr/bin:/bin exec readlink \"$@\"\n", 0o755)
	w.write("bin/cat", "#!/bin/sh\ncase $1 in */proc/locks) echo locks >>$NF_ROOT/asked ;; esac\nPATH=/usr/bin:/bin exec cat \"$@\"\n", 0o755)
	w.t.Setenv("PATH", filepath.Join(w.hosts, "bin")+":"+os.Getenv("PATH"))
}

func (w *testWorld) asked(host string) string {
	w.t.Helper()
	noted, err := os.ReadFile(filepath.Join(w.hosts, host, "asked"))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(noted)
}
