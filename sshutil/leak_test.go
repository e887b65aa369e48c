package sshutil

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// relayVariable turns the test binary into a ProxyCommand: it connects its
// stdin and stdout to the address in its arguments.
const relayVariable = "SSHUTIL_TEST_RELAY"

func TestMain(m *testing.M) {
	if IsAskpass(os.Args[0]) {
		os.Exit(Askpass(os.Args[1:], os.Getenv, os.Stdout))
	}
	if os.Getenv(relayVariable) != "" {
		os.Exit(relay(os.Args[1]))
	}
	if os.Getenv(crowdVariable) != "" {
		serveCrowd()
		os.Exit(0)
	}
	log.SetOutput(io.Discard) // x/crypto's agent logs every refusal
	code := m.Run()
	if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); !errors.Is(err, syscall.ECHILD) {
		fmt.Println("a child is left:", pid, err)
		code = 1
	}
	os.Exit(code)
}

func relay(address string) int {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go func() {
		io.Copy(conn, os.Stdin)
		os.Exit(0)
	}()
	io.Copy(os.Stdout, conn)
	return 0
}

// noLeaks fails the test if it leaves a goroutine of ours or of x/crypto, or
// an open file. It must come first, so that it looks last.
func noLeaks(t testing.TB) {
	t.Helper()
	files := openFiles(t)
	t.Cleanup(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for deadline := time.Now().Add(5 * time.Second); ; <-tick.C {
			left, now := goroutines(), openFiles(t)
			if len(left) == 0 && now <= files {
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("%d open files, %d before; goroutines left:\n%s", now, files, strings.Join(left, "\n\n"))
				return
			}
		}
	})
}

// goroutines are the stacks of those that run code of ours or of x/crypto.
func goroutines() (left []string) {
	buffer := make([]byte, 4<<20)
	buffer = buffer[:runtime.Stack(buffer, true)]
	for _, stack := range strings.Split(string(buffer), "\n\n")[1:] {
		ours := strings.Contains(stack, "nixfleet-tui/sshutil.") || strings.Contains(stack, "x/crypto/ssh")
		if ours && !strings.Contains(stack, "testing.tRunner") && !strings.Contains(stack, "sshutil.TestMain") {
			left = append(left, stack)
		}
	}
	return left
}

func openFiles(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
