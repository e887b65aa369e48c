package cli

import (
	"os"
	"slices"
	"testing"
	"time"
)

// TestMain lets the test binary be the program where it starts itself again:
// supervisors, task parents, the demo's hosts and its nixos-rebuild, and where ssh
// starts it.
func TestMain(m *testing.M) {
	if code, called := CalledBySSH(os.Args); called {
		os.Exit(code)
	}
	if len(os.Args) > 1 && slices.Contains([]string{demoCommand, supervisorCommand, taskCommand}, os.Args[1]) {
		os.Exit(Main(NewProgram(time.Now()), os.Args[1:]))
	}
	os.Exit(m.Run())
}
