package sshutil

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
)

// oddShell is the host's side of a kept shell, which may misbehave.
type oddShell struct {
	ssh.Channel
	in   *bufio.Reader
	mark string
}

// say prints a turn's answer.
func (o oddShell) say(number int, text string) {
	fmt.Fprintf(o, keptBegin+"%s"+keptEnd+"0\n", o.mark, fmt.Sprint(number), text, o.mark, fmt.Sprint(number))
}

// asked waits for the next request. There is none when the client has left.
func (o oddShell) asked() bool {
	_, err := o.in.ReadString('\n')
	return err == nil
}

// oddKeeper is a client of a host on which scripts that run alone say "alone",
// and kept ones what turns does.
func oddKeeper(t *testing.T, turns func(o oddShell)) (k keeper, shells *atomic.Int32) {
	t.Helper()
	shells = &atomic.Int32{}
	k.Client = fakeClient(t, func(ch ssh.Channel, _ string, requests <-chan *ssh.Request) {
		go ssh.DiscardRequests(requests)
		in := bufio.NewReader(ch)
		mark, _, kept, err := readScript(in)
		switch {
		case err != nil: // the client left in the middle of it
		case kept:
			shells.Add(1)
			turns(oddShell{ch, in, mark})
		default:
			io.WriteString(ch, "alone")
			exit(ch, 0)
		}
	})
	k.line = "/bin/sh -s"
	k.wait(forEver)
	return k, shells
}

// TestPlayShell is the two ends of a kept shell together.
func TestPlayShell(t *testing.T) {
	var shells atomic.Int32
	k := keeper{line: "/bin/sh -s"}
	k.Client = fakeClient(t, func(ch ssh.Channel, _ string, requests <-chan *ssh.Request) {
		go ssh.DiscardRequests(requests)
		shells.Add(1)
		turns := 0
		status, err := PlayShell(ch, ch, func(script string) int {
			turns++
			fmt.Fprintf(ch, "%s, turn %d", script, turns)
			return turns
		})
		if err != nil {
			t.Error(err)
		}
		exit(ch, uint32(status))
	})
	k.wait(forEver)
	for turn := 1; turn < 4; turn++ {
		r, err := k.Repeat(context.Background(), Command{Line: k.line, Stdin: []byte("script\nof mine")})
		if err != nil || string(r.Stdout) != fmt.Sprintf("script\nof mine, turn %d", turn) || r.ExitCode != turn {
			t.Errorf("turn %d: %q %d %v", turn, r.Stdout, r.ExitCode, err)
		}
	}
	if r, err := k.Run(context.Background(), Command{Line: k.line, Stdin: []byte("{ alone; }")}); err != nil || string(r.Stdout) != "{ alone; }, turn 1" || r.ExitCode != 1 {
		t.Errorf("alone: %q %d %v", r.Stdout, r.ExitCode, err)
	}
	if shells.Load() != 2 {
		t.Errorf("%d shells", shells.Load())
	}
}

func TestOddShells(t *testing.T) {
	type answers []string // of the turns, one after the other
	for name, c := range map[string]struct {
		turns func(o oddShell)
		want  answers
	}{
		"as agreed": {func(o oddShell) {
			o.say(1, "one")
			for n := 2; o.asked(); n++ {
				o.say(n, "next")
			}
		}, answers{"one", "next", "next"}},
		"in pieces": {func(o oddShell) {
			for _, piece := range []string{"Hello!", o.mark, " 1 be", "gin\none", "\n", o.mark + " 1 end", " ", "0", "\n"} {
				io.WriteString(o, piece)
			}
			o.asked()
		}, answers{"one"}},
		"at first nothing":  {func(o oddShell) { o.in.ReadString(0) }, answers{"alone", "alone"}},
		"later nothing":     {func(o oddShell) { o.say(1, "one"); o.in.ReadString(0) }, answers{"one", "alone", "alone"}},
		"the answer before": {func(o oddShell) { o.say(1, "one"); o.asked(); o.say(1, "one"); o.asked() }, answers{"one", "alone", "alone"}},
		"the answer to come": {func(o oddShell) { o.say(1, "one"); o.asked(); o.say(3, "three"); o.asked() },
			answers{"one", "alone", "alone"}},
		"no beginning": {func(o oddShell) {
			o.say(1, "one")
			o.asked()
			fmt.Fprintf(o, "two"+keptEnd+"0\n", o.mark, "2")
			o.asked()
		}, answers{"one", "alone", "alone"}},
		"no exit status": {func(o oddShell) {
			fmt.Fprintf(o, keptBegin+"one"+keptEnd+"x\n", o.mark, "1", o.mark, "1")
			o.asked()
		}, answers{"alone", "alone"}},
		"half of it": {func(o oddShell) {
			o.say(1, "one")
			o.asked()
			fmt.Fprintf(o, keptBegin+"tw", o.mark, "2")
		}, answers{"one", "alone", "alone"}},
		"an end after each": {func(o oddShell) { o.say(1, "one"); exit(o, 0) }, answers{"one", "alone"}},
	} {
		t.Run(name, func(t *testing.T) {
			k, _ := oddKeeper(t, c.turns)
			for turn, want := range c.want {
				k.wait(forEver)
				if want == "alone" {
					k.wait(soon)
				}
				if got := k.repeat(t, "script"); got != want && !(name == "an end after each" && got == "one") {
					t.Errorf("turn %d: %q, want %q", turn+1, got, want)
				}
			}
		})
	}
}

// TestShellThatSpeaksUnasked is not believed, and ended.
func TestShellThatSpeaksUnasked(t *testing.T) {
	heard, hungUp := make(chan struct{}), make(chan struct{})
	k, shells := oddKeeper(t, func(o oddShell) {
		o.say(1, "one")
		<-heard
		o.say(2, "stale")
		o.in.ReadString(0)
		hungUp <- struct{}{}
	})
	for n := range 3 {
		if got := k.repeat(t, "script"); got != "one" {
			t.Errorf("got %q", got)
		}
		heard <- struct{}{}
		<-hungUp
		if int(shells.Load()) != n+1 {
			t.Errorf("%d shells for %d turns", shells.Load(), n+1)
		}
	}
}

func TestKeptShellFloods(t *testing.T) {
	block := make([]byte, 1<<20)
	flood := func(to io.Writer) {
		for {
			if _, err := to.Write(block); err != nil {
				return
			}
		}
	}
	for name, turns := range map[string]func(o oddShell){
		"when it is asked":            func(o oddShell) { flood(o) },
		"when it is asked, on stderr": func(o oddShell) { flood(o.Stderr()) },
		"later":                       func(o oddShell) { o.say(1, "one"); o.asked(); flood(o) },
		"later, on stderr":            func(o oddShell) { o.say(1, "one"); o.asked(); flood(o.Stderr()) },
	} {
		t.Run(name, func(t *testing.T) {
			k, _ := oddKeeper(t, turns)
			cmd := Command{Line: k.line, Stdin: []byte("script"), MaxOutput: 1000}
			if strings.HasPrefix(name, "later") {
				if got := k.repeat(t, "script"); got != "one" {
					t.Errorf("got %q", got)
				}
			}
			r, err := k.Repeat(context.Background(), cmd)
			wantKind(t, err, KindOutputCap)
			if len(r.Stdout)+len(r.Stderr) > 1000+len(block) || len(r.Stdout) > 1000 || len(r.Stderr) > 1000 {
				t.Errorf("kept %d and %d bytes", len(r.Stdout), len(r.Stderr))
			}
			if _, err := k.Run(context.Background(), Command{Line: "quiet"}); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
	t.Run("unasked", func(t *testing.T) {
		answered, stopped := make(chan struct{}), make(chan struct{})
		k, _ := oddKeeper(t, func(o oddShell) {
			o.say(1, "one")
			<-answered
			flood(o.Stderr())
			close(stopped)
		})
		if got := k.repeat(t, "script"); got != "one" {
			t.Errorf("got %q", got)
		}
		close(answered)
		<-stopped
	})
}

func TestLinkDiesWhileKeptShellIsAsked(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	var conn atomic.Pointer[net.Conn]
	h := newFakeHost(t, func(h *fakeHost) {
		h.exec = func(ch ssh.Channel, _ string, requests <-chan *ssh.Request) {
			bufio.NewReader(ch).ReadString('\n')
			(*conn.Load()).Close()
		}
	})
	f.add("h", listen(t, func(c net.Conn) { conn.Store(&c); h.serve(c) }), h.signer.PublicKey())
	c := dial(t, f.dialer(), "h")
	_, err := c.Repeat(context.Background(), Command{Line: "sh -s", Stdin: []byte("script")})
	wantKind(t, err, KindExitUnknown)
	<-c.Done()
	_, err = c.Repeat(context.Background(), Command{Line: "sh -s", Stdin: []byte("script")})
	wantKind(t, err, KindReset)
}

func TestContextEndsTheWaitForAKeptShell(t *testing.T) {
	ctx := newExpiry(t)
	k, _ := oddKeeper(t, func(o oddShell) { ctx.expire(); o.in.ReadString(0) })
	_, err := k.Repeat(ctx, Command{Line: k.line, Stdin: []byte("script")})
	wantKind(t, err, KindTimeout)
}
