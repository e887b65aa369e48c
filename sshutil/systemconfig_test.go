package sshutil

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/internal/sshdtest"
)

// systemFiles writes a system's ssh configuration into a directory of its own.
// DIR in them is that directory.
func systemFiles(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		keygenDir(t, filepath.Dir(path))
		write(t, path, strings.ReplaceAll(content, "DIR", dir))
	}
	return dir
}

// TestPortableInclude asks ssh what it makes of a system's configuration that
// is included from a file of -F, with relative includes in it.
func TestPortableInclude(t *testing.T) {
	sshdtest.Program(t)
	tests := []struct {
		name  string
		files map[string]string
		want  map[string]string // what `ssh -G web` must say
		same  bool              // the file needs no copy
	}{
		{name: "no include", files: map[string]string{"ssh_config": "User plain\n"}, want: map[string]string{"user": "plain"}, same: true},
		{name: "absolute", files: map[string]string{"ssh_config": "Include DIR/d/*.conf\n", "d/a.conf": "User a\n"}, want: map[string]string{"user": "a"}, same: true},
		{name: "relative", files: map[string]string{"ssh_config": "Include d/*.conf\n", "d/a.conf": "User a\n"}, want: map[string]string{"user": "a"}},
		{name: "in quotes, with a space", files: map[string]string{"ssh_config": "\tinclude=\"d d/x\" y # both\n", "d d/x": "User x\n", "y": "Port 77\n"},
			want: map[string]string{"user": "x", "port": "77"}},
		{name: "with spaces around the sign", files: map[string]string{"ssh_config": "Include = y\r\n", "y": "Port 77\n"}, want: map[string]string{"port": "77"}},
		{name: "below an absolute one", files: map[string]string{"ssh_config": "Include DIR/d/*.conf\n", "d/a.conf": "User a\n", "d/b.conf": "Include e/c\n", "e/c": "Port 78\n"},
			want: map[string]string{"user": "a", "port": "78"}},
		{name: "in a block", files: map[string]string{"ssh_config": "Host db\n  Include x\nHost *\n  Include y\n  Port 79\n", "x": "User x\nHost *\nPort 1\n", "y": "Host nobody\nUser n\nHost web\nUser w\n"},
			want: map[string]string{"user": "w", "port": "79"}},
		{name: "nothing there", files: map[string]string{"ssh_config": "Include nothing*\nUser u\n"}, want: map[string]string{"user": "u"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := systemFiles(t, tt.files)
			path, copies := filepath.Join(dir, "ssh_config"), filepath.Join(t.TempDir(), "copies")
			included, err := portableInclude(path, dir, copies)
			if err != nil {
				t.Fatal(err)
			}
			if (included == path) != tt.same || exists(copies) == tt.same {
				t.Errorf("%s stands for %s", included, path)
			}
			text, err := Config{Includes: []string{included}}.Render()
			if err != nil {
				t.Fatal(err)
			}
			run := filepath.Join(t.TempDir(), "run")
			write(t, run, string(text))
			said := askG(t, run, "web")
			for key, want := range tt.want {
				if !slices.Equal(said[key], []string{want}) {
					t.Errorf("ssh says %s %q, want %q", key, said[key], want)
				}
			}
			if again, err := portableInclude(path, dir, copies); err != nil || again != included {
				t.Errorf("the second time it is %s, %v", again, err)
			}
		})
	}
}

func TestPortableIncludeEnds(t *testing.T) {
	dir := systemFiles(t, map[string]string{"ssh_config": "Include ssh_config\n"})
	if _, err := portableInclude(filepath.Join(dir, "ssh_config"), dir, filepath.Join(dir, "copies")); err != nil {
		t.Error(err)
	}
	missing := filepath.Join(dir, "missing")
	if got, err := portableInclude(missing, dir, dir); got != missing || err != nil {
		t.Errorf("a file that is missing: %q, %v", got, err)
	}
	nowhere := filepath.Join(dir, "ssh_config", "copies")
	if _, err := portableInclude(filepath.Join(dir, "ssh_config"), dir, nowhere); err == nil {
		t.Error("copies could be written below a file")
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "copies")); err != nil || len(entries) > includeDepth+2 {
		t.Errorf("%d copies, %v", len(entries), err)
	}
}

func TestIncludePatterns(t *testing.T) {
	for line, want := range map[string][]string{
		"Include a": {"a"}, "  include\t\"a b\"  c\r\n": {"a b", "c"}, "Include=a": {"a"}, "INCLUDE = a # b": {"a"},
		"Include": nil, "Include \"a": nil, "Includes a": nil, "# Include a": nil, "Host include a": nil, "Include \"\"": nil, "": nil,
	} {
		got, ok := includePatterns(line)
		if !slices.Equal(got, want) || ok != (want != nil) {
			t.Errorf("%q: %q, %t, want %q", line, got, ok, want)
		}
	}
}
