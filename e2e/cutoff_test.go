//go:build lab

package e2e

import (
	"strings"
	"testing"
	"time"
)

func TestCutOffWhileBuilding(t *testing.T) {
	need(t, "h2")
	w := place(t)
	w.lasting("h2", itsBuild, "")
	w.stall("h2")
	before := w.standing("h2")
	u := w.begin("switch --on h2 --yes")
	u.reaches("h2", "building")
	cut, connect := time.Now(), cutOff(t, "h2")
	if code := u.ends(); code != 1 {
		t.Errorf("exit code %d\n%s", code, u.out)
	}
	took := time.Since(cut) // is only told: it depends on the machine too
	v := u.verdict("h2")
	if v.Verdict != "failed" || v.Phase != "building" || !strings.Contains(v.Reason, "connection was lost while building") || v.Hint == "" {
		t.Errorf("%+v", v)
	}
	t.Logf("failed %s after the link was cut", took.Round(time.Second))
	connect()
	if now := w.standing("h2"); now != before {
		t.Errorf("h2 stands at %s, and stood at %s", now, before)
	}
}

// TestCutOffWhileActivating: the activation comes to its end without us.
func TestCutOffWhileActivating(t *testing.T) {
	need(t, "h8")
	w := place(t)
	want := w.wanted("h8")
	u := w.begin("switch --on h8 --yes")
	u.settles("h8")
	connect := cutOff(t, "h8")
	u.lost("h8")
	w.eventually("h8 runs the new system", aRun, func() bool { return runs(t, "h8") == want })
	connect()
	if code := u.ends(); code != 0 {
		t.Errorf("exit code %d\n%s", code, u.out)
	}
	v := u.verdict("h8")
	if v.Verdict != "ok" || !v.Changed || v.Running != want || !strings.Contains(v.Reason, "connection was lost while activating") {
		t.Errorf("%+v", v)
	}
}

// TestCutOffWhileActivatingInVain: it never comes to its end.
func TestCutOffWhileActivatingInVain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		host, action string
		end          string // what ends the activation
		moved        bool   // the profile
		reason       string
	}{
		"its unit ends":       {"h3", "switch", "sudo systemctl stop nixos-rebuild-switch-to-configuration", true, "installed but not running"},
		"the machine reboots": {"h4", "test", "sudo systemctl --no-block reboot", false, "it runs "},
	} {
		t.Run(name, func(t *testing.T) {
			need(t, c.host)
			w := place(t)
			w.shape(c.host, "settle = 90;")
			before := w.standing(c.host)
			u := w.begin("%s --on %s --yes", c.action, c.host)
			u.settles(c.host)
			connect := cutOff(t, c.host)
			boot := bootID(t, c.host)
			inside(t, c.host, c.end) // which may end this login too
			if strings.Contains(c.end, "reboot") {
				w.eventually(c.host+" is up again", aRun, func() bool { now := bootID(t, c.host); return now != "" && now != boot })
			}
			u.lost(c.host)
			connect()
			if code := u.ends(); code != 1 {
				t.Errorf("exit code %d\n%s", code, u.out)
			}
			v := u.verdict(c.host)
			if v.Verdict != "failed" || v.Changed != c.moved || !strings.Contains(v.Reason, "connection was lost") || !strings.Contains(v.Reason, c.reason) {
				t.Errorf("%+v", v)
			}
			if now := w.standing(c.host); c.moved == (now == before) || v.Running != strings.Fields(now)[1] {
				t.Errorf("%s stands at %s, stood at %s, and is said to run %s", c.host, now, before, v.Running)
			}
		})
	}
}

// TestCutOffForAMoment: what ssh bears is no event.
func TestCutOffForAMoment(t *testing.T) {
	need(t, "h7")
	w := place(t)
	w.shape("h7", "settle = 10;")
	u := w.begin("switch --on h7 --yes")
	u.settles("h7")
	connect := cutOff(t, "h7")
	began := time.Now()
	w.eventually("eight seconds pass", soon, func() bool { return time.Since(began) > 8*time.Second })
	connect()
	if code := u.ends(); code != 0 {
		t.Errorf("exit code %d\n%s", code, u.out)
	}
	if v := u.verdict("h7"); v.Verdict != "ok" || v.Reason != "" || v.ExitCode == nil {
		t.Errorf("%+v", v)
	}
}

// TestCutsItselfOff: h9 takes its own network down while it activates. How that
// ended is not known, until it answers again.
func TestCutsItselfOff(t *testing.T) {
	need(t, "h9")
	w := place(t)
	connect := func() { link(t, "h9", "up") }
	t.Cleanup(connect)
	w.wants(1, "switch --on h9 --yes")
	dir := w.only()
	if v := verdicts(t, dir)["h9"]; v.Verdict != "unknown" || v.Reason == "" {
		t.Errorf("%+v", v)
	}
	connect()
	w.eventually("h9's verdict is known", soon, func() bool {
		h := w.find(idOf(dir)).Hosts[0]
		return h.Verdict != nil && *h.Verdict == "ok"
	})
	w.wants(0, "runs show %s", idOf(dir))
}

// lost waits until nixos-rebuild has given up.
func (u *underWay) lost(host string) {
	u.t.Helper()
	u.eventually("nixos-rebuild ends", aRun, func() bool { return u.task(host, "ended").Event != "" })
}

// settles waits until a host's activation only sleeps: before that it brings its
// network up, which would undo a cut.
func (u *underWay) settles(host string) {
	u.t.Helper()
	u.reaches(host, "activating")
	u.eventually(host+"'s activation settles", aRun, func() bool {
		asleep, _ := inside(u.t, host, `pgrep -x sleep -P "$(pgrep -d, -f bin/switch-to-configuration)"`)
		return asleep != ""
	})
}

// runs is the system that a host runs, asked without its network; "" when it
// does not answer.
func runs(t *testing.T, host string) string {
	out, err := inside(t, host, "readlink -f /run/current-system")
	if err != nil {
		return ""
	}
	return out
}

// bootID likewise.
func bootID(t *testing.T, host string) string {
	out, err := inside(t, host, "cat /proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return out
}
