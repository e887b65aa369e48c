//go:build lab

package e2e

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestOneDeploymentIsOneLogin counts in h1's journal: preflight, the run's own
// readings and all that nixos-rebuild does over ssh share one login. And of all
// that Nix is asked here meanwhile, by us and by nixos-rebuild, one question
// evaluates the host.
func TestOneDeploymentIsOneLogin(t *testing.T) {
	need(t, "h1")
	for _, dialect := range []string{"ng", "bash"} {
		t.Run(dialect, func(t *testing.T) {
			w := place(t)
			w.dialect = dialect
			asked, called := w.overhear("nix"), w.overhear("ssh")
			before := logins(t, "h1")
			w.wants(0, "switch --on h1 --yes")
			if got := logins(t, "h1") - before; got != 1 {
				t.Errorf("%d logins", got)
			}
			if evaluations := asked(`"h1"`); len(evaluations) != 1 {
				t.Errorf("h1 was evaluated %d times: %q", len(evaluations), evaluations)
			}
			if logging := called(" -M "); len(logging) != 1 || !strings.Contains(logging[0], "/nixfleet-connect ") {
				t.Errorf("ssh was to log in by itself, or not once: %q", logging)
			}
		})
	}
}

// logins is how often the controller has logged in on a host.
func logins(t *testing.T, host string) int {
	t.Helper()
	// What sshd said may still be on its way into the journal.
	out, err := inside(t, host, "sudo journalctl --sync && sudo journalctl -u ssh --no-pager -o cat | grep -c 'Accepted publickey for .* from 10.99.0.1 '")
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(out)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// overhear puts a program into this place that keeps what it is asked, and is
// the real one but for that. What it returns are the questions with a word in them.
func (w *where) overhear(program string) (asked func(word string) []string) {
	w.t.Helper()
	log := w.dir + "/asked-" + program
	script := "#!/bin/sh\n{ printf '%s ' \"$@\" | tr '\\n' ' '; echo; } >>" + log + "\nexec /usr/bin/" + program + " \"$@\"\n"
	if err := os.WriteFile(file(w.dir+"/bin/"+program), []byte(script), 0o755); err != nil {
		w.t.Fatal(err)
	}
	return func(word string) (with []string) {
		content, err := os.ReadFile(file(log))
		if err != nil {
			w.t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			if strings.Contains(line, word) {
				with = append(with, line)
			}
		}
		return with
	}
}
