package cli

import (
	"errors"
	"fmt"
	"testing"
)

// TestWantsPassword finds it among whatever else went wrong.
func TestWantsPassword(t *testing.T) {
	wants := errWantsPassword{"h1"}
	for _, err := range []error{wants, errors.Join(wants, nil), fmt.Errorf("pinning: %w", wants)} {
		if !isWantsPassword(err) {
			t.Errorf("%v is not recognized", err)
		}
	}
	if isWantsPassword(errors.New("sudo wants a password")) || isWantsPassword(nil) {
		t.Error("something else is taken for it")
	}
}
