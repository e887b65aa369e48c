package rollout

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

// rootPrograms stand in for what only root of a NixOS host can run: they move
// the links of the folder that is the host.
const rootPrograms = `
sudo() { "$@"; }
systemd-run() { while case $1 in -E) shift ;; -*) ;; *) false ;; esac do shift; done; "$@"; }
nix-env() { case $3 in
  --set) n=$(($(ls -d "$R$p/system"-*-link | wc -l) + 1)); ln -sfn "$R$4" "$R$p/system-$n-link"; ln -sfn "system-$n-link" "$R$p/system" ;;
  --switch-generation) [ -L "$R$p/system-$4-link" ] && ln -sfn "system-$4-link" "$R$p/system" ;; esac; }
test() { [ "$1" "$R$2" ]; }
readlink() { case $1 in -f) set -- "$(command readlink -f "$R$2")"; echo "${1#$R}" ;; *) command readlink "$R$1" ;; esac; }
R=$NF_ROOT p=/nix/var/nix/profiles
`

// folderRemote is Remote for hosts that are folders.
func folderRemote(ctx context.Context, c RemoteCommand) (int, error) {
	root := filepath.Join(os.Getenv("TEST_HOSTS"), c.Host)
	line := strings.ReplaceAll(c.Line, "/nix/store/", "$R/nix/store/")
	line = strings.NewReplacer("--set $R", "--set ", "test -f $R", "test -f ").Replace(line)
	cmd := exec.CommandContext(ctx, "bash", "-c", rootPrograms+line)
	cmd.Env = append(os.Environ(), "NF_ROOT="+root)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(c.Password.Line()), c.Stdout, os.Stderr
	if c.Stdout == nil {
		cmd.Stdout = os.Stderr
	}
	err := cmd.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return 0, err
	}
	return cmd.ProcessState.ExitCode(), nil
}

// system puts a system on a host, whose switch-to-configuration runs script
// with R as the host's folder and S as the system's.
func (w *testWorld) system(host, name, script string) string {
	w.t.Helper()
	path := "/nix/store/" + strings.Repeat(name[:1], 32) + "-nixos-system-" + host + "-" + name
	w.write(host+path+"/nixos-version", name, 0o644)
	w.write(host+path+"/bin/switch-to-configuration", "#!/bin/sh\nR=$NF_ROOT S="+filepath.Join(w.hosts, host)+path+"\n"+script+"\n", 0o755)
	return path
}

// ended waits for the end of the run and returns the verdict on a host.
func (f *follower) ended(host string) Verdict {
	f.t.Helper()
	v := f.end()
	return *v.Task(host).Verdict
}

const activatesWell = `echo "activating the configuration..." >&2; ln -sfn $S $R/run/current-system`

func TestActivateAPath(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", "exit 9")
	path := w.system("h1", "5", activatesWell)
	if err := os.MkdirAll(filepath.Join(w.hosts, "h1/run/systemd/system"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := w.plan(nixcmd.Switch, "h1")
	p.Hosts[0].Activate = &Activation{Path: path}
	f := w.start(p)
	v := f.end()
	d := v.Task("h1").Verdict
	if d.Outcome != OutcomeOK || !d.ProfileMoved || d.System != path || !strings.HasSuffix(d.Running, path) {
		t.Errorf("%s: %s; %+v\n%s", d.Outcome, d.Reason, d, f.log("h1"))
	}
	if v.Task("h1").PID == 0 {
		t.Error("its process is not known, so that it could not be cancelled")
	}
	if log := f.log("h1"); !strings.HasPrefix(log, "activating "+path+" on h1\n") || !strings.Contains(log, "Done. The new configuration is") {
		t.Errorf("its log:\n%s", log)
	}
}

func TestActivateAGeneration(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", "exit 9")
	path := w.system("h1", "5", activatesWell)
	link := filepath.Join(w.hosts, "h1/nix/var/nix/profiles/system-7-link")
	if err := os.Symlink(filepath.Join(w.hosts, "h1")+path, link); err != nil {
		t.Fatal(err)
	}
	p := w.plan(nixcmd.Switch, "h1")
	p.Hosts[0].Activate = &Activation{Path: path, Generation: 7}
	f := w.start(p)
	if d := f.ended("h1"); d.Outcome != OutcomeOK {
		t.Errorf("%s: %s\n%s", d.Outcome, d.Reason, f.log("h1"))
	}
	if got, err := os.Readlink(filepath.Join(w.hosts, "h1/nix/var/nix/profiles/system")); err != nil || got != "system-7-link" {
		t.Errorf("the profile is %q (%v), want generation 7 and no new one", got, err)
	}

	p = w.plan(nixcmd.Switch, "h1")
	p.Hosts[0].Activate = &Activation{Path: path, Generation: 1}
	f = w.start(p)
	if d := f.ended("h1"); d.Outcome != OutcomeFailed || !strings.Contains(d.Reason, "generation 1 of the host is another system") || d.ProfileMoved {
		t.Errorf("the number of another generation: %s: %s", d.Outcome, d.Reason)
	}
}

func TestActivateFails(t *testing.T) {
	for name, c := range map[string]struct {
		script, reason string
		want           Outcome
	}{
		"units":  {activatesWell + `; echo "warning: the following units failed: bar.service" >&2; exit 4`, "bar.service", OutcomeDegraded},
		"script": {`echo "activating the configuration..." >&2; echo "Failed to run activate script" >&2; exit 2`, "Failed to run activate script", OutcomeFailed},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTestWorld(t)
			w.host("h1", "m1", "exit 9")
			p := w.plan(nixcmd.Switch, "h1")
			p.Hosts[0].Activate = &Activation{Path: w.system("h1", "5", c.script)}
			f := w.start(p)
			if d := f.ended("h1"); d.Outcome != c.want || !strings.Contains(d.Reason, c.reason) {
				t.Errorf("%s: %s\n%s", d.Outcome, d.Reason, f.log("h1"))
			}
		})
	}
	w := newTestWorld(t)
	w.host("h1", "m1", "exit 9")
	p := w.plan(nixcmd.Switch, "h1")
	p.Hosts[0].Activate = &Activation{Path: newSystem}
	f := w.start(p)
	if d := f.ended("h1"); d.Outcome != OutcomeFailed || !strings.Contains(d.Reason, "the host does not have "+newSystem) || d.Changed {
		t.Errorf("a path that is not there: %s: %s", d.Outcome, d.Reason)
	}
}

// A password goes to sudo's standard input, and nowhere else.
func TestActivateWithAPassword(t *testing.T) {
	w := newTestWorld(t)
	p := w.plan(nixcmd.Switch, "h1")
	p.Hosts[0].Password = true
	p.Hosts[0].Activate = &Activation{Path: newSystem}
	dir := t.TempDir()
	if err := writeJSON(runDir(dir).plan(), p); err != nil {
		t.Fatal(err)
	}
	var lines []string
	var given *Secret
	remote := func(_ context.Context, c RemoteCommand) (int, error) {
		said := string(c.Password.Line())
		if c.Password != nil {
			given = c.Password
		}
		if asks := strings.Contains(c.Line, "--stdin"); asks != (said == "secret\n") || strings.Contains(c.Line, "secret") {
			t.Errorf("%s was told %q", c.Line, said)
		}
		lines = append(lines, c.Line)
		return 0, nil
	}
	var out, log bytes.Buffer
	if code := RunActivation(t.Context(), dir, "h1", remote, Streams{strings.NewReader("secret\n"), &out, &log}); code != 0 {
		t.Errorf("exit status %d: %s", code, log.String())
	}
	if given == nil || given.Bytes() != nil {
		t.Error("the password outlives the engine")
	}
	if len(lines) != 4 || !strings.HasPrefix(lines[3], "sudo --prompt= --stdin systemd-run ") || !strings.HasSuffix(lines[3], newSystem+"/bin/switch-to-configuration switch") {
		t.Errorf("it ran:\n%s", strings.Join(lines, "\n"))
	}
	if strings.Contains(log.String(), "secret") || out.String() != newSystem+"\n" {
		t.Errorf("it printed %q and %q", out.String(), log.String())
	}
}

// What is to be confirmed is built by nixos-rebuild first. Sudo asks the old one
// on its terminal, and the steps that follow need the password again.
func TestBuildToConfirmInBothDialects(t *testing.T) {
	const asks = `[ -t 0 ] || exit 9
stty raw -echo; printf '[sudo] password for ops: '; read -r given; stty sane; echo
[ "$given" = secret ] || exit 8; echo ` + newSystem
	for dialect, script := range map[string]string{
		nixcmd.KindBash: asks,
		nixcmd.KindNG:   `read -r given; [ "$given" = secret ] || exit 8; echo ` + newSystem,
	} {
		t.Run(dialect, func(t *testing.T) {
			w := newTestWorld(t)
			w.write("bin/rebuild", "#!/bin/sh\n"+script+"\n", 0o755)
			p := w.plan(nixcmd.Switch, "h1")
			p.Program, p.Dialect.Kind = []string{filepath.Join(w.hosts, "bin/rebuild")}, dialect
			p.Hosts[0].Password, p.Confirm = true, &Confirm{Within: 60}
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "hosts"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := writeJSON(runDir(dir).plan(), p); err != nil {
				t.Fatal(err)
			}
			told := 0
			remote := func(_ context.Context, c RemoteCommand) (int, error) {
				if c.Password != nil && string(c.Password.Line()) == "secret\n" {
					told++
				}
				return 0, nil
			}
			var out, log bytes.Buffer
			if code := RunActivation(t.Context(), dir, "h1", remote, Streams{strings.NewReader("secret\n"), &out, &log}); code != 0 || out.String() != newSystem+"\n" {
				t.Errorf("exit status %d, and it printed %q\n%s", code, out.String(), log.String())
			}
			if told < 3 {
				t.Errorf("sudo was told the password %d times after the build", told)
			}
			if readable(runDir(dir).host("h1", ".built")) {
				t.Error("what nixos-rebuild printed is left")
			}
		})
	}
}
