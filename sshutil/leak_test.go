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

// forEver is how long a test lets something go on that would never end by
// itself. It is long, because the machine may have much else to do.
const forEver = 30 * time.Second

// relayVariable turns the test binary into a ProxyCommand: it connects its
// stdin and stdout to the address in its arguments.
const relayVariable = "SSHUTIL_TEST_RELAY"

func TestMain(m *testing.M) {
	if IsAskpass(os.Args[0]) {
		os.Exit(Askpass(os.Args[1:], os.Getenv, os.Stdout))
	}
	if IsConnect(os.Args[0]) {
		os.Exit(Connect(os.Args[1:], os.Stdout, os.Stderr))
	}
	if os.Getenv(relayVariable) != "" {
		os.Exit(relay(os.Args[1]))
	}
	if os.Getenv(crowdVariable) != "" {
		serveCrowd()
		os.Exit(0)
	}
	log.SetOutput(io.Discard) // x/crypto's agent logs every refusal
	files, err := openFilesAtFirst()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	code := m.Run()
	// Once more for all tests together: not each of them looks for itself.
	if left := remains(files); left != "" {
		fmt.Println("after all tests,", left)
		code = 1
	}
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
	files, err := openFiles()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left := remains(files); left != "" {
			t.Error(left)
		}
	})
}

// remains waits until there is no goroutine of ours any more, and no more open
// files than before, and says what is still there when that takes too long.
func remains(files int) string {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(forEver); ; <-tick.C {
		left := goroutines()
		now, err := openFiles()
		switch {
		case err != nil:
			return err.Error()
		case len(left) == 0 && now <= files:
			return ""
		case time.Now().After(deadline):
			return fmt.Sprintf("%d open files, %d before; goroutines left:\n%s", now, files, strings.Join(left, "\n\n"))
		}
	}
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

// openFilesAtFirst also counts what Go itself opens for the network, and keeps.
func openFilesAtFirst() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	if err := l.Close(); err != nil {
		return 0, err
	}
	return openFiles()
}

func openFiles() (int, error) {
	entries, err := os.ReadDir("/dev/fd")
	return len(entries), err
}
