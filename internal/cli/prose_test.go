package cli

import (
	"bytes"
	"strings"
	"testing"
)

// TestProse: on a terminal, sentences break between words and hang under their
// beginning; what is to be copied stays whole, and a pipe gets one line.
func TestProse(t *testing.T) {
	sentence := "the host key has changed: see what `ssh-keygen -R web1.example.org` would remove, and then ask whoever installed it"
	var out bytes.Buffer
	s := &IO{Out: &out, Size: func() (int, int) { return 50, 24 }}
	s.tell(&out, "  web1: ", sentence)
	if got, want := out.String(), "  web1: "+sentence+"\n"; got != want {
		t.Errorf("into a pipe it prints %q", got)
	}
	out.Reset()
	s.OutTerminal = true
	s.tell(&out, "  web1: ", sentence)
	want := strings.Join([]string{
		"  web1: the host key has changed: see what",
		"        `ssh-keygen -R web1.example.org` would",
		"        remove, and then ask whoever installed it",
		"",
	}, "\n")
	if out.String() != want {
		t.Errorf("on 50 columns it prints\n%s", &out)
	}
	out.Reset()
	s.tell(&out, "  a-name-that-is-longer-than-most: ", "/nix/store/00000000000000000000000000000000-a-path-without-end is no system of this host.")
	for i, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		if i > 0 && !strings.HasPrefix(line, strings.Repeat(" ", 16)+"i") {
			t.Errorf("under a long name it prints %q", line)
		}
	}
}
