//go:build tmux

package dashboard

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// four hosts of the demo whose deployments end in four ways.
func four() []string { return []string{"andasibe", "ankarana", "masoala", "tsingy"} }

// ended is what their run says of itself at its end.
const ended = `✗ 1 failed  ▲ 1 (degraded  ✓ 2 ok|  ✓ 2)`

// goesOn is what the first row says as long as a run does.
var goesOn = regexp.MustCompile(`^ nixfleet .*◐ switch \d+/\d+`)

// concluded waits for the end of the run on screen, with what it says of itself
// then. That all hosts have a verdict is not the end: for a moment the run still
// goes on, in which digits choose panes and q asks.
func (t *terminal) concluded(tally string) {
	t.t.Helper()
	last := regexp.MustCompile(`(?m)^─ switch on \d+ hosts? ─.*` + tally)
	t.eventually("the end of the run, with "+tally, func(s string) bool { return last.MatchString(s) && !goesOn.MatchString(s) })
}

// hold stops the demo's nixos-rebuild for a host until goOn is called, so that
// its run cannot end before a slow machine has come to look at it.
func (t *terminal) hold(host string) (goOn func()) {
	t.t.Helper()
	line := regexp.QuoteMeta("demo rebuild "+t.dir) + "/.*#" + host + " "
	out, err := exec.Command("pgrep", "-o", "-f", line).Output()
	if err != nil {
		t.t.Fatalf("nixos-rebuild of %s does not run: %v", host, err)
	}
	pid := strings.TrimSpace(string(out))
	kill(t.t, pid, "STOP")
	goOn = sync.OnceFunc(func() { kill(t.t, pid, "CONT") })
	t.t.Cleanup(goOn)
	return goOn
}

// mark goes to hosts with the cursor and marks them.
func (t *terminal) mark(hosts ...string) {
	t.t.Helper()
	for _, host := range hosts {
		t.goTo(host)
		t.press("Space")
		t.until(`^[▸ ]◆ ` + host + ` `)
	}
}

// goTo moves the cursor of a list to a host, row by row.
func (t *terminal) goTo(host string) {
	t.t.Helper()
	cursor := regexp.MustCompile(`(?m)^▸. (\S+)`)
	at := func(screen string) string {
		if m := cursor.FindStringSubmatch(screen); m != nil {
			return m[1]
		}
		return ""
	}
	row := regexp.MustCompile(`(?m)^[▸ ].[ ](\S+) +\S (?:host key|[a-z]+)  `)
	first := row.FindStringSubmatch(t.eventually("a list of hosts", row.MatchString))[1]
	t.press("g")
	now := at(t.eventually("the cursor on "+first, func(s string) bool { return at(s) == first }))
	for now != host {
		before := now
		t.press("j")
		now = at(t.eventually("the cursor below "+before, func(s string) bool { return at(s) != before }))
	}
}

// deploy chooses switch for the marked hosts and confirms it.
func (t *terminal) deploy(n int) {
	t.t.Helper()
	hosts := fmt.Sprintf("%d hosts", n)
	if n == 1 {
		hosts = "1 host"
	}
	t.pressUntil(`Deploy to `+hosts, "d")
	// The question is deaf at first; it points at its answer when it hears.
	t.pressUntil(`▸ n cancel .*y Switch `+hosts, "s")
	t.press("y")
}

// streamed is how many lines each pane said it had, as long as none had ended.
type streamed map[int]map[int]bool

var followed = regexp.MustCompile(`(\d+) lines?, following`)

// note takes the counts of a screen. It says whether all panes have grown since
// the first one that had all.
func (s streamed) note(screen string, panes int) bool {
	counts := followed.FindAllStringSubmatch(screen, -1)
	if len(counts) != panes {
		return false
	}
	grown := 0
	for i, m := range counts {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return false
		}
		if s[i] == nil {
			s[i] = map[int]bool{}
		}
		s[i][n] = true
		grown += min(1, len(s[i])-1)
	}
	return grown == panes
}

// TestDeployFour deploys to four hosts at once: all stream, each ends as its
// story has it, and the run is still there after a restart.
func TestDeployFour(t *testing.T) {
	t.Parallel()
	atSizes(t, func(t *testing.T, w, h int) {
		t.Parallel()
		home := newHome(t)
		term := home.dashboard(w, h)
		term.settled()
		term.mark(four()...)
		term.until(`12 hosts, 4 marked`)
		term.deploy(4)
		streams := streamed{}
		term.eventually("four panes that stream at once", func(screen string) bool { return streams.note(screen, 4) })
		verdicts := map[string]string{
			"andasibe": `▲ degraded .*active, but units failed`, "ankarana": `✓ ok .*changed`,
			"masoala": `✗ failed .*failed while building`, "tsingy": `✓ ok .*changed, needs a reboot`,
		}
		has := func(what string) {
			t.Helper()
			term.concluded(ended)
			for host, words := range verdicts {
				term.until(`^[▸ ]. ` + host + ` +` + words)
			}
			if t.Failed() {
				t.Fatal(what)
			}
		}
		has("at its end")
		term.pressUntil(`andasibe +● up +\S in sync`, "Escape")
		term.press("q")
		if status := term.ended(); status != "0" {
			t.Errorf("exit status %s", status)
		}
		if farewell := term.printed(); !strings.Contains(farewell, "switch on 4 hosts: ✗ 1 failed  ▲ 1 degraded  ✓ 2 ok") {
			t.Errorf("it leaves\n%s", farewell)
		}

		again := home.dashboard(w, h)
		again.settled()
		again.pressUntil(`─ 1 run ─`, "4")
		again.until(`^▸ .*switch .*✗ 1 failed`)
		term = again
		again.press("Enter")
		has("after a restart")
		again.press("q")
		again.ended()
	})
}

// TestZoomSearchDetach reads one log while it grows, leaves the run to itself
// and comes back to it.
func TestZoomSearchDetach(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	term := home.dashboard(120, 40)
	term.settled()
	term.mark("tsingy", "ankarana")
	term.deploy(2)
	term.until(`1 ankarana`)
	term.pressUntil(`╔|╭─ 2 tsingy`, "2")
	term.until(`(CC|LD) +`)
	zoomed := term.pressUntil(`^╭─ 2 tsingy .*╮$`, "z")
	if strings.Contains(zoomed, "1 ankarana") {
		t.Errorf("another pane is left beside the one that is zoomed:\n%s", zoomed)
	}
	term.press("/")
	term.until(`search tsingy`)
	term.enter("unpacking source")
	term.press("Enter")
	found := term.until(`unpacking source`)
	if !regexp.MustCompile(`line \d+ of \d+`).MatchString(found) {
		term.until(`line \d+ of \d+`)
	}
	goOn := term.hold("tsingy")
	term.pressUntil(`following`, "f")
	term.pressUntil(`1 ankarana`, "z") // back to the panes
	term.pressUntil(`▸ n stay`, "q")
	term.press("d")
	if status := term.ended(); status != "0" {
		t.Errorf("exit status %s", status)
	}
	term.until(`it goes on: .*runs attach`)

	again := home.dashboard(120, 40)
	again.until(`A run goes on: switch on 2 hosts`)
	again.pressUntil(`2 tsingy .*building`, "3")
	goOn()
	again.concluded(`✓ 2 ok`)
	again.press("q")
	again.ended()
}

// TestKilledInTheMiddle kills the dashboard with -9 and reads, in another one,
// every line of every log from the first to the last.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	term := home.dashboard(120, 40)
	term.settled()
	term.mark(four()...)
	term.deploy(4)
	streams := streamed{}
	term.eventually("four panes that stream at once", func(screen string) bool { return streams.note(screen, 4) })
	goOn := term.hold("tsingy")
	kill(t, term.child(), "KILL")
	term.ended()

	again := home.dashboard(200, 50)
	again.until(`A run goes on: switch on 4 hosts`)
	goOn()
	again.press("3")
	again.concluded(ended)
	for _, host := range four() {
		again.reads(host, filepath.Join(home.runs()[0], "hosts", host+".txt"))
	}
	again.press("q")
	again.ended()
}

// reads opens the log of a host of the run on screen and compares it with the
// file, from its beginning to its end.
func (t *terminal) reads(host, path string) {
	t.t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.t.Fatal(err)
	}
	colour := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	want := strings.Split(strings.TrimSuffix(colour.ReplaceAllString(string(content), ""), "\n"), "\n")
	t.goTo(host)
	t.pressUntil(`^╭─ \d `+host+` `, "z")
	t.press("g")
	for read := 0; read < len(want); {
		t.eventually(fmt.Sprintf("%s from line %d on, of %d", host, read+1, len(want)), func(screen string) bool {
			top, shown := t.page(screen, want)
			if shown == 0 || top > read || top+shown <= read {
				return false
			}
			read = top + shown
			return true
		})
		t.press("C-f")
	}
	t.pressUntil(`switch on 4 hosts ─`, "z")
}

// page is which lines the zoomed log shows: the number of the first, which its
// border tells unless it is at the end, and how many stand there one after the
// other as they are in want. None, if a row shows something else.
func (t *terminal) page(screen string, want []string) (top, shown int) {
	top = max(0, len(want)-(t.h-5))
	if m := regexp.MustCompile(`line (\d+) of (\d+) ─╯`).FindStringSubmatch(screen); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			top = n - 1
		}
	}
	rows := strings.Split(screen, "\n")
	for y := 3; y < t.h-2; y++ {
		row, isLog := strings.CutPrefix(rows[y], "│")
		at := top + y - 3
		if !isLog || at >= len(want) {
			break
		}
		if strings.TrimRight(strings.TrimSuffix(row, "│"), " ") != strings.TrimRight(cells(want[at], t.w-2), " ") {
			return top, 0
		}
		shown++
	}
	return top, shown
}

// cells is the beginning of a line that fits into w cells, as a pane cuts it.
func cells(line string, w int) string {
	r := []rune(line)
	if len(r) <= w {
		return line
	}
	return string(r[:w-1]) + "…"
}
