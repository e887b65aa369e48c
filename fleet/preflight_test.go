package fleet

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

func surveyRoot(t *testing.T, l local) Survey {
	t.Helper()
	s, err := ReadSurvey(t.Context(), l, Questions{}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// withPrograms is a PATH in which scripts come before the real programs.
func withPrograms(t *testing.T, scripts map[string]string) string {
	t.Helper()
	bin := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

func TestSurveyOfNixOS(t *testing.T) {
	path := withPrograms(t, map[string]string{
		"id": "echo 'uid=1000(ops) gid=100(users) groups=100(users),1(wheel),996(nix-users) context=u:r'",
		"df": `echo Filesystem 1024-blocks Used Available Capacity Mounted on
for d; do case $d in
  */nix/store) echo /dev/sda2 104857600 1 2097152 98% /nix/store ;;
  */boot) echo /dev/sda1 524288 1 102400 80% /boot ;;
esac; done`,
	})
	for name, words := range shells(t) {
		t.Run(name, func(t *testing.T) {
			root := nixos(t)
			root.file("/boot/loader", "")
			root.file("/proc/sys/kernel/arch", "aarch64\n")
			root.file("/etc/nix/nix.conf", `# written by NixOS
builders = @/etc/nix/machines
extra-platforms = armv7l-linux i686-linux
require-sigs = true
trusted-public-keys = cache.nixos.org-1:KEY= kelyus-1:KEY=
extra-trusted-public-keys = indri-1:KEY=
trusted-users = root
access-tokens = github.com=SECRET`)
			root.file("/etc/nix/machines", "ssh-ng://nix@kelyus x86_64-linux,i686-linux /key 4 10 kvm - -\n\n# none\nssh://indri")
			s := surveyRoot(t, local{root: root.dir, shell: words, path: path})
			if s.Reading.Generation != 42 || s.Reading.Revision != "0123456789012345678901234567890123456789" {
				t.Errorf("read %+v", s.Reading)
			}
			const mib = 1 << 20
			want := Survey{
				Reading: s.Reading, User: "ops", Groups: []string{"users", "wheel", "nix-users"},
				Store: Space{Disk{102400 * mib, 2048 * mib}, "/nix/store"}, Boot: Space{Disk{512 * mib, 100 * mib}, "/boot"},
				Conf: NixConf{Read: true, Builders: s.Conf.Builders, ExtraPlatforms: []string{"armv7l-linux", "i686-linux"},
					TrustedKeys: []string{"cache.nixos.org-1:KEY=", "kelyus-1:KEY=", "indri-1:KEY="}},
				Machines: s.Machines,
			}
			if !reflect.DeepEqual(s, want) {
				t.Errorf("got  %+v\nwant %+v", s, want)
			}
			if len(s.Machines) != 2 || s.Machines[0].HostName != "kelyus" || !slices.Equal(s.Machines[1].Systems, []string{"aarch64-linux"}) {
				t.Errorf("builders: %+v", s.Machines)
			}
			if strings.Contains(fmt.Sprintf("%+v", s), "SECRET") {
				t.Error("a secret of nix.conf was read")
			}
		})
	}
}

func TestSurveyOfWhatThereIs(t *testing.T) {
	for name, words := range shells(t) {
		s := surveyRoot(t, local{root: newRoot(t).dir, shell: words})
		if s.Conf.Read || s.Machines != nil || s.Store.Total != 0 || s.Activation != nil || s.User == "" || s.System() == "" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// Preflight must cost little on each of many hosts.
func TestSurveyStartsFewPrograms(t *testing.T) {
	root := nixos(t)
	root.file("/boot/loader", "")
	root.file("/proc/sys/kernel/arch", "aarch64\n")
	root.file("/etc/nix/nix.conf", "require-sigs = true\n")
	log := filepath.Join(t.TempDir(), "log")
	scripts := map[string]string{}
	for _, name := range []string{"readlink", "stat", "id", "df", "uname", "tr", "cat", "sed", "awk", "ps", "who", "systemctl", "date"} {
		scripts[name] = fmt.Sprintf("echo %s >>%s; PATH=/usr/bin:/bin exec %s \"$@\"", name, log, name)
	}
	surveyRoot(t, local{root: root.dir, path: withPrograms(t, scripts)})
	started, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(started)); !slices.Equal(got, []string{"readlink", "id", "df", "stat"}) {
		t.Errorf("started %v", got)
	}
}

// TestSurveyAsksWhileItWaitsForLocks: to read the list of locks takes a host
// longer than all the rest, which is asked in that time.
func TestSurveyAsksWhileItWaitsForLocks(t *testing.T) {
	for name, words := range shells(t) {
		t.Run(name, func(t *testing.T) {
			root := nixos(t)
			lock := "/run/nixos/switch-to-configuration.lock"
			root.file(lock, "")
			root.file("/nix/var/nix/userpool/30001", "")
			var locks string
			for i, path := range []string{lock, "/nix/var/nix/userpool/30001"} {
				dev, inode := identity(t, filepath.Join(root.dir, path))
				locks += fmt.Sprintf("%d: FLOCK  ADVISORY  WRITE 77 %s:%d 0 EOF\n", i, dev, inode)
			}
			root.file("/proc/locks", locks)
			asked := filepath.Join(t.TempDir(), "asked")
			s := surveyRoot(t, local{root: root.dir, shell: words, path: withPrograms(t, map[string]string{
				"df": "echo >" + asked,
				"cat": `case ${1-} in */locks) i=0; until [ -e ` + asked + ` ]; do i=$((i + 1)); [ $i -lt 500 ] || exit 1; sleep 0.02; done ;; esac
PATH=/usr/bin:/bin exec cat "$@"`,
				"systemctl": "exit 0", "ps": "exit 0", "who": "echo alice pts/0",
			})})
			if !s.Reading.Switching || s.Reading.Builds != 1 || s.Activation == nil || len(s.Activation.Logins) != 1 {
				t.Errorf("switching %v, %d builds, activation %+v", s.Reading.Switching, s.Reading.Builds, s.Activation)
			}
		})
	}
}

func TestBuildersSetting(t *testing.T) {
	for conf, want := range map[string]string{
		"":                             "listed",
		"builders =":                   "",
		"builders = @/etc/nix/other":   "",
		"builders = ssh://a ; ssh://b": "a b",
		"builders = @/etc/nix/machines ; ssh://b": "listed b",
	} {
		root := nixos(t)
		root.file("/etc/nix/nix.conf", conf+"\n")
		root.file("/etc/nix/machines", "ssh://listed\n")
		var names []string
		for _, m := range surveyRoot(t, local{root: root.dir}).Machines {
			names = append(names, m.HostName)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q: got %q, want %q", conf, got, want)
		}
	}
}

func TestSurveyTellsWhoSwitches(t *testing.T) {
	// The process tree of `ssh host sudo systemd-run … switch-to-configuration`.
	ps := `case $* in
  *"-A"*) printf '%s\n' "    1 /sbin/init" "  700 sudo systemd-run --unit=x /nix/store/s/bin/switch-to-configuration switch" "  900 /nix/store/s/bin/switch-to-configuration switch" ;;
  *"ppid= -o user= -p 700") echo "    600 root" ;;
  *"ppid= -o user= -p 600") echo "    500 eve" ;;
  *"ppid= -o user= -p 900") echo "      1 root" ;;
  *"etimes= -p 900") echo "     95" ;;
  *"args= -p 900") echo "/nix/store/s/bin/switch-to-configuration switch" ;;
esac`
	path := withPrograms(t, map[string]string{"ps": ps, "systemctl": "echo 900", "who": "echo 'eve  pts/0  2026-11-23 01:00 (10.0.0.7)'"})
	for name, words := range shells(t) {
		root := nixos(t)
		if surveyRoot(t, local{root: root.dir, shell: words, path: path}).Activation != nil {
			t.Fatal("nobody is switching")
		}
		root.file("/run/systemd/transient/nixos-rebuild-switch-to-configuration.service", "")
		want := &Activation{By: "eve", For: 95 * time.Second, Command: "/nix/store/s/bin/switch-to-configuration switch", Logins: []string{"eve  pts/0  2026-11-23 01:00 (10.0.0.7)"}}
		if got := surveyRoot(t, local{root: root.dir, shell: words, path: path}).Activation; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	// Where nothing can be seen it is said that somebody switches, and no more.
	root := nixos(t)
	root.file("/run/systemd/transient/nixos-rebuild-switch-to-configuration.service", "")
	blind := withPrograms(t, map[string]string{"ps": "exit 1", "systemctl": "exit 1", "who": "exit 1"})
	if got := surveyRoot(t, local{root: root.dir, path: blind}).Activation; got == nil || !reflect.DeepEqual(*got, Activation{}) {
		t.Errorf("got %+v", got)
	}
}

func TestSystemAndBuilds(t *testing.T) {
	for _, c := range []struct {
		os, arch, conf, system string
		builds                 map[string]bool
	}{
		{"Linux", "x86_64", "", "x86_64-linux", map[string]bool{"x86_64-linux": true, "i686-linux": true, "aarch64-linux": false}},
		{"Darwin", "arm64", "", "aarch64-darwin", map[string]bool{"aarch64-darwin": true, "x86_64-darwin": false}},
		{"Linux", "x86_64", "i686-linux", "i686-linux", map[string]bool{"x86_64-linux": false}},
		{"", "", "", "", map[string]bool{"x86_64-linux": false}},
	} {
		s := Survey{Reading: Reading{OS: c.os, Arch: c.arch}, Conf: NixConf{System: c.conf}}
		if s.System() != c.system {
			t.Errorf("%s %s is %q", c.os, c.arch, s.System())
		}
		for system, want := range c.builds {
			if s.Builds(system) != want {
				t.Errorf("%s builds %s: %v", c.system, system, !want)
			}
		}
	}
}

func TestSudoAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		sudo string // what stands in PATH
		want Sudo
		said string
	}{
		"works":             {"exit 0", SudoWorks, ""},
		"asked as we do it": {`[ "$*" = "-k -p  -- true" ] && [ "$LC_ALL" = C ] && ! read -r _`, SudoWorks, ""},
		"no tty":            {"echo 'sudo: a terminal is required to read the password; either use the -S option' >&2; echo 'sudo: a password is required' >&2; exit 1", SudoPassword, "sudo: a password is required"},
		"sudo-rs":           {"echo 'sudo: interactive authentication is required' >&2; exit 1", SudoPassword, "sudo: interactive authentication is required"},
		"not in sudoers":    {"echo 'ops is not in the sudoers file.' >&2; exit 1", SudoRefused, "ops is not in the sudoers file."},
		"not this command":  {"echo 'Sorry, user ops is not allowed to execute true as root on h1.' >&2; exit 1", SudoRefused, "Sorry, user ops is not allowed to execute true as root on h1."},
		"no setuid":         {"echo 'sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set' >&2; exit 1", SudoBroken, "sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set"},
		"something odd":     {"echo 'sudo: the moon is full' >&2; exit 1", SudoUnknown, "sudo: the moon is full"},
		"none":              {"", SudoMissing, ""},
	} {
		t.Run(name, func(t *testing.T) {
			scripts := map[string]string{"sudo": c.sudo}
			if c.sudo == "" {
				scripts = nil
			}
			path := withPrograms(t, scripts)
			env, err := os.ReadFile("/usr/bin/env")
			if err != nil {
				t.Skip("there is no /usr/bin/env here")
			}
			if err := os.WriteFile(filepath.Join(path, "env"), env, 0o755); err != nil {
				t.Fatal(err)
			}
			got, said := askSudo(t.Context(), local{shell: []string{"/bin/sh", "-c", sudoLine}, path: path}, false)
			if got != c.want || c.said != "" && said != c.said {
				t.Errorf("got %s: %q", got, said)
			}
		})
	}
}

// replies is a machine that answers each command line as a function does.
type replies func(ctx context.Context, c sshutil.Command) (sshutil.Result, error)

func (a replies) Run(ctx context.Context, c sshutil.Command) (sshutil.Result, error) {
	return a(ctx, c)
}
func (replies) Close() error { return nil }

func TestSudoGoesWithoutAnAgentThatIsRefused(t *testing.T) {
	var asked []bool
	got, _ := askSudo(t.Context(), replies(func(_ context.Context, c sshutil.Command) (sshutil.Result, error) {
		asked = append(asked, c.ForwardAgent)
		if c.ForwardAgent {
			return sshutil.Result{}, &sshutil.Error{Kind: sshutil.KindExecFailed, Message: "the host does not let the agent be forwarded"}
		}
		return sshutil.Result{}, nil
	}), true)
	if got != SudoWorks || !slices.Equal(asked, []bool{true, false}) {
		t.Errorf("got %s after %v", got, asked)
	}
}

// A sudo that says nothing takes none of the other answers with it.
func TestSurveyIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		s, err := ReadSurvey(t.Context(), replies(func(ctx context.Context, c sshutil.Command) (sshutil.Result, error) {
			if c.Line == scriptCommand {
				return sshutil.Result{Stdout: []byte(lines("host", "h1", "end", "1"))}, nil
			}
			<-ctx.Done()
			return sshutil.Result{}, &sshutil.Error{Kind: sshutil.KindTimeout, Message: "no answer", Err: ctx.Err()}
		}), Questions{Sudo: true, Agent: true}, time.Now)
		if err != nil || s.Reading.Host != "h1" || s.Sudo != SudoSilent {
			t.Errorf("got %+v, %v", s, err)
		}
		if took := time.Since(begun); took != surveyTimeout {
			t.Errorf("it took %s", took)
		}
	})
}

// When the machine cannot be read, nobody waits for its sudo.
func TestSurveyEndsWithTheReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		_, err := ReadSurvey(t.Context(), replies(func(ctx context.Context, c sshutil.Command) (sshutil.Result, error) {
			if c.Line != scriptCommand {
				<-ctx.Done()
			}
			return sshutil.Result{Stdout: []byte("This account is not available.\n"), ExitCode: 1}, nil
		}), Questions{Sudo: true}, time.Now)
		if e := sshError(err); e.Kind != sshutil.KindExecFailed || time.Since(begun) != 0 {
			t.Errorf("got %v after %s", err, time.Since(begun))
		}
	})
}

// daemons answers the script, and starts a Nix daemon that says some bytes.
type daemons struct {
	replies
	says []byte
	line chan string
}

func (d daemons) Stream(_ context.Context, line string) (io.ReadWriteCloser, error) {
	d.line <- line
	ours, theirs := net.Pipe()
	go func() {
		defer theirs.Close()
		heard := make(chan struct{})
		go func() {
			defer close(heard)
			io.Copy(io.Discard, theirs) // until whoever asked leaves
		}()
		theirs.Write(d.says) // who leaves early has heard enough
		<-heard
	}()
	return ours, nil
}

func TestTrust(t *testing.T) {
	yes := replies(func(context.Context, sshutil.Command) (sshutil.Result, error) {
		return sshutil.Result{Stdout: []byte(lines("host", "h1", "end", "1"))}, nil
	})
	for trust, want := range map[uint64]nixcmd.Trust{1: nixcmd.Trusted, 2: nixcmd.NotTrusted, 0: nixcmd.TrustUnknown} {
		d := daemons{yes, handshake(trust), make(chan string, 1)}
		s, err := ReadSurvey(t.Context(), d, Questions{Trust: true}, time.Now)
		if err != nil || s.TrustErr != nil || s.Trust != want || s.Sudo != SudoNotAsked {
			t.Errorf("%d: got %+v, %v", trust, s, err)
		}
		if line := <-d.line; line != "nix-daemon --stdio" {
			t.Errorf("started %q", line)
		}
	}
	d := daemons{yes, []byte("Welcome to h1! It is a fine day.\n"), make(chan string, 1)}
	if s, err := ReadSurvey(t.Context(), d, Questions{Trust: true}, time.Now); err != nil || s.TrustErr == nil || s.Reading.Host != "h1" {
		t.Errorf("a greeting: %+v, %v", s, err)
	}
	if s, err := ReadSurvey(t.Context(), yes, Questions{Trust: true}, time.Now); err != nil || s.TrustErr == nil {
		t.Errorf("a connection without streams: %+v, %v", s, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	silent := daemons{yes, nil, make(chan string, 1)}
	go func() {
		<-silent.line
		cancel()
	}()
	if _, err := askTrust(ctx, silent); err == nil {
		t.Error("a daemon that says nothing was waited for in vain")
	}
}

// handshake is what a daemon of Nix 2.26 says to a client.
func handshake(trust uint64) []byte {
	var b bytes.Buffer
	number := func(n uint64) { b.Write(binary.LittleEndian.AppendUint64(nil, n)) }
	number(0x6478696f)
	number(1<<8 | 37)
	number(6)
	b.WriteString("2.26.3\x00\x00")
	number(trust)
	number(0x616c7473)
	return b.Bytes()
}
