package cli

import (
	"context"
	"errors"
	"io"
	"testing"

	"nixfleet-tui/sshutil"
)

// TestSpeakHere: a program of this machine can be spoken with, and is gone
// when nobody speaks with it any more.
func TestSpeakHere(t *testing.T) {
	stream, err := thisMachine{}.Stream(t.Context(), "cat")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(stream, "hello"); err != nil {
		t.Fatal(err)
	}
	heard := make([]byte, len("hello"))
	if _, err := io.ReadFull(stream, heard); err != nil || string(heard) != "hello" {
		t.Errorf("heard %q, %v", heard, err)
	}
	if err := stream.Close(); err != nil {
		t.Error(err)
	}
	if _, err := io.WriteString(stream, "is there anybody?"); err == nil {
		t.Error("it still listens")
	}
	if err := stream.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func TestSpeakHereWithNobody(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := thisMachine{}.Stream(ctx, "cat")
	var told *sshutil.Error
	if !errors.As(err, &told) || told.Kind != sshutil.KindExecFailed {
		t.Errorf("got %v", err)
	}
}
