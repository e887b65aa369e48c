// Package nix_test holds the NixOS module and its library to what they promise,
// and to what the program reads in the same fleet.nix. The promises themselves
// are in tests.nix, in Nix; nothing here needs nixpkgs or the network.
package nix_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// instantiate runs nix-instantiate on a store of its own and returns what it
// prints.
func instantiate(t *testing.T, args ...string) []byte {
	t.Helper()
	return run(t, "nix-instantiate", args...)
}

func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is missing; it comes with Nix (nix-bin in Debian)")
	}
	store := t.TempDir()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "NIX_REMOTE=local",
		"NIX_STORE_DIR="+store+"/store", "NIX_STATE_DIR="+store+"/var", "NIX_LOG_DIR="+store+"/log", "NIX_CONF_DIR="+store+"/conf", "HOME="+store)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return out
}

// evaluate reads the value of a Nix expression or file into a T. Files that it
// makes are really in the store.
func evaluate[T any](t *testing.T, args ...string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(instantiate(t, append([]string{"--eval", "--strict", "--json", "--read-write-mode"}, args...)...), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestPromises(t *testing.T) {
	type promise struct{ Got, Want any }
	promises := evaluate[map[string]promise](t, "tests.nix")
	const atLeast = 90
	if len(promises) < atLeast {
		t.Errorf("only %d promises, there were %d", len(promises), atLeast)
	}
	for name, p := range promises {
		t.Run(name, func(t *testing.T) {
			if !reflect.DeepEqual(p.Got, p.Want) {
				t.Errorf("got  %v\nwant %v", p.Got, p.Want)
			}
		})
	}
}

func TestEveryFileParses(t *testing.T) {
	var files []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != ".." {
			return fs.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, ".nix") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d files of Nix were found", len(files))
	}
	instantiate(t, append([]string{"--parse"}, files...)...)
}

// TestFlakeCheck lets Nix itself judge what the flake exports, with a stand-in
// for nixpkgs.
func TestFlakeCheck(t *testing.T) {
	dir := t.TempDir()
	for from, to := range map[string]string{"..": "tree", ".": "tree/nix", "tests": "nixpkgs"} {
		files, err := filepath.Glob(from + "/*.nix")
		if err != nil || len(files) == 0 {
			t.Fatalf("no files of Nix in %s: %v", from, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, to, filepath.Base(file)), string(content))
		}
	}
	write(t, filepath.Join(dir, "nixpkgs/flake.nix"), "{ outputs = _: import ./nixpkgs.nix; }")
	run(t, "nix", "--extra-experimental-features", "nix-command flakes", "flake", "check", "--no-build",
		"--override-input", "nixpkgs", "path:"+dir+"/nixpkgs", "path:"+dir+"/tree")
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// snippets are the blocks of Nix in a page, by the file name in their first line.
func snippets(page string) map[string]string {
	files := map[string]string{}
	for i, part := range strings.Split(page, "```") {
		if block, ok := strings.CutPrefix(part, "nix\n# "); ok && i%2 == 1 {
			name, content, _ := strings.Cut(block, "\n")
			files[name] = content
		}
	}
	return files
}

// TestDocsWork builds the flake of docs/nix.md, as far as that goes without nixpkgs.
func TestDocsWork(t *testing.T) {
	page, err := os.ReadFile("../docs/nix.md")
	if err != nil {
		t.Fatal(err)
	}
	sample, err := os.ReadFile("../fleet.nix")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := snippets(string(page))
	files["fleet.nix"] = string(sample)
	for name, content := range files {
		write(t, filepath.Join(dir, name), content)
	}
	type host struct {
		Complaints []any
		Machines   []string
		Users      []string
		Sudo       *string
		SSHD       []string
	}
	got := evaluate[struct {
		Hosts   map[string]host
		Library map[string]int
	}](t, "tests/docs.nix", "--arg", "dir", dir)
	principals := "sudoer,sudoer@kelyus"
	wantHosts := map[string]host{
		"kelyus": {
			Complaints: []any{}, Machines: []string{"boraha.example.org", "indri.example.org"}, Users: []string{"nix-builder"},
			Sudo: &principals, SSHD: []string{"TrustedUserCAKeys"},
		},
		"tsingy": {
			Complaints: []any{}, Machines: []string{"boraha.example.org", "indri.example.org", "kelyus.lan"},
			Users: []string{}, SSHD: []string{},
		},
	}
	if !reflect.DeepEqual(got.Hosts, wantHosts) {
		t.Errorf("the flake of docs/nix.md makes\n%+v, want\n%+v", got.Hosts, wantHosts)
	}
	if want := map[string]int{"machines": 2, "keys": 3, "known": 0, "sudo": 4, "wrong": 0}; !reflect.DeepEqual(got.Library, want) {
		t.Errorf("its library.nix gives %v, want %v", got.Library, want)
	}
}
