//go:build lab

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// past makes a past of this many new systems on a host.
func (w *where) past(host string, switches int) {
	w.t.Helper()
	for range switches {
		w.wants(0, "switch --on %s --yes", host)
		w.newRevision()
	}
}

// holds keeps a file of a host locked until the function is called.
func holds(t *testing.T, host, path string) (release func()) {
	t.Helper()
	unit := "e2e-holds-" + filepath.Base(path)
	must := func(line string) {
		if out, err := inside(t, host, line); err != nil {
			t.Fatalf("%s on %s: %v %s", line, host, err, out)
		}
	}
	must("sudo systemd-run --quiet --collect --unit=" + unit + " flock " + path + " sleep 600")
	release = func() { inside(t, host, "sudo systemctl stop "+unit) }
	t.Cleanup(release)
	must("while sudo flock -n " + path + " true; do sleep 0.1; done") // until the unit has come as far as that
	return release
}

// logHas says whether a host's log in a run has a text by now.
func (u *underWay) logHas(host, text string) bool {
	log, err := os.ReadFile(filepath.Join(u.dir, "hosts", host+".txt"))
	return err == nil && strings.Contains(string(log), text)
}

// TestCutOffInThePast cuts the connection while a host's garbage is collected,
// and while it is asked for sizes, for a difference, and to run a command: each
// says so, with a hint, and the collection can be done again.
func TestCutOffInThePast(t *testing.T) {
	need(t, "h2")
	w := place(t)
	w.shape("h2", "settle = 0;")
	w.past("h2", 3)
	all := w.generations("h2").Generations
	before := w.standing("h2")
	letGo := holds(t, "h2", "/nix/var/nix/gc.lock")
	u := w.begin("collect h2 --delete %d --yes", all[2].Number)
	w.eventually("garbage is being collected", soon, func() bool { return u.logHas("h2", "collecting the garbage\n") })

	asks := func(count int, what string) func() bool {
		return func() bool {
			n, _ := inside(t, "h2", "pgrep -fc '^[^ ]*"+what+"'")
			return n == fmt.Sprint(count)
		}
	}
	if out, err := inside(t, "h2", "sudo systemctl kill -s STOP nix-daemon.service"); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	goOn := func() { inside(t, "h2", "sudo systemctl kill -s CONT nix-daemon.service") }
	t.Cleanup(goOn)
	questions := []string{"exec --on h2 -- sleep 599", "generations h2 --sizes", fmt.Sprintf("diff h2 %d %d", all[1].Number, all[0].Number)}
	ends := make([]func() (int, string), len(questions))
	for i, q := range questions {
		cmd, out := w.start("%s", q)
		ends[i] = func() (int, string) { cmd.Wait(); return cmd.ProcessState.ExitCode(), out.String() }
	}
	w.eventually("the command runs", soon, asks(1, "sleep 599"))
	w.eventually("closures are asked for", soon, asks(2, "nix-store --query"))

	connect := cutOff(t, "h2")
	for i, end := range ends {
		if code, out := end(); code != 1 || !strings.Contains(out, "hint: ") || !strings.Contains(out, "connection") {
			t.Errorf("%s: exit code %d\n%s", questions[i], code, out)
		}
	}
	if code := u.ends(); code != 1 {
		t.Errorf("exit code %d\n%s", code, u.out)
	}
	want := fmt.Sprintf("the connection was lost while collecting the garbage; before that generation %d was deleted", all[2].Number)
	if v := u.verdict("h2"); v.Verdict != "failed" || v.Reason != want || !strings.Contains(v.Hint, "Do it again") {
		t.Errorf("%+v", v)
	}
	connect()
	letGo()
	goOn()
	w.must("ssh h2 pkill -x sleep || true") // what was asked for goes on without us
	if now := w.standing("h2"); now != before {
		t.Errorf("h2 stands at %s, and stood at %s", now, before)
	}
	r := w.wants(0, "collect h2 --delete %d --yes", all[2].Number)
	if !strings.Contains(r.stderr, "has not come to its end, which this one will") || !strings.Contains(r.stdout, "writing the boot menu") {
		t.Errorf("done again it says\n%s%s", r.stdout, r.stderr)
	}
	if r := w.wants(0, "generations h2"); strings.Contains(r.stderr, "not come to its end") {
		t.Error(r.stderr)
	}
}

// TestCutOffGoingBack: what was begun comes to its end without us.
func TestCutOffGoingBack(t *testing.T) {
	need(t, "h3")
	w := place(t)
	w.shape("h3", "settle = 0;")
	w.past("h3", 1)
	w.shape("h3", "settle = 10;")
	w.past("h3", 1)
	w.shape("h3", "settle = 0;")
	w.past("h3", 1)
	slow := w.generations("h3").Generations[1]
	u := w.begin("rollback --on h3 --yes")
	u.settles("h3")
	connect := cutOff(t, "h3")
	u.lost("h3")
	w.eventually("h3 runs the generation before", aRun, func() bool { return runs(t, "h3") == slow.Path })
	connect()
	if code := u.ends(); code != 0 {
		t.Errorf("exit code %d\n%s", code, u.out)
	}
	if v := u.verdict("h3"); v.Verdict != "ok" || v.Running != slow.Path || !strings.Contains(v.Reason, "connection was lost while activating") {
		t.Errorf("%+v", v)
	}
}

// TestAPastWithHoles lists a past of which links are missing and lead nowhere.
func TestAPastWithHoles(t *testing.T) {
	need(t, "h3")
	w := place(t)
	w.shape("h3", "settle = 0;")
	w.past("h3", 2)
	all := w.generations("h3").Generations
	hole, dangling := all[1], all[0].Number+7
	standing := w.standing("h3")
	w.must("ssh h3 'sudo rm /nix/var/nix/profiles/system-%d-link; sudo ln -s /nix/store/%032d-gone /nix/var/nix/profiles/system-%d-link'", hole.Number, 0, dangling)
	if now := w.generations("h3").Generations; now[0].Number != dangling || !now[0].Gone || now[1].Number != all[0].Number || now[2].Number == hole.Number {
		t.Errorf("generations: %+v", now)
	}
	for to, want := range map[int]string{
		dangling:    fmt.Sprintf("the system of generation %d is gone from its store", dangling),
		hole.Number: fmt.Sprintf("it has no generation %d", hole.Number),
		999:         "it has no generation 999",
	} {
		if r := w.wants(2, "rollback --on h3 --to %d --yes", to); !strings.Contains(r.stderr, want) || !strings.Contains(r.stderr, "hint: ") {
			t.Errorf("--to %d: %s", to, r.stderr)
		}
	}
	w.wants(0, "rollback --on h3 --boot --yes") // the newest that is there before the boot default
	if w.profile("h3") != all[2].Path {
		t.Errorf("h3 would boot %s, not %s", w.profile("h3"), all[2].Path)
	}
	w.wants(0, "rollback --on h3 --boot --to %d --yes", all[0].Number)
	w.wants(0, "collect h3 --delete %d --yes", dangling)
	if now := w.generations("h3").Generations; now[0].Number != all[0].Number || w.standing("h3") != standing {
		t.Errorf("afterwards: %+v", now)
	}
}

// TestAllBuildersAtOnce: where nothing was evaluated yet it is found out first
// who builds for others, and all of them are not restarted together.
func TestAllBuildersAtOnce(t *testing.T) {
	need(t, "h2", "h3")
	w := place(t)
	if r := w.wants(2, "reboot --on h2,h3 --yes"); !strings.Contains(r.stderr, "all builders of x86_64-linux would be down at once: h2, h3") || !strings.Contains(r.stderr, "hint: ") {
		t.Errorf("it says %s", r.stderr)
	}
}
