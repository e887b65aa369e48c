package fleet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
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
	started := func() []string {
		readRoot(t, local{root: root.dir, path: bin}, false)
		names, err := os.ReadFile(log)
		if err := errors.Join(err, os.Remove(log)); err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(names))
	}
	if got := started(); !reflect.DeepEqual(got, []string{"readlink", "stat"}) {
		t.Errorf("started %v, want readlink and stat", got)
	}
	root.file("/nix/var/nix/userpool/30001", "") // Nix has built here
	if got := started(); !reflect.DeepEqual(got, []string{"readlink", "cat", "stat"}) {
		t.Errorf("started %v, want readlink, cat and stat", got)
	}
}
