package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The exit statuses of switch-to-configuration.
const (
	exitUnitsFailed = 4
	exitNoLock      = 11
	exitInterrupted = 130
)

// systemdRun starts a command as a transient unit. Two of one name it refuses.
func (c *call) systemdRun(ctx context.Context, args []string) int {
	unit := ""
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, isUnit := strings.CutPrefix(args[0], "--unit=")
		if isUnit {
			unit = name
		}
		if args[0] == "-E" && len(args) > 1 {
			args = args[1:]
		}
		args = args[1:]
	}
	if !c.root {
		fmt.Fprintln(c.stderr, "Failed to start transient service unit: Interactive authentication required.")
		return 1
	}
	if unit == activationUnit && c.server.snapshot().switching != nil {
		fmt.Fprintf(c.stderr, "Failed to start transient service unit: Unit %s.service was already loaded or has a fragment file.\n", unit)
		return 1
	}
	return c.words(ctx, args)
}

// switchToConfiguration is the program of that name in the system at path. It
// runs as a unit of its own: a client that goes away does not stop it.
func (c *call) switchToConfiguration(path string, args []string) int {
	s := c.server
	if link, to := s.snapshot().link(path); link != "" {
		path = to
	}
	sys, known := s.all[path]
	if !known || !s.snapshot().valid(path) {
		fmt.Fprintf(c.stderr, "sh: %s/bin/switch-to-configuration: No such file or directory\n", path)
		return exitNotFound
	}
	action := strings.Join(args, " ")
	if !slices.Contains([]string{"switch", "boot", "test", "dry-activate", "check"}, action) {
		fmt.Fprintln(c.stderr, "Usage: switch-to-configuration [check|switch|boot|test|dry-activate]")
		return 1
	}
	if !c.root {
		fmt.Fprintln(c.stderr, "Failed to open lock file /run/nixos/switch-to-configuration.lock: Permission denied")
		return 1
	}
	if !s.beginSwitch(switching{c.user, path + "/bin/switch-to-configuration " + action, s.now()}) {
		fmt.Fprintln(c.stderr, "Could not acquire lock")
		return exitNoLock
	}
	defer s.endSwitch()
	a := activation{call: c, to: sys, from: s.snapshot().current, wait: func(d time.Duration) {
		s.pass(time.Duration(float64(d) / c.speed))
	}}
	switch action {
	case "check":
		return 0
	case "dry-activate":
		return a.dry()
	case "boot":
		return a.bootLoader()
	case "switch":
		if status := a.bootLoader(); status != 0 {
			return status
		}
	}
	return a.live()
}

// pass lets time go by on the host, whether or not whoever asked for something
// is still there. A host that ends is done with it at once.
func (s *server) pass(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.ending:
	}
}

func (s *server) beginSwitch(w switching) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.switching != nil {
		return false
	}
	s.switching = &w
	return true
}

func (s *server) endSwitch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.switching = nil
}

// activation is one run of switch-to-configuration.
type activation struct {
	*call
	from, to system
	wait     func(time.Duration) // what a step takes
}

// step prints a line after what it took to get there. Nobody may be listening
// any more, which changes nothing.
func (a activation) step(after time.Duration, format string, args ...any) {
	a.wait(after)
	fmt.Fprintf(a.stderr, format+"\n", args...)
}

func (a activation) bootLoader() int {
	a.wait(600 * time.Millisecond)
	if a.to.isPi() {
		a.step(0, "updating the boot generations directory...")
	}
	return 0
}

// live makes the system the running one.
func (a activation) live() int {
	st := a.server.story
	if a.from.path == a.to.path {
		a.step(400*time.Millisecond, "activating the configuration...")
		a.step(300*time.Millisecond, "setting up /etc...")
	} else {
		a.step(300*time.Millisecond, "stopping the following units: systemd-timesyncd.service")
		if len(st.restarted) > 1 {
			a.step(100*time.Millisecond, "NOT restarting the following changed units: systemd-journal-flush.service, user@1000.service")
		}
		a.step(500*time.Millisecond, "activating the configuration...")
		a.step(350*time.Millisecond, "setting up /etc...")
	}
	if status := a.changed(func(m *machine) {
		m.Current = a.to.path
		m.recover(st.switchFails...)
	}); status != 0 {
		return status
	}
	if a.from.path != a.to.path {
		a.step(450*time.Millisecond, "restarting systemd...")
		a.step(250*time.Millisecond, "reloading user units for %s...", a.server.host.User)
		a.step(250*time.Millisecond, "restarting sysinit-reactivation.target")
		a.step(200*time.Millisecond, "reloading the following units: dbus-broker.service, firewall.service")
		if len(st.restarted) > 0 {
			a.step(600*time.Millisecond, "restarting the following units: %s", strings.Join(st.restarted, ", "))
		}
		a.step(500*time.Millisecond, "starting the following units: systemd-timesyncd.service")
	}
	if len(st.switchFails) == 0 {
		return 0
	}
	return a.unitsFailed(st)
}

// unitsFailed reports what did not start. The new system stays the running one.
func (a activation) unitsFailed(st story) int {
	if status := a.changed(func(m *machine) {
		m.FailedUnits = append(m.FailedUnits, st.switchFails...)
	}); status != 0 {
		return status
	}
	a.step(900*time.Millisecond, "warning: the following units failed: %s", strings.Join(st.switchFails, ", "))
	for _, u := range st.switchFails {
		for _, line := range unitReport(u, "failed", a.server.now()) {
			a.step(0, "%s", line)
		}
		name := strings.TrimSuffix(u, ".service")
		a.step(0, "    Process: 48213 ExecStart=/nix/store/%s-unit-script-%s-start/bin/%s-start (code=exited, status=11)", storeHash(u), name, name)
		a.step(0, "   Main PID: 48213 (code=exited, status=11)")
		a.step(0, "")
		stamp := a.server.now().UTC().Format("Jan 02 15:04:05") + " " + a.server.host.Name
		a.step(0, "%s %s-start[48213]: acme: error: 403 :: urn:ietf:params:acme:error:unauthorized :: the challenge file was not found", stamp, name)
		a.step(0, "%s systemd[1]: %s: Main process exited, code=exited, status=11/n/a", stamp, u)
		a.step(0, "%s systemd[1]: %s: Failed with result 'exit-code'.", stamp, u)
	}
	return exitUnitsFailed
}

// dry says what live would do.
func (a activation) dry() int {
	if a.from.path == a.to.path {
		a.step(300*time.Millisecond, "would activate the configuration...")
		return 0
	}
	a.step(300*time.Millisecond, "would stop the following units: systemd-timesyncd.service")
	a.step(100*time.Millisecond, "would activate the configuration...")
	a.step(100*time.Millisecond, "would reload the following units: dbus-broker.service, firewall.service")
	if r := a.server.story.restarted; len(r) > 0 {
		a.step(100*time.Millisecond, "would restart the following units: %s", strings.Join(r, ", "))
	}
	a.step(100*time.Millisecond, "would start the following units: systemd-timesyncd.service")
	return 0
}
