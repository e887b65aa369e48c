package sshutil

import "context"

// Command is one command line to run on a host.
type Command struct {
	Line         string // as handed to the login shell
	Stdin        []byte
	MaxOutput    int  // bytes of stdout and of stderr kept; zero means 1 MiB
	ForwardAgent bool // only for what needs it (sudo by agent)
}

// Result is what a command that ended by itself left.
type Result struct {
	Stdout, Stderr []byte
	ExitCode       int
}

// Runner runs commands on one host. Client, Master and test doubles do.
// Run's error is an *Error; a command that ran and failed is no error but has
// an ExitCode. Close ends the connection.
type Runner interface {
	Run(ctx context.Context, cmd Command) (Result, error)
	Close() error
}
