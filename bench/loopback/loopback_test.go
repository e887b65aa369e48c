package loopback

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// One in four is broken, in turns by refusing and by saying nothing; the others
// let ssh in.
func TestStart(t *testing.T) {
	h, err := Start(t.Context(), t.TempDir(), 8, 2)
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}()
	if got := strings.Join(h.Names, " "); got != "127.77.0.1 127.77.0.2 127.77.0.3 127.79.0.2 127.77.0.5 127.77.0.6 127.77.0.7 127.78.0.3" {
		t.Errorf("the hosts are %s", got)
	}
	for name, want := range map[string]string{h.Names[0]: "", h.Names[6]: "", h.Names[3]: "refused", h.Names[7]: "timed out"} {
		out, err := exec.Command("ssh", "-F", h.Config, name, "true").CombinedOutput()
		if (err == nil) != (want == "") || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}
