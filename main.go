// Command nixfleet-tui shows a fleet of NixOS machines and deploys to several
// of them at once. This file only starts the command line and sees to it that
// a crash leaves the terminal usable and the person with one plain sentence.
package main

import (
	"os"
	"time"

	"nixfleet-tui/internal/cli"
)

func main() {
	started := time.Now()
	os.Exit(run(started))
}

// run is main with a place for deferred calls, which os.Exit passes over.
func run(started time.Time) (code int) {
	cli.UnmaskOwner()
	if code, called := cli.CalledBySSH(os.Args); called {
		return code
	}
	terminal := cli.HoldTerminal(os.Stdin, os.Stdout)
	defer func() {
		if crash := recover(); crash != nil {
			terminal.Restore()
			code = cli.ReportCrash(os.Stderr, cli.Getenv, crash)
		}
	}()
	return cli.Main(cli.NewProgram(started), os.Args[1:])
}
