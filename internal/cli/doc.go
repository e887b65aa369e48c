// Package cli is the command line: each command stands in a file of its own,
// which parses its flags into an options struct and hands that to a run
// function. Everything that a run function touches is in its options (streams,
// clock, environment, and the World: Nix, ssh, nixos-rebuild and the
// directories that outlive us), so that tests drive it at its edge.
//
// It promises: results on stdout and everything else on stderr; an error is
// one sentence and one hint, never a usage text or a stack trace; the exit
// codes below; and that no text from a host or a log reaches a terminal
// unsanitized. What a fleet is and how a run goes it leaves to the packages
// fleet and rollout; it only asks, follows and prints.
package cli

// The exit codes of all commands.
const (
	ExitOK        = 0
	ExitFailed    = 1   // a host failed or is unknown; with status --check: one is ill
	ExitUsage     = 2   // usage or configuration: nothing was started
	ExitAttention = 3   // nothing failed, but something needs a person
	ExitCancelled = 130 // cancelled, or detached
)
