package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// activationUnit is the transient unit that nixos-rebuild activates in. Its
// fixed name is what keeps two activations apart.
const activationUnit = "nixos-rebuild-switch-to-configuration"

// The exit statuses of systemctl.
const (
	exitInactive = 3
	exitNoUnit   = 4
)

// systemctl tells of units; of those that it may end the machine's run, it
// knows reboot.
func (c *call) systemctl(_ context.Context, args []string) int {
	quiet := false
	var words []string
	failedOnly := false
	for _, a := range args {
		switch {
		case a == "--quiet" || a == "-q":
			quiet = true
		case a == "--failed" || a == "--state=failed":
			failedOnly = true
		case !strings.HasPrefix(a, "-"):
			words = append(words, a)
		}
	}
	verb := "list-units"
	if len(words) > 0 {
		verb, words = words[0], words[1:]
	}
	s := c.server.snapshot()
	say := func(text string) {
		if !quiet {
			fmt.Fprintln(c.stdout, text)
		}
	}
	switch verb {
	case "is-active", "is-failed":
		return unitStates(s, verb, words, say)
	case "is-system-running":
		say(s.systemd())
		if s.systemd() != "running" {
			return 1
		}
		return 0
	case "list-units":
		if failedOnly {
			for _, u := range s.FailedUnits {
				say(u + " loaded failed failed")
			}
		}
		return 0
	case "status", "show":
		return statusOfUnits(s, words, say)
	case "start", "restart", "reset-failed":
		return c.startUnits(s, words)
	case "reboot":
		return c.reboot()
	}
	fmt.Fprintf(c.stderr, "systemctl: the demo's hosts cannot %s\n", verb)
	return 1
}

// systemd is the state of the whole system in systemd's words.
func (s snapshot) systemd() string {
	if len(s.FailedUnits) > 0 {
		return "degraded"
	}
	return "running"
}

// The Nix daemon, by its unit and its socket.
const (
	daemonUnit   = "nix-daemon.socket"
	daemonSocket = "/nix/var/nix/daemon-socket/socket"
)

// daemonListens says whether somebody answers at the Nix daemon's socket.
func (s snapshot) daemonListens() bool { return !slices.Contains(s.FailedUnits, daemonUnit) }

// unitState is active, failed or inactive. Units that nobody speaks of are active.
func (s snapshot) unitState(unit string) string {
	unit = fullName(unit)
	switch {
	case unit == activationUnit+".service" && s.switching != nil:
		return "active"
	case unit == activationUnit+".service":
		return "inactive"
	case slices.Contains(s.FailedUnits, unit):
		return "failed"
	}
	return "active"
}

// unitStates answers is-active (all of them) and is-failed (any of them).
func unitStates(s snapshot, verb string, units []string, say func(string)) int {
	asked := strings.TrimPrefix(verb, "is-")
	hits := 0
	for _, u := range units {
		state := s.unitState(u)
		say(state)
		if state == asked {
			hits++
		}
	}
	switch {
	case verb == "is-active" && hits == len(units), verb == "is-failed" && hits > 0:
		return 0
	case verb == "is-failed":
		return 1
	}
	return exitInactive
}

func statusOfUnits(s snapshot, units []string, say func(string)) int {
	status := 0
	for _, u := range units {
		state := s.unitState(u)
		for _, line := range unitReport(u, state, s.now) {
			say(line)
		}
		if state != "active" {
			status = exitInactive
		}
	}
	return status
}

// unitReport is the head of what `systemctl status` shows.
func unitReport(unit, state string, now time.Time) []string {
	mark, more := "●", ""
	if state == "failed" {
		mark, more = "×", " (Result: exit-code)"
	}
	return []string{
		mark + " " + unit,
		"     Loaded: loaded (/etc/systemd/system/" + unit + "; enabled; preset: ignored)",
		"     Active: " + state + more + " since " + now.UTC().Format("Mon 2006-01-02 15:04:05 MST"),
	}
}

// startUnits mends units that have failed, except those that fail by themselves.
func (c *call) startUnits(s snapshot, units []string) int {
	if !c.root {
		fmt.Fprintln(c.stderr, "Failed to start unit: Interactive authentication required.")
		return 1
	}
	status := 0
	for _, u := range units {
		if slices.Contains(s.story.switchFails, fullName(u)) {
			fmt.Fprintf(c.stderr, "Job for %s failed because the control process exited with error code.\n", fullName(u))
			status = 1
			continue
		}
		// The service brings its socket with it.
		mended := []string{fullName(u), strings.TrimSuffix(fullName(u), ".service") + ".socket"}
		if code := c.changed(func(m *machine) { m.recover(mended...) }); code != 0 {
			return code
		}
	}
	return status
}

// fullName is a unit's name with its kind; a service when none is said.
func fullName(unit string) string {
	if strings.Contains(unit, ".") {
		return unit
	}
	return unit + ".service"
}

// reboot ends all connections when it has answered, and starts the host again.
func (c *call) reboot() int {
	if !c.root {
		fmt.Fprintln(c.stderr, "Call to Reboot failed: Interactive authentication required.")
		return 1
	}
	c.server.powerOff(c.speed)
	return c.changed(func(m *machine) {
		m.boot(c.server.now())
		if m.Installing != nil {
			m.Installing.Rebooted = true
		}
	})
}

// changed changes the host's state; a disk that is full, for one, is told and fails.
func (c *call) changed(how func(*machine)) int {
	if err := c.server.change(how); err != nil {
		fmt.Fprintln(c.stderr, "error: the demo cannot keep the state of this host:", err)
		return 1
	}
	return 0
}
