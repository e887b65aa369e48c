//go:build tmux

package dashboard

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// sizes are those of the terminals that people have.
func sizes() [][2]int { return [][2]int{{80, 24}, {120, 40}, {200, 50}} }

// atSizes runs a test on a terminal of each size.
func atSizes(t *testing.T, f func(t *testing.T, w, h int)) {
	for _, s := range sizes() {
		t.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(t *testing.T) { f(t, s[0], s[1]) })
	}
}

// settled waits until every host has a state, and those that are up a drift.
func (t *terminal) settled() string {
	t.t.Helper()
	t.until(`─ 12 hosts`)
	t.without(`asking`)
	return t.without(`● up +· `)
}

// states are the hosts' rows in the table by their names, as far as they are on screen.
func states(screen string) map[string]string {
	row := regexp.MustCompile(`^[▸ ][◆ ] ([a-z]+) +(\S (?:host key|[a-z]+))  +(\S [a-z ]*[a-z])?`)
	all := map[string]string{}
	for _, line := range strings.Split(screen, "\n") {
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if _, seen := all[m[1]]; !seen { // builders have rows too, below
			all[m[1]] = m[2] + ", " + m[3]
		}
	}
	return all
}

// TestStart measures the first screens of a first start, and reads what a
// stranger should see at once: who is up, who has drifted, which builder is
// ill, and how to deploy.
func TestStart(t *testing.T) {
	atSizes(t, func(t *testing.T, w, h int) {
		home := newHome(t)
		for _, start := range []string{"first", "second"} {
			term := home.dashboard(w, h)
			term.until(`─ 12 hosts ─`)
			table := time.Since(term.began)
			screen := term.settled()
			t.Logf("%s start: table after %d ms, all states after %d ms", start, table.Milliseconds(), time.Since(term.began).Milliseconds())
			for host, want := range map[string]string{
				"boraha": "● up, = in sync", "tsingy": "● up, ↓ behind", "ayeaye": "● up, ↻ boot pending", "vanga": "▲ host key, ", "sifaka": "○ away, ",
			} {
				if got := states(screen)[host]; !strings.HasPrefix(got, want) {
					t.Errorf("%s is shown as %q, not %q", host, got, want)
				}
			}
			for what, pattern := range map[string]string{
				"a count of hosts that are up": `● 10 up`, "a count of those behind": `↓ \d behind`, "a builder that is ill": `✗ 1 builder`,
				"its name": `kelyus +✗ ill`, "how to deploy": `space mark .*d deploy`,
			} {
				term.eventually(what, regexp.MustCompile(pattern).MatchString) // builders are judged later than hosts
			}
			term.press("q")
			if status := term.ended(); status != "0" {
				t.Errorf("exit status %s", status)
			}
		}
	})
}
