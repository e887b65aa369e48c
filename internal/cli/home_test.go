package cli

import (
	"os/user"
	"path/filepath"
	"testing"
	"time"
)

// TestWithoutHome: a service has no HOME. Then it is the user database's, as it
// is for ssh, and nothing is ever kept in whatever folder one is in.
func TestWithoutHome(t *testing.T) {
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"XDG_CACHE_HOME", "XDG_STATE_HOME", "HOME"} {
		t.Setenv(name, "")
	}
	p := NewProgram(time.Now())
	if p.Env.Home != u.HomeDir {
		t.Errorf("the home is %q, not %q", p.Env.Home, u.HomeDir)
	}
	if got, want := p.World.CacheDir(), filepath.Join(u.HomeDir, ".cache", "nixfleet"); got != want {
		t.Errorf("the cache is %q, not %q", got, want)
	}
	if dir := stateDir(func(string) string { return "" }); !filepath.IsAbs(dir) {
		t.Errorf("of somebody without any home, runs are kept in %q", dir)
	}
}
