package fleet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A host is asked every few seconds: starting programs is what costs it.
func TestFastScriptStartsFewPrograms(t *testing.T) {
	root := nixos(t)
	bin := t.TempDir()
	log := filepath.Join(bin, "log")
	for _, dir := range []string{"/usr/bin", "/bin"} {
		programs, err := os.ReadDir(dir)
		if err != nil {
			continue // not every machine has both
		}
		for _, p := range programs {
			wrapper := fmt.Sprintf("#!/bin/sh\necho %s >>%s\nexec %s/%s \"$@\"\n", p.Name(), log, dir, p.Name())
			if p.Name() == "[" || p.Name() == "sh" {
				continue
			}
			if err := os.WriteFile(filepath.Join(bin, p.Name()), []byte(wrapper), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	started := func(full bool) []string {
		readRoot(t, local{root: root.dir, path: bin}, full)
		names, err := os.ReadFile(log)
		if err := errors.Join(err, os.Remove(log)); err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(names))
	}
	if got := started(false); !reflect.DeepEqual(got, []string{"readlink", "stat"}) {
		t.Errorf("started %v, want readlink and stat", got)
	}
	root.file("/nix/var/nix/userpool/30001", "") // Nix has built here
	if got := started(false); !reflect.DeepEqual(got, []string{"readlink", "cat", "stat"}) {
		t.Errorf("started %v, want readlink, cat and stat", got)
	}
	notUname := func(name string) bool { return name != "uname" }
	if got := slices.DeleteFunc(started(true), notUname); len(got) != 1 {
		t.Errorf("the full script started uname %d times, want once, for what the kernel's files do not say", len(got))
	}
}
