package demo

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"
)

// What the daemon of a test is turned to.
const (
	testGrace = 300 * time.Millisecond
	testWatch = 20 * time.Millisecond
	testSpeed = 60
)

// TestMain lets the test binary be the daemon that Connect starts.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == ServeCommand {
		if err := testDaemon(os.Args[2]).Serve(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// self is the command by which Connect starts this binary as the daemon.
func self() []string { return []string{os.Args[0], ServeCommand} }

func testDaemon(dir string) Daemon {
	return Daemon{Dir: dir, Now: time.Now, Grace: testGrace, Watch: testWatch, Speed: testSpeed, Tell: func(err error) {
		fmt.Fprintln(os.Stderr, err)
	}}
}
