package sshutil

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

func TestMaster(t *testing.T) {
	s := startSSHD(t)
	p := newPlace(t, s, s.knownHosts(t))
	socket := filepath.Join(p.dir, "s")
	m := &Master{Options: []string{"-F", p.config, "-o", "ControlPath=" + socket}, Host: "host", Socket: socket}
	ctx := context.Background()
	if err := m.Open(ctx); err != nil {
		t.Fatal(err)
	}
	if err := m.Open(ctx); err != nil {
		t.Errorf("opening again: %v", err)
	}
	r, err := m.Run(ctx, Command{Line: "cat; echo err >&2; exit 3", Stdin: []byte("in")})
	if err != nil || string(r.Stdout) != "in" || string(r.Stderr) != "err\n" || r.ExitCode != 3 {
		t.Errorf("got %q %q %d %v", r.Stdout, r.Stderr, r.ExitCode, err)
	}
	if r, err := m.Run(ctx, Command{Line: "exit 255"}); err != nil || r.ExitCode != 255 {
		t.Errorf("a command's own 255: %d %v", r.ExitCode, err)
	}
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if exists(socket) {
		t.Error("the socket is still there")
	}
}

func TestMasterRefused(t *testing.T) {
	s := startSSHD(t)
	p := newPlace(t, s, "")
	socket := filepath.Join(p.dir, "s")
	m := &Master{Options: []string{"-F", p.config, "-o", "ControlPath=" + socket}, Host: "host", Socket: socket}
	err := m.Open(context.Background())
	var e *Error
	if !errors.As(err, &e) || e.Kind != KindHostKeyUnknown {
		t.Errorf("got %v", err)
	}
	t.Log(err, e.Hint)
}
