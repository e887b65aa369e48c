package sshutil

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

func TestKeptShellYields(t *testing.T) {
	t.Run("the host's only session", func(t *testing.T) {
		k := newKeeper(t, "MaxSessions 1")
		first := k.pid(t)
		if r, err := k.Run(context.Background(), Command{Line: "echo run"}); err != nil || string(r.Stdout) != "run\n" {
			t.Errorf("got %q, %v", r.Stdout, err)
		}
		wantNoProcess(t, first)
		echo(t, k.Client)
		if pid := k.pid(t); pid == first || pid == k.pid(t) {
			t.Error("a shell is kept where there is one session")
		}
	})
	t.Run("our last session", func(t *testing.T) {
		k := newKeeper(t)
		first := k.pid(t)
		var streams []io.Closer
		for range sessionsPerClient {
			s, err := k.Stream(context.Background(), "cat")
			if err != nil {
				t.Fatal(err)
			}
			streams = append(streams, s)
		}
		wantNoProcess(t, first)
		for _, s := range streams {
			s.Close()
		}
		until(t, "the sessions are closed", func() bool { return len(k.link.(*native).sessions) == 0 })
		if pid := k.pid(t); pid != k.pid(t) {
			t.Error("no shell is kept any more, though there are sessions again")
		}
	})
	t.Run("while it answers", func(t *testing.T) {
		k := newKeeper(t, "MaxSessions 1")
		g := newGate(t)
		var running sync.WaitGroup
		running.Go(func() {
			if got := k.repeat(t, "cat "+g.path+"; echo at last"); got != "at last" {
				t.Errorf("got %q", got)
			}
		})
		open := g.reached(t)
		running.Go(func() {
			if _, err := k.Run(context.Background(), Command{Line: "true"}); err != nil {
				t.Error(err)
			}
		})
		until(t, "the session is wanted", func() bool {
			kept := &k.link.(*native).keeping
			kept.mu.Lock()
			defer kept.mu.Unlock()
			return kept.wanted
		})
		open()
		running.Wait()
	})
}

func TestKeptShellEnds(t *testing.T) {
	t.Run("with its connection", func(t *testing.T) {
		k := newKeeper(t)
		pid := k.pid(t)
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		wantNoProcess(t, pid)
	})
	t.Run("when it is idle", func(t *testing.T) {
		k := newKeeper(t)
		k.link.(*native).keeping.idle = 20 * time.Millisecond
		wantNoProcess(t, k.pid(t))
		k.link.(*native).keeping.idle = time.Hour
		if pid := k.pid(t); pid != k.pid(t) {
			t.Error("the next one is not kept")
		}
	})
	t.Run("with the context of who asks", func(t *testing.T) {
		k := newKeeper(t)
		g := newGate(t)
		script := "[ -e " + g.path + ".open ] || cat " + g.path + "; echo $$"
		write(t, g.path+".open", "")
		first, err := strconv.Atoi(k.repeat(t, script))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(g.path + ".open"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		gone := make(chan error, 1)
		go func() {
			_, err := k.Repeat(ctx, Command{Line: k.line, Stdin: []byte(script)})
			gone <- err
		}()
		open := g.reached(t)
		cancel()
		wantKind(t, <-gone, KindCanceled)
		write(t, g.path+".open", "")
		open() // sshd passes no signals on to root's sessions: what hangs there hangs on
		wantNoProcess(t, first)
		if second := k.repeat(t, script); second != k.repeat(t, script) {
			t.Error("the next one is not kept")
		}
	})
}

// TestRepeatAtTheSameTime: who comes second does not wait.
func TestRepeatAtTheSameTime(t *testing.T) {
	k := newKeeper(t)
	var asking sync.WaitGroup
	for i := range 8 {
		asking.Go(func() {
			want := fmt.Sprintf("number %d", i%2)
			for range 5 {
				if got := k.repeat(t, "echo "+want); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		})
	}
	asking.Wait()
}
