package sshutil

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestPoolSharesOneDial(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	h := newFakeHost(t)
	var logins atomic.Int32
	port := listen(t, func(conn net.Conn) {
		logins.Add(1)
		h.serve(conn)
	})
	f.add("h", port, h.signer.PublicKey())
	p := NewPool(f.dialer())
	defer p.Close()
	var asking sync.WaitGroup
	for range 20 {
		asking.Go(func() {
			if _, err := p.Run(context.Background(), "h", Command{Line: "true"}); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	if got := logins.Load(); got != 1 {
		t.Errorf("%d logins", got)
	}
	p.Drop("h")
	p.Drop("h")
	if _, err := p.Run(context.Background(), "h", Command{Line: "true"}); err != nil {
		t.Error(err)
	}
	if got := logins.Load(); got != 2 {
		t.Errorf("%d logins after a drop", got)
	}
}

func TestPoolHeals(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	h := newFakeHost(t)
	var last atomic.Pointer[net.Conn]
	port := listen(t, func(conn net.Conn) {
		last.Store(&conn)
		h.serve(conn)
	})
	f.add("h", port, h.signer.PublicKey())
	p := NewPool(f.dialer())
	defer p.Close()
	first, err := p.Client(context.Background(), "h")
	if err != nil {
		t.Fatal(err)
	}
	(*last.Load()).Close()
	<-first.Done()
	if _, err := p.Run(context.Background(), "h", Command{Line: "true"}); err != nil {
		t.Error(err)
	}
}

func TestPoolDoesNotRememberFailure(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	h := newFakeHost(t)
	f.add("h", h.port, nil)
	p := NewPool(f.dialer())
	defer p.Close()
	_, err := p.Client(context.Background(), "h")
	wantKind(t, err, KindHostKeyUnknown)
	f.add("h", h.port, h.signer.PublicKey())
	if _, err := p.Client(context.Background(), "h"); err != nil {
		t.Error(err)
	}
}

// TestPoolDialEndsWithItsLastWaiter: one may go, the dial goes on; when all
// have gone, it stops.
func TestPoolDialEndsWithItsLastWaiter(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	reached, closed := make(chan struct{}), make(chan struct{})
	port := listen(t, func(conn net.Conn) {
		close(reached)
		untilClosed(conn)
		close(closed)
	})
	f.add("h", port, nil)
	d := f.dialer()
	d.Timeout = time.Minute
	p := NewPool(d)
	defer p.Close()
	one, leaveOne := context.WithCancel(context.Background())
	two, leaveTwo := context.WithCancel(context.Background())
	defer leaveTwo()
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { _, err := p.Client(one, "h"); first <- err }()
	go func() { _, err := p.Client(two, "h"); second <- err }()
	<-reached
	until(t, "both wait", func() bool {
		p.hosts.mu.Lock()
		defer p.hosts.mu.Unlock()
		return p.hosts.byKey["h"].waiters == 2
	})
	leaveOne()
	wantKind(t, <-first, KindCanceled)
	select {
	case <-closed:
		t.Fatal("the dial ended though somebody waits")
	case err := <-second:
		t.Fatalf("the other one was told %v", err)
	default:
	}
	leaveTwo()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-closed
}

func TestPoolCloseEndsEverythingAtOnce(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	h := newFakeHost(t)
	f.add("up", h.port, h.signer.PublicKey())
	reached := make(chan struct{})
	f.add("silent", listen(t, func(conn net.Conn) { close(reached); untilClosed(conn) }), nil)
	d := f.dialer()
	d.Timeout = time.Minute
	p := NewPool(d)
	if _, err := p.Client(context.Background(), "up"); err != nil {
		t.Fatal(err)
	}
	answer := make(chan error, 1)
	go func() { _, err := p.Client(context.Background(), "silent"); answer <- err }()
	<-reached
	began := time.Now()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > forEver {
		t.Errorf("it took %v", took)
	}
	wantKind(t, <-answer, KindCanceled)
	_, err := p.Client(context.Background(), "up")
	wantKind(t, err, KindCanceled)
}

func TestTurnstile(t *testing.T) {
	noLeaks(t)
	ts := newTurnstile(1)
	ctx := context.Background()
	if err := ts.enter(ctx, false); err != nil {
		t.Fatal(err)
	}
	order := make(chan string, 3)
	var waiting sync.WaitGroup
	queue := func(name string, behind bool, line *[]chan struct{}) {
		waiting.Go(func() {
			if err := ts.enter(ctx, behind); err == nil {
				order <- name
				ts.leave()
			}
		})
		for queued := false; !queued; {
			ts.mu.Lock()
			queued = len(*line) > 0
			ts.mu.Unlock()
		}
	}
	queue("failed before", true, &ts.behind)
	queue("healthy", false, &ts.front)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := ts.enter(gone, false); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	ts.leave()
	waiting.Wait()
	if first, second := <-order, <-order; first != "healthy" || second != "failed before" {
		t.Errorf("%s went before %s", first, second)
	}
	if ts.free != 1 {
		t.Errorf("%d places are free", ts.free)
	}
}
