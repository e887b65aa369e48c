package sshutil

import (
	"bufio"
	"io"
	"net"
	"testing"
)

// TestSilentUntilTheFirstWord: a host counts as silent while its connection is
// made and from then on, until it says anything at all or its dial is over.
func TestSilentUntilTheFirstWord(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	called, speak, heard := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	f.add("h", listen(t, func(conn net.Conn) {
		close(called)
		<-speak
		io.WriteString(conn, "SSH-2.0-slow\r\n")
		from := bufio.NewReader(conn)
		_, err := from.ReadString('\n')
		if err == nil {
			_, err = from.ReadByte() // our side goes on only when it has read the version
		}
		heard <- err
		untilClosed(conn)
	}), nil)
	p := NewPool(f.dialer())
	if p.Silent("h") {
		t.Error("nobody calls it")
	}
	answer := make(chan error, 1)
	go func() { _, err := p.Client(t.Context(), "h"); answer <- err }()
	<-called
	if !p.Silent("h") || p.Silent("other") {
		t.Error("it has not said anything, and nobody calls another")
	}
	close(speak)
	if err := <-heard; err != nil {
		t.Fatal(err)
	}
	if p.Silent("h") {
		t.Error("it has said its version")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	wantKind(t, <-answer, KindCanceled)
}

// TestSilentIsOverWithTheDial: nothing of a dial that failed is kept.
func TestSilentIsOverWithTheDial(t *testing.T) {
	noLeaks(t)
	f := newFleet(t)
	called, ctx := make(chan struct{}), newExpiry(t)
	f.add("h", listen(t, func(conn net.Conn) { close(called); untilClosed(conn) }), nil)
	d := f.dialer()
	go func() { <-called; ctx.expire() }()
	_, err := d.Dial(ctx, "h")
	wantKind(t, err, KindTimeout)
	if calls := d.shared().silence.calls; len(calls) != 0 {
		t.Errorf("still called: %v", calls)
	}
}

// TestNobodyBehindOthersIsSilent: calls that go over a jump host, or that a
// ProxyCommand is started for, are to stay few at once.
func TestNobodyBehindOthersIsSilent(t *testing.T) {
	noLeaks(t)
	f, _, _ := behindJump(t, 0)
	called := make(chan struct{})
	f.add("jumped", listen(t, func(conn net.Conn) { called <- struct{}{}; untilClosed(conn) }), nil)
	f.change("jumped", func(t *Target) { t.ProxyJump = []string{"jump"} })
	f.add("proxied", 1, nil)
	g := newGate(t)
	f.change("proxied", func(t *Target) { t.ProxyCommand = "cat " + g.path })
	p := NewPool(f.dialer())
	answers := make(chan error, 2)
	for _, name := range []string{"jumped", "proxied"} {
		go func() { _, err := p.Client(t.Context(), name); answers <- err }()
	}
	<-called
	defer g.reached(t)() // it stays there until it is ended
	for _, name := range []string{"jump", "jumped", "proxied"} {
		if p.Silent(name) {
			t.Errorf("%s counts as silent", name)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	for range 2 {
		wantKind(t, <-answers, KindCanceled)
	}
}
