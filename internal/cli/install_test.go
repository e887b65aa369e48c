package cli

import (
	"context"
	"strings"
	"testing"

	"nixfleet-tui/install"
)

// TestInstallBadInput: nothing is begun, and two lines say why.
func TestInstallBadInput(t *testing.T) {
	for name, c := range map[string]struct {
		place       func(*bench)
		args        []string
		says, hints string
	}{
		"no host":    {func(*bench) {}, nil, "the name of the new host", "--help"},
		"no target":  {func(*bench) {}, []string{"new1"}, "--target is missing", "root@ADDRESS"},
		"not root":   {func(*bench) {}, []string{"new1", "--target", "bob@192.0.2.7"}, "needs root", "authorized_keys"},
		"a bad port": {func(*bench) {}, []string{"new1", "--target", "root@192.0.2.7:x"}, "cannot be read", "PORT"},
		"no nix":     {func(b *bench) { b.programs("ssh") }, []string{"new1", "--target", "root@192.0.2.7"}, "nix is not in PATH", "Install Nix"},
		"no flake":   {func(b *bench) { b.everything().file("fleet.nix", `{ hosts.web1 = { }; }`) }, []string{"new1", "--target", "root@192.0.2.7"}, "host of a flake", "--flake"},
		"an address of the fleet": {func(b *bench) {
			b.everything().file("flake.nix", aFlake).file("fleet.nix", `{ hosts.web1.address = "192.0.2.7"; }`)
		}, []string{"new1", "--target", "root@192.0.2.7"}, "address of web1", "switch --on web1"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			c.place(b)
			if code := b.run(append([]string{"install"}, c.args...)...); code != ExitUsage {
				t.Errorf("exit code %d", code)
			}
			if sentence, hint := b.twoLines(); !strings.Contains(sentence, c.says) || !strings.Contains(hint, c.hints) {
				t.Errorf("it says\n%s\n%s", sentence, hint)
			}
		})
	}
}

// TestInstallInDemo: there is no machine to install on.
func TestInstallInDemo(t *testing.T) {
	b := newBench(t)
	if code := b.run("demo", "install", "new1", "--target", "root@192.0.2.7"); code != ExitUsage || !strings.Contains(b.err.String(), "nothing can be installed in this world") {
		t.Errorf("exit code %d: %s", code, &b.err)
	}
}

// TestInstallAsks: only a yes is one, and a flag answers its own question only.
func TestInstallAsks(t *testing.T) {
	q := install.Question{Text: "Run nixos-install?", Waits: "it waits"}
	for _, c := range []struct {
		typed         string
		terminal, yes bool
		flag          string
		want          bool
	}{
		{"y\n", true, false, "--yes", true}, {"Yes\n", true, false, "--yes", true}, {"\n", true, false, "--yes", false}, {"", true, false, "--yes", false},
		{"y\n", false, false, "--yes", false}, {"", false, true, "--yes", true}, {"", false, true, "--rekeyed", false},
	} {
		b := newBench(t)
		b.io.InTerminal, b.io.ErrTerminal, b.in = c.terminal, c.terminal, c.typed
		q.Flag = c.flag
		o := &installOptions{Program: b.program(), Yes: c.yes}
		if got, err := o.askInstall(context.Background(), q); got != c.want || err != nil {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
}
