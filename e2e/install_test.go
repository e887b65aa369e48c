//go:build lab

package e2e

import (
	"crypto/sha256"
	"encoding/base64"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// installer is a lab host that plays a machine with an installer, at an address
// of its own, where no host of the fleet is.
type installer struct {
	*where
	host    string
	address string
}

// Stand-ins on the installer. Each that plays a part in a step can cut the
// connection there, once: it kills the server process that it runs under.
// nixos-install goes on until its log was looked at twice more, which is when
// it was said that it is still at it.
var standIns = map[string]string{
	"cut-here": `[ -e /run/cuts/"$1" ] || exit 0
rm /run/cuts/"$1"; p=$$
while [ "$p" -gt 1 ]; do
  case $(cat /proc/$p/comm) in sshd*) kill -9 "$p"; sleep 5; exit 1 ;; esac
  p=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$p/status)
done; exit 1`,
	"lsblk": `cut-here reach; exec /usr/bin/lsblk "$@"`,
	"nixos-generate-config": `[ "$*" = "--root /mnt --show-hardware-config" ] || { echo "wrong arguments: $*" >&2; exit 1; }
cut-here hardware; echo '{ boot.kernelModules = [ "kvm-amd" ]; }'`,
	"ssh-keygen": `/usr/bin/ssh-keygen "$@" || exit; case $1 in -q) cut-here key ;; esac`,
	"systemctl": `[ "$*" = reboot ] || exec /usr/bin/systemctl "$@"
ln -sfn "$(readlink /mnt/nix/var/nix/profiles/system-1-link)" /run/current-system
cp /mnt/etc/ssh/ssh_host_ed25519_key /mnt/etc/ssh/ssh_host_ed25519_key.pub /etc/ssh/
/usr/bin/systemctl restart ssh; touch /run/cuts/boot; cut-here boot`,
	"nix-store": `case $1 in --serve) cut-here copy ;; esac; exec /usr/bin/nix-store "$@"`,
	"tail": `case $* in *nixfleet-install/log) ;; *) exec /usr/bin/tail "$@" ;; esac
cut-here install || exit; echo >>/run/cuts/looks; [ $(wc -l </run/cuts/looks) -lt 2 ] || rm -f /run/cuts/hold; exec /usr/bin/tail "$@"`,
	"nixos-install": `echo "$*" >>/mnt/calls
[ "${*%/nix/store/*}" = "--root /mnt --no-root-passwd --no-channel-copy --system " ] || { echo "wrong arguments: $*" >&2; exit 1; }
eval "system=\${$#}"
nix-store --store 'local?root=/mnt' --check-validity "$system" || exit 1
[ -f /mnt/etc/ssh/ssh_host_ed25519_key ] || { echo "no host key" >&2; exit 1; }
mkdir -p /mnt/nix/var/nix/profiles && ln -s "$system" /mnt/nix/var/nix/profiles/system-1-link && ln -s system-1-link /mnt/nix/var/nix/profiles/system
while [ -e /run/cuts/hold ]; do sleep 0.1; done
echo 'installation finished!'`,
}

// prepare puts the new host into the flake and an address onto the lab host.
func prepare(t *testing.T, host, address string) *installer {
	t.Helper()
	s := &installer{place(t), host, address}
	path := file(s.dir + "/flake/flake.nix")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const line = `        gone = host { inherit rev; name = "gone"; };`
	newbie := `        newbie = let h = host { inherit rev; name = "newbie"; }; in h // { config = h.config // {
          fileSystems."/".device = "none"; age.secrets = { wifi = { }; door.file = ./door.age; }; disko.devices.disk.main = { };
          services.openssh = { enable = true; hostKeys = [ { type = "ed25519"; path = "/etc/ssh/ssh_host_ed25519_key"; } { type = "rsa"; bits = 2048; path = "/keep/rsa key"; } ]; };
          users.users.root.openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAA nobody" ];
        }; };`
	changed := strings.Replace(string(content), line, newbie, 1)
	if changed == string(content) {
		t.Fatal("the lab's flake has no line to put the new host in")
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	s.must(`sed -i 's/h2 = {/& builder = { systems = [ "x86_64-linux" ]; };/' fleet.nix; grep -q builder fleet.nix`)
	s.seal("ssh-ed25519 AAAA")
	s.ip("add")
	t.Cleanup(func() { s.must("sed -i /^newbie,/d ~/.ssh/known_hosts") })
	t.Cleanup(func() {
		s.onTarget("umount /mnt; rm -rf /run/cuts /run/nixfleet-install; cd /usr/local/bin && rm -f " + strings.Join(standInNames(), " "))
		s.ip("del")
	})
	for _, name := range []string{"newbie", "nobody", "h5"} { // the installer's key is known to each
		s.must("mkdir -p %[1]s/s/nixfleet/installs && echo %[2]s $(ssh %[3]s cat /etc/ssh/ssh_host_ed25519_key.pub) >%[1]s/s/nixfleet/installs/%[4]s.known_hosts", s.dir, address, host, name)
	}
	return s
}

func (s *installer) ip(verb string) {
	if out, err := exec.Command("ip", "-n", theLab.prefix+s.host, "addr", verb, s.address+"/32", "dev", "e0").CombinedOutput(); err != nil {
		s.t.Errorf("%v: %s", err, out)
	}
}

func standInNames() []string {
	var names []string
	for name := range standIns {
		names = append(names, name)
	}
	return names
}

// onTarget runs a line as root on the installer.
func (s *installer) onTarget(line string) string {
	s.t.Helper()
	return s.must("ssh root@%s %s", s.host, quoted(line))
}

// putStandIns turns the lab host into an installer.
func (s *installer) putStandIns() {
	s.t.Helper()
	for name, script := range standIns {
		if err := os.WriteFile(root(s.host, "usr/local/bin/"+name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
	s.onTarget("mkdir -p /run/cuts")
}

// says runs the command and wants an exit code and words.
func (s *installer) says(code int, want, words string) result {
	s.t.Helper()
	r := s.wants(code, "install %s", words)
	if !strings.Contains(r.stdout+r.stderr, want) {
		s.t.Errorf("install %s does not say %q:\n%s%s", words, want, r.stdout, r.stderr)
	}
	return r
}

// cutIn cuts the connection in a step, and wants to be told.
func (s *installer) cutIn(step, words string) {
	s.t.Helper()
	s.onTarget("touch /run/cuts/" + step)
	s.says(1, words, "newbie --rekeyed --yes")
	if out := s.onTarget("ls /run/cuts"); strings.Contains(out, step+"\n") || out == step {
		s.t.Errorf("nothing was cut in %s", step)
	}
}

// TestInstall installs a new host, cut off in each step, undone on the way, and
// started over.
func TestInstall(t *testing.T) {
	need(t, "h2")
	s := prepare(t, "h2", "10.99.1.102")
	target := "--target root@" + s.address

	s.says(2, "--target is missing", "newbie")
	s.says(2, "address of h2", "newbie --target root@10.99.1.2")
	s.says(1, "no nixos-install", "newbie "+target)
	s.putStandIns()
	s.handedOver(target)
	s.onTarget("mount -t tmpfs -o mode=700 tmpfs /mnt")
	s.says(1, "mode 755", "newbie")
	s.onTarget("chmod 755 /mnt; mkdir /mnt/keep; ssh-keygen -q -t rsa -b 2048 -N '' -f '/mnt/keep/rsa key'")
	theirs := s.onTarget("cat '/mnt/keep/rsa key'")
	s.says(1, "no nixosConfigurations.nobody", "nobody "+target)
	s.says(1, "aarch64-linux", "h5 "+target)

	s.factsAlone()
	s.must("echo theirs >hw.nix")
	s.says(3, "hw.nix was there already and is kept", "newbie --hardware hw.nix")
	if got := s.must("cat hw.nix; rm hw.nix"); got != "theirs" {
		t.Errorf("the file that was there is now %q", got)
	}
	s.says(0, "removed 1 of the 1", "newbie --undo")

	s.cutReach(target)
	s.cutIn("hardware", "connection was cut")
	s.cutIn("key", "connection was cut")
	r := s.says(3, "does not open door", "newbie --rekeyed")
	key := s.public()
	if !strings.Contains(r.stdout, key+" root@newbie") {
		t.Errorf("the key %s is not shown:\n%s", key, r.stdout)
	}
	s.seal(key)
	s.cutBuild()
	s.onTarget("mount -o remount,size=8m /mnt")
	s.says(1, "free, and the system needs", "newbie --rekeyed")
	s.onTarget("mount -o remount,size=1g /mnt")
	s.cutIn("copy", "connection was cut")
	s.says(3, "nixos-install waits", "newbie")

	s.undone(theirs)
	s.onTarget("touch /run/cuts/hold")
	s.says(3, "secrets must be rekeyed", "newbie --hardware hw.nix "+target)
	s.seal(s.public())
	s.says(3, ", on h2", "newbie --rekeyed --build-on h2")
	s.cutIn("install", "connection was cut")
	r = s.says(0, "newbie is installed", "newbie --write-entry --write-known-hosts")
	s.introduced()
	s.fixed(r, theirs)
	s.booted(target)
}

// seal encrypts a secret of the new host for a key, as far as its header says,
// and commits that.
func (s *installer) seal(key string) {
	s.t.Helper()
	blob, err := base64.StdEncoding.DecodeString(strings.Fields(key)[1])
	if err != nil {
		s.t.Fatal(err)
	}
	sum := sha256.Sum256(blob)
	header := "age-encryption.org/v1\n-> ssh-ed25519 " + base64.RawStdEncoding.EncodeToString(sum[:4]) + " c2hhcmU\nYm9keQ\n--- bWFj\n"
	if err := os.WriteFile(file(s.dir+"/flake/door.age"), []byte(header), 0o644); err != nil {
		s.t.Fatal(err)
	}
	s.must("git add door.age")
	s.newRevision()
}

// handedOver has nixos-anywhere offered where nothing is mounted, and taken at
// its word only.
func (s *installer) handedOver(target string) {
	s.t.Helper()
	s.must(`printf '%%s\n' '#!/bin/sh' 'case $* in "--flake git+file://"*"/flake#newbie --target-host root@%[2]s --generate-hardware-config nixos-generate-config %[1]s/flake/hw.nix") echo it has them ;; *) echo "wrong arguments: $*"; exit 1 ;; esac' >%[1]s/bin/nixos-anywhere; chmod +x %[1]s/bin/nixos-anywhere`, s.dir, s.address)
	if r := s.says(1, "nothing is mounted at /mnt", "newbie --hardware hw.nix "+target); !strings.Contains(r.stderr, "nixos-anywhere --flake") || strings.Contains(r.stdout, "it has them") {
		s.t.Errorf("it is not offered, or not only: %s%s", r.stdout, r.stderr)
	}
	s.says(0, "it has them", "newbie --hand-over")
	s.must("rm %s/bin/nixos-anywhere", s.dir)
}

// factsAlone writes a hardware configuration without nixos-generate-config, and
// takes it back.
func (s *installer) factsAlone() {
	s.t.Helper()
	s.onTarget("mv /usr/local/bin/nixos-generate-config /run/cuts/")
	s.says(3, "no nixos-generate-config", "newbie --hardware facts.nix")
	s.onTarget("mv /run/cuts/nixos-generate-config /usr/local/bin/")
	got := s.must("nix-instantiate --parse facts.nix >/dev/null && cat facts.nix")
	for _, want := range []string{`fileSystems."/" = {`, `fsType = "tmpfs"`, "availableKernelModules", "hostPlatform"} {
		if !strings.Contains(got, want) {
			s.t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	s.says(0, "removed "+s.dir+"/flake/facts.nix", "newbie --undo --step hardware")
}

// introduced looks whether fleet.nix and known_hosts got what they lacked, once.
func (s *installer) introduced() {
	s.t.Helper()
	key := s.public()
	if got := s.must("nix-instantiate --eval --strict -E '(import ./fleet.nix).hosts.newbie.hostKey + toString (import ./fleet.nix).hosts.h3.tags'"); got != "\""+key+"db\"" {
		s.t.Errorf("fleet.nix says %s", got)
	}
	s.must("git checkout -q fleet.nix") // its address is the installer's, which stays none of the fleet's
	if got := s.must("ssh-keygen -F newbie | grep -c ssh-ed25519; ssh-keygen -F %s | grep -c '%s'", s.address, strings.Fields(key)[1]); got != "1\n1" {
		s.t.Errorf("known_hosts has %s", got)
	}
}

// cutReach is cut before there is anything to go on with.
func (s *installer) cutReach(target string) {
	s.t.Helper()
	s.onTarget("touch /run/cuts/reach")
	s.says(1, "connection was cut", "newbie --hardware hw.nix "+target)
}

// cutBuild kills the program itself while it builds, where nobody said: this
// machine's Nix lists no builder, and fleet.nix has one.
func (s *installer) cutBuild() {
	s.t.Helper()
	s.must(`touch %[1]s/cut; printf '%%s\n' '#!/bin/sh' 'case " $* " in *" build "*) [ ! -e %[1]s/cut ] || { rm %[1]s/cut; kill -9 $PPID; exit 1; } ;; esac' 'exec /usr/bin/nix "$@"' >%[1]s/bin/nix; chmod +x %[1]s/bin/nix`, s.dir)
	if r := s.sh("nixfleet-tui install newbie --rekeyed"); r.code >= 0 { // killed by a signal
		s.t.Errorf("it was not killed, but exited with %d: %s%s", r.code, r.stdout, r.stderr)
	} else if !strings.Contains(r.stdout, "it is built on h2, a builder of the fleet") {
		s.t.Errorf("it does not say where it is built: %s%s", r.stdout, r.stderr)
	}
}

// public is the public half of the new host's key, as the target has it.
func (s *installer) public() string {
	s.t.Helper()
	words := strings.Fields(s.onTarget("/usr/bin/ssh-keygen -y -f /mnt/etc/ssh/ssh_host_ed25519_key"))
	if len(words) < 2 {
		s.t.Fatalf("there is no key, but %q", words)
	}
	return words[0] + " " + words[1]
}

// undone takes all back, and sees that nothing else went.
func (s *installer) undone(theirs string) {
	s.t.Helper()
	s.says(0, "removed "+s.dir+"/flake/hw.nix", "newbie --undo")
	if left := s.onTarget("ls -A /mnt/nix/store /mnt/etc/ssh; cat '/mnt/keep/rsa key'"); !strings.HasSuffix(left, theirs) || strings.Contains(left, "nixos-system") || strings.Contains(left, "ssh_host") {
		s.t.Errorf("after undo there is\n%s", left)
	}
	s.must("test ! -e hw.nix")
}

// fixed looks at what came of it.
func (s *installer) fixed(r result, theirs string) {
	s.t.Helper()
	key := s.public()
	for _, want := range []string{"newbie," + s.address + " " + key, `hostKey = "` + key + `"`, "nixos-install is still at it"} {
		if !strings.Contains(r.stdout, want) {
			s.t.Errorf("%q is missing in\n%s", want, r.stdout)
		}
	}
	if own := s.onTarget("cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub"); own == key {
		s.t.Error("the new host got the installer's own key")
	}
	if got := s.onTarget("cat '/mnt/keep/rsa key'"); got != theirs {
		s.t.Error("a key that was there is another now")
	}
	if calls := s.onTarget("cat /mnt/calls"); strings.Count(calls, "\n") != 0 || !strings.Contains(calls, "nixos-system-newbie") {
		s.t.Errorf("nixos-install was called so:\n%s", calls)
	}
	s.onTarget(`/usr/bin/nix-store --store 'local?root=/mnt' --check-validity $(/usr/bin/nix-store --store 'local?root=/mnt' -q --requisites $(readlink /mnt/nix/var/nix/profiles/system-1-link))`)
	if got := s.must("cat hw.nix"); !strings.Contains(got, "kvm-amd") {
		s.t.Errorf("the hardware configuration is %q", got)
	}
	if out := s.sh("grep -rl 'PRIVATE KEY' %s/s %s/c %s/flake", s.dir, s.dir, s.dir); out.stdout != "" {
		s.t.Errorf("a private key was left in %s", out.stdout)
	}
	s.says(1, "nixos-install has been there already", "newbie --undo")
}

// booted lets the installer turn into the new host: its key, its system.
func (s *installer) booted(target string) {
	s.t.Helper()
	s.t.Cleanup(func() { // when the files below are back
		s.must("ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@%s /usr/bin/systemctl restart ssh", s.host)
	})
	for _, path := range []string{"etc/ssh/ssh_host_ed25519_key", "etc/ssh/ssh_host_ed25519_key.pub"} {
		old, err := os.ReadFile(root(s.host, path))
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() {
			if err := os.WriteFile(root(s.host, path), old, 0o600); err != nil {
				s.t.Error(err)
			}
		})
	}
	r := s.says(0, "newbie is up, with its own key", "newbie --reboot "+target)
	if !strings.Contains(r.stdout, "runs /nix/store/") {
		s.t.Errorf("it does not say what runs:\n%s", r.stdout)
	}
}
