package nixcmd

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const servedPath = "/nix/store/33qffqmvgdh9qmj2brhjbn1ijgpgdldv-nixos-system-web1"

func TestServeHandshake(t *testing.T) {
	says := words(serveMagic2, 2<<8|8, 1, servedPath, 0)
	sent := talk(t, says, func(rw io.ReadWriter) {
		c, err := ConnectServe(rw)
		if err != nil {
			t.Error(err)
			return
		}
		if c.Protocol != 2<<8|8 {
			t.Errorf("protocol %#x", c.Protocol)
		}
		for _, want := range []bool{true, false} {
			if got, err := c.HasPath(servedPath); err != nil || got != want {
				t.Errorf("got %v, %v", got, err)
			}
		}
	})
	asked := words(commandQueryValidPaths, 0, 0, 1, servedPath)
	if want := bytes.Join([][]byte{words(serveMagic1, serveProtocol), asked, asked}, nil); !bytes.Equal(sent, want) {
		t.Errorf("sent %x", sent)
	}
}

func TestServeHandshakeIsBounded(t *testing.T) {
	for _, c := range []struct {
		name string
		says []byte
		kind error
		text string
	}{
		{"a shell's greeting", []byte("Welcome to web1!\r\n\x1b[2J"), ErrNotNix, "Welcome to web1!"},
		{"the other protocol", words(workerMagic2, ourProtocol), ErrNotNix, "oixd"},
		{"nothing", nil, io.EOF, "nix-store hung up"},
		{"another major version", words(serveMagic2, 3<<8|1), ErrTooOld, "3.1"},
		{"no store", words(serveMagic2, serveProtocol), io.EOF, "hung up"},
		{"too many paths", words(serveMagic2, serveProtocol, 1<<62), ErrNotNix, "paths"},
		{"an endless path", words(serveMagic2, serveProtocol, 1, 1<<62), ErrNotNix, "bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, err := ConnectServe(struct {
				io.Reader
				io.Writer
			}{bytes.NewReader(c.says), io.Discard})
			if err == nil {
				_, err = client.HasPath(servedPath)
			}
			if err == nil || !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// child is a program that is spoken with.
type child struct {
	io.WriteCloser
	io.Reader
}

// ofNix is a program of Nix's.
func ofNix(t *testing.T, name string) string {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is missing; it comes with Nix (nix-bin in Debian)")
	}
	return program
}

// speakWith starts a program of Nix's on a store of its own, and returns that
// store's environment and a path that is in it.
func speakWith(t *testing.T, name string, args ...string) (child, string) {
	t.Helper()
	program := ofNix(t, name)
	root := t.TempDir()
	env := append(os.Environ(), "NIX_REMOTE=local", "NIX_STORE_DIR="+root+"/store", "NIX_STATE_DIR="+root+"/var",
		"NIX_LOG_DIR="+root+"/log", "NIX_CONF_DIR="+root+"/conf", "HOME="+root)
	file := root + "/something"
	if err := os.WriteFile(file, []byte("something"), 0o600); err != nil {
		t.Fatal(err)
	}
	add := exec.Command("nix-store", "--add", file)
	add.Env = env
	out, err := add.Output()
	if err != nil {
		t.Fatalf("adding a path to a store: %v", err)
	}
	cmd := exec.Command(program, args...)
	cmd.Env = env
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait() // how it takes being left alone is of no interest
	})
	return child{stdin, stdout}, strings.TrimSpace(string(out))
}

// TestRealNixStore speaks with the nix-store of this machine.
func TestRealNixStore(t *testing.T) {
	rw, there := speakWith(t, "nix-store", "--serve", "--write")
	c, err := ConnectServe(rw)
	if err != nil {
		t.Fatal(err)
	}
	if c.Protocol < serveMinimum {
		t.Errorf("protocol %#x", c.Protocol)
	}
	if has, err := c.HasPath(there); err != nil || !has {
		t.Errorf("of a path that it has it says %v, %v", has, err)
	}
	gone := there[:len(there)-len("something")] + "nothing"
	if has, err := c.HasPath(gone); err != nil || has {
		t.Errorf("of a path that it lacks it says %v, %v", has, err)
	}
}

// TestRealNixDaemon speaks with the nix-daemon of this machine.
func TestRealNixDaemon(t *testing.T) {
	rw, there := speakWith(t, "nix-daemon", "--stdio")
	c, err := Connect(rw)
	if err != nil {
		t.Fatal(err)
	}
	if c.Daemon.Version == "" || c.Daemon.Protocol < minProtocol {
		t.Errorf("it is %+v", c.Daemon)
	}
	if valid, err := c.IsValidPath(there); err != nil || !valid {
		t.Errorf("of a path that it has it says %v, %v", valid, err)
	}
}
