package demo

import (
	"strings"
	"time"
)

// clockVariable is by how much the hosts' clocks are wrong ("-26h"), for tests.
const clockVariable = "NIXFLEET_DEMO_CLOCK"

// clockOf is the hosts' clock by an environment: ours, and what it is off by.
func clockOf(environ []string, now func() time.Time) func() time.Time {
	off, err := time.ParseDuration(setting(environ, clockVariable))
	if err != nil {
		return now
	}
	return func() time.Time { return now().Add(off) }
}

// setting is the value of a variable of an environment, or "".
func setting(environ []string, name string) (value string) {
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return value
}
