package rollout

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
)

// TestAdoptedAfterAReboot: the machine that the run was on has gone down and
// come up. h1 had begun, h2 had not, and nothing that lay in /tmp is left.
func TestAdoptedAfterAReboot(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", wellStory)
	w.host("h2", "m2", `f=${NIX_SSHOPTS#*-F }; f=${f%% *}; grep -q of-the-run "$f" || exit 9; `+wellStory)
	p := w.plan(nixcmd.Switch, "h1", "h2")
	p.Sockets = filepath.Join(t.TempDir(), "gone", "abcd")
	dir := filepath.Join(w.store.runs(), p.ID)
	if err := os.MkdirAll(dir+"/hosts", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeJSON(runDir(dir).plan(), p); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Format(time.RFC3339)
	events := fmt.Sprintf(`{"version":1,"seq":1,"time":%[1]q,"event":"start"}
{"version":1,"seq":2,"time":%[1]q,"host":"h1","event":"phase","phase":"preparing"}
{"version":1,"seq":3,"time":%[1]q,"host":"h1","event":"task","state":"started","pid":4194304}
{"version":1,"seq":4,"time":%[1]q,"host":"h1","event":"phase","phase":"building"}
`, now)
	for path, content := range map[string]string{
		runDir(dir).events(): events, runDir(dir).sshConfig(): "# of-the-run\n", LogPath(dir, "h1"): "building the system configuration...\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.store.Adopt(t.Context(), testLauncher()); err != nil {
		t.Fatal(err)
	}
	v := w.follow(dir).end()
	if got := outcomes(v); got != "h1:failed h2:ok" {
		t.Fatalf("outcomes = %s: %+v", got, v.Task("h2").Verdict)
	}
	if h1 := v.Task("h1").Verdict; !strings.Contains(h1.Reason, "killed before its exit status") || h1.Hint == "" {
		t.Errorf("h1: %q, hint %q", h1.Reason, h1.Hint)
	}
	waitUntil(t, "the directory for sockets to go", func() bool { return !readable(p.Sockets) })
}
