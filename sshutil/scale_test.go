package sshutil

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// crowdVariable makes the test binary serve a crowd of hosts, so that their
// memory and processor time are not counted as ours.
const crowdVariable = "SSHUTIL_TEST_CROWD"

const (
	crowdSize   = 1000
	crowdSick   = 300 // of which as many each: silent, half silent, hanging up, no SSH, another key
	crowdSilent = crowdSick * 2 / 5
)

// crowd owns the servers of a process that does nothing else.
type crowd struct{}

func (crowd) Helper()        {}
func (crowd) Cleanup(func()) {} // the process ends
func (crowd) Fatal(a ...any) {
	fmt.Fprintln(os.Stderr, a...)
	os.Exit(1)
}

// serveCrowd prints a port per host and the host key, and serves until its
// stdin ends.
func serveCrowd() {
	h, other := newFakeHost(crowd{}), newFakeHost(crowd{})
	h.exec = func(ch ssh.Channel, _ string, requests <-chan *ssh.Request) {
		go ssh.DiscardRequests(requests)
		if status, err := PlayShell(ch, ch, func(string) int { return 0 }); err == nil {
			exit(ch, uint32(status))
		}
	}
	sick := []func(net.Conn){
		untilClosed,
		func(conn net.Conn) { io.WriteString(conn, "SSH-2.0-Half\r\n"); untilClosed(conn) },
		func(conn net.Conn) {},
		func(conn net.Conn) { io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n") },
		other.serve,
	}
	fmt.Printf("key %s", ssh.MarshalAuthorizedKey(h.signer.PublicKey()))
	for i := range crowdSize {
		handle := h.serve
		if i%10 < 10*crowdSick/crowdSize {
			handle = sick[i/10%len(sick)]
		}
		fmt.Println("port", listen(crowd{}, handle))
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}

// startCrowd starts the servers and returns a fleet of them.
func startCrowd(t *testing.T) *fleet {
	t.Helper()
	cmd := exec.Command(testBinary(t))
	cmd.Env = append(os.Environ(), crowdVariable+"=1")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		io.Copy(io.Discard, stdout)
		cmd.Wait()
	})
	f := newFleet(t)
	var key, known bytes.Buffer
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && lines.Text() != "ready" {
		if text, ok := strings.CutPrefix(lines.Text(), "key "); ok {
			key.WriteString(text)
		}
		if text, ok := strings.CutPrefix(lines.Text(), "port "); ok {
			port, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			f.add(fmt.Sprintf("h%d", len(f.targets)), port, nil)
			fmt.Fprintf(&known, "[127.0.0.1]:%d %s\n", port, key.String())
		}
	}
	if len(f.targets) != crowdSize {
		t.Fatalf("%d hosts", len(f.targets))
	}
	write(t, f.known(), known.String())
	return f
}

// inUse is the memory that something refers to, with the stacks of goroutines.
func inUse() int64 {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return int64(memory.HeapAlloc + memory.StackInuse)
}

// TestCrowd: of a thousand hosts, three hundred are ill in many ways, and the
// others do not feel it: all of them have answered while those that say nothing
// are still waited for. On each of those a shell is kept.
func TestCrowd(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds: run without -short")
	}
	noLeaks(t)
	f := startCrowd(t)
	d := f.dialer()
	d.Timeout = time.Hour // nothing is late here
	p := NewPool(d)
	began, ctx, answers, before := time.Now(), newExpiry(t), make(chan Kind, crowdSize), inUse()
	var asking sync.WaitGroup
	for name := range f.targets {
		asking.Go(func() {
			client, err := p.Client(ctx, name)
			if err == nil {
				_, err = client.Repeat(context.Background(), Command{Line: "/bin/sh -s", Stdin: make([]byte, 5<<10)})
			}
			answers <- kindOf(err)
		})
	}
	kinds := map[Kind]int{}
	for range crowdSize - crowdSilent {
		kinds[<-answers]++
	}
	memory := inUse() - before
	t.Logf("after %v, %d MB: %v", time.Since(began), memory>>20, kinds)
	if kinds[KindNone] != crowdSize-crowdSick || kinds[KindTimeout] != 0 {
		t.Errorf("%d healthy hosts answered", kinds[KindNone])
	}
	ctx.expire()
	asking.Wait()
	for range crowdSilent {
		kinds[<-answers]++
	}
	if kinds[KindTimeout] != crowdSilent || kinds[KindTurnedAway] == 0 || kinds[KindBanner] == 0 || kinds[KindHostKeyChanged] == 0 {
		t.Errorf("got %v", kinds)
	}
	if memory>>20 > 100 {
		t.Errorf("%d MB", memory>>20)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
