package nixcmd

import (
	"bytes"
	"io"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"unicode"
)

// writtenAs is what is read of a file in which m stands.
func writtenAs(m Machine) []Machine {
	machines, _ := files(map[string]string{"/m": m.String()}).Load("/m")
	return machines
}

// FuzzMachines: whatever stands in a machines file, each entry is a builder
// that Nix could be told of, and means the same when it is written and read
// again.
func FuzzMachines(f *testing.F) {
	for _, seed := range []string{
		"ssh-ng://nix@[fd00::1]:2222 aarch64-linux,i686-linux /key 4 2.5 kvm,big-parallel benchmark " + rootKey + "\n",
		"ssh://a x86_64-linux - 4 ; ssh://b # and more\n@/again\n@/etc/nix/machines", "nix@build01", "ssh://[::1", "b - - four", "c - - 1 NaN", "daemon\nauto",
		"ssh-ng://b?ssh-key=/run/k&base64-ssh-public-host-key=" + rootKey + " x86_64-linux - 8 0", "a%20b", "u:p@h", "ssh://h:99999", "h,x , ,",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		file := MachinesFile{System: "x86_64-linux", Read: func(path string) ([]byte, error) {
			if strings.HasPrefix(path, "/") {
				return []byte(content), nil
			}
			return nil, fs.ErrNotExist
		}}
		machines, failed := file.Load("/m")
		for _, err := range failed {
			if err.Error() == "" {
				t.Error("a mistake without words")
			}
		}
		if len(machines) > 100 {
			return // one that is included many times
		}
		for _, m := range machines {
			if m.HostName == "" || m.Protocol != "ssh" && m.Protocol != "ssh-ng" || m.MaxJobs < 0 || !(m.SpeedFactor > 0) {
				t.Errorf("%q gives %+v", content, m)
			}
			again := writtenAs(m)
			if len(again) != 1 {
				t.Fatalf("%q is written as %q, which is no builder", content, m)
			}
			if third := writtenAs(again[0]); len(third) != 1 || !reflect.DeepEqual(third, again) {
				t.Errorf("%q is written as %q, and read as %+v", content, m, third)
			}
			if again[0].storeURL() != m.storeURL() || again[0].MaxJobs != m.MaxJobs || again[0].PublicHostKey != m.PublicHostKey {
				t.Errorf("%q is written as %q, and read as %+v", content, m, again[0])
			}
		}
	})
}

// FuzzHandshake: whatever a daemon says, asking it ends, and what it says of
// itself can be shown.
func FuzzHandshake(f *testing.F) {
	for _, seed := range [][]byte{
		words(workerMagic2, ourProtocol, "2.20.1", 1, frameLast, frameLast, 1),
		words(workerMagic2, 1<<8|38, "2.26.3", 2, frameNext, "a \x1b[2J warning", frameLast, frameError, "Error", 0, "Error", "path \x1b[2J is bad", 0, 0),
		words(workerMagic2, 1<<8|21, frameLast, frameLast, 0), words(workerMagic2, 1<<8|9), words(workerMagic2, 2<<8), []byte("Welcome to h1!\r\n\x1b[2J"),
		words(workerMagic2, ourProtocol, 1<<40), words(workerMagic2, ourProtocol, "2", 1, 77), nil,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, says []byte) {
		c, err := Connect(struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(says), io.Discard})
		if err != nil {
			fit(t, err.Error())
			return
		}
		if c.Daemon.Protocol>>8 != 1 || c.Daemon.Trust < TrustUnknown || c.Daemon.Trust > NotTrusted {
			t.Errorf("a daemon of %+v", c.Daemon)
		}
		fit(t, c.Daemon.Version)
		if _, err := c.IsValidPath("/nix/store/x"); err != nil {
			fit(t, err.Error())
		} else if len(says) < 24 {
			t.Errorf("%d bytes were answer enough", len(says))
		}
	})
}

// fit fails the test if words could do something to a terminal.
func fit(t *testing.T, words string) {
	t.Helper()
	if strings.ContainsFunc(words, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
		t.Errorf("%q is not fit to show", words)
	}
}
