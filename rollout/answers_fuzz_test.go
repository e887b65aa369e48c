package rollout

import (
	"net"
	"strings"
	"testing"
)

// FuzzAnswers: whatever somebody writes to where answers are taken, at most the
// one question is settled that it names, and hearing ends.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"id":"q"}` + "\nXeq-unlikely\n", `{"id":"q","refuse":true}` + "\n", `{"id":"q","agent":"/tmp/a"}` + "\n", `{"id":"other"}` + "\nx\n", `{"id":"q"}`,
		`{"id":"q"}` + "\n", "\n\n", `{"id":["q"]}` + "\n", strings.Repeat(" ", maxDeskLine) + `{"id":"q"}` + "\n", `{"id":"q"}` + "\n" + strings.Repeat("x", 1<<13),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, written []byte) {
		d := runDir(t.TempDir())
		k, err := newDesk(d, "", "h1")
		if err != nil {
			t.Fatal(err)
		}
		asked, other := make(chan reply, 1), make(chan reply, 1)
		k.open = map[string]chan reply{"q": asked, "waits": other}
		ours, theirs := net.Pipe()
		heard := make(chan struct{})
		go func() {
			defer close(heard)
			defer ours.Close()
			k.hear(ours)
		}()
		var thanks strings.Builder
		thanked := make(chan struct{})
		go func() {
			defer close(thanked)
			b := make([]byte, 64)
			for {
				n, err := theirs.Read(b)
				thanks.Write(b[:n])
				if err != nil {
					return
				}
			}
		}()
		if _, err := theirs.Write(written); err == nil { // else it has heard enough
			theirs.Close()
		}
		<-heard
		theirs.Close()
		<-thanked
		settled := len(asked) + len(other)
		if settled > 1 || settled+len(k.open) != 2 {
			t.Errorf("%d questions are settled, and %d wait", settled, len(k.open))
		}
		for _, c := range []chan reply{asked, other} {
			if len(c) == 0 {
				continue
			}
			if r := <-c; r.refused && r.secret != nil {
				t.Error("it was refused and answered")
			}
		}
		if said := thanks.String(); said != "" && settled == 0 {
			t.Errorf("nobody asked, and it says %q", said)
		}
	})
}
