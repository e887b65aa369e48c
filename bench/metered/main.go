// Command metered is our program as it is released, of which each process that
// ends leaves a line in the file beside it that is named like it with ".used":
// the word it was started with (switch, run-supervisor, run-task …) and the
// microseconds of processor time that it took itself, without the programs that
// it started. The program starts itself again for a run, so that all of a run's
// processes which are ours are counted, and none that is not.
package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"nixfleet-tui/internal/cli"
)

func main() {
	code := run(time.Now(), os.Args)
	if err := meter(os.Args); err != nil {
		fmt.Fprintln(os.Stderr, "metered:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

// run is what the released program's main does, but for crashes: of those
// nothing is measured.
func run(started time.Time, args []string) int {
	cli.UnmaskOwner()
	if code, called := cli.CalledBySSH(args); called {
		return code
	}
	return cli.Main(cli.NewProgram(started), args[1:])
}

// meter appends what this process took.
func meter(args []string) error {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	word := "-"
	if len(args) > 1 {
		word = args[1]
	}
	f, err := os.OpenFile(self+".used", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s %d\n", word, (used.Utime.Nano()+used.Stime.Nano())/int64(time.Microsecond))
	return errors.Join(err, f.Close())
}
