package nixcmd

import "strings"

// clue is a text by which a known trouble is recognised, and what to do about
// it. The sooner in the table, the more it explains.
type clue struct {
	text  string
	hint  string
	lost  bool // the link broke
	asked bool // a question was asked that nobody could answer
}

// clues are looked for in plain lines and in nix's errors.
var clues = [...]clue{
	{text: "REMOTE HOST IDENTIFICATION HAS CHANGED", hint: "the host shows another key than known_hosts has: was it reinstalled? Compare its fingerprint, then `ssh-keygen -R HOST` and connect once by hand"},
	{text: "host key is known for", hint: hostKeyHint, asked: true},
	{text: "Host key verification failed", hint: hostKeyHint, asked: true},
	{text: "No matching host key", hint: hostKeyHint},
	{text: "Too many authentication failures", hint: "the agent offers too many keys: set IdentitiesOnly and IdentityFile for this host in ~/.ssh/config"},
	{text: "Permission denied (", hint: "ssh was refused: check the user, and that your agent holds a key that the host accepts (`ssh-add -l`)"},
	{text: "Could not resolve hostname", hint: "the name cannot be resolved: set address in fleet.nix or HostName in ~/.ssh/config"},
	{text: "cannot connect to socket at '", hint: "the Nix daemon does not listen where it was to be built: see `systemctl status nix-daemon.socket` there"},
	{text: "Connection refused", hint: "nothing listens there: check address and port, and that sshd runs"},
	{text: "No route to host", hint: "the machine cannot be reached: is it up, and the network or VPN too?"},
	{text: "Network is unreachable", hint: "the machine cannot be reached: is the network or VPN up?"},
	{text: "Connection timed out", hint: downHint},
	{text: "Operation timed out", hint: downHint},
	{text: "timed out during banner exchange", hint: downHint},
	{text: "kex_exchange_identification: ", hint: "the host closed the connection before the login: it may be busy, still booting, or refuse us for a while after failed attempts"},
	{text: "lacks a signature by a trusted key", hint: "the host does not trust who built this: let it build for itself, add the login user to nix.settings.trusted-users, or trust the builder's signing key"},
	{text: "you are not privileged to build input-addressed derivations", hint: "the builder does not trust our user: add it to nix.settings.trusted-users there"},
	{text: "No space left on device", hint: "a disk is full: free space with `nix-collect-garbage -d`, or on /boot with a lower configurationLimit of the boot loader"},
	{text: "a terminal is required", hint: sudoHint, asked: true},
	{text: "a password is required", hint: sudoHint, asked: true},
	{text: "is not in the sudoers file", hint: "this user may not use sudo on the host: log in as another, or allow it in security.sudo"},
	{text: "sudo: command not found", hint: "the host has no sudo: log in as root and set sudo = false in fleet.nix"},
	{text: "EOFError: EOF when reading a line", hint: "something asked for a password and nobody could answer: log in as root, or allow sudo without one", asked: true},
	{text: "read_passphrase: can't open", hint: "a key has a passphrase: add it to the agent first (`ssh-add`)", asked: true},
	{text: "Could not acquire lock", hint: "somebody else is switching this host (it holds /run/nixos/switch-to-configuration.lock): wait for that to end"},
	{text: "was already loaded or has a fragment file", hint: "an activation is running on the host, or one got stuck: `systemctl status nixos-rebuild-switch-to-configuration`"},
	{text: "Pre-switch check", hint: "the new system refuses to replace the running one: deploy it with boot and reboot"},
	{text: "won't take effect until you reboot", hint: "reboot the host to make it take effect"},
	{text: "Failed to install bootloader", hint: "the boot loader could not be written: check /boot and its free space"},
	{text: "client_loop: send disconnect", hint: lostHint, lost: true},
	{text: "closed by remote host", hint: lostHint, lost: true},
	{text: "Timeout, server ", hint: lostHint, lost: true},
	{text: "packet_write_wait: ", hint: lostHint, lost: true},
	{text: "read from master failed: ", hint: lostHint, lost: true},
	{text: "Connection reset by ", hint: lostHint, lost: true},
	{text: "Cannot allocate memory", hint: memoryHint},
	{text: "ut of memory", hint: memoryHint},
	{text: "Failed to find a machine for remote build", hint: "no builder offers what this derivation needs: compare its system and features with nix.buildMachines"},
	{text: "is required to build", hint: platformHint},
	{text: "required system or feature not available", hint: platformHint},
	{text: "hash mismatch in fixed-output derivation", hint: "what is downloaded has changed, or its hash in the flake is wrong: check why, then put in the one that was got"},
	{text: "mismatch in field 'narHash'", hint: "the tree has changed since it was read: start again"},
	{text: "NAR hash mismatch", hint: "the tree has changed since it was read: start again"},
	{text: "requires lock file changes", hint: "bring the lock file up to date with `nix flake lock`, look at it, and commit it"},
	{text: "is not tracked by Git", hint: trackedHint},
	{text: "/flake.nix' does not exist", hint: trackedHint},
	{text: "getting status of '", hint: "there is no such file: go to the flake's directory, or name it with --flake"},
	{text: "could not find a flake.nix file", hint: "go to the flake's directory, or name it with --flake"},
	{text: "does not provide attribute", hint: "the flake has no such host; `nix flake show` lists those that it has"},
	{text: "unable to download '", hint: "an input or a substitute could not be fetched: is the network up, and the server?"},
	{text: "experimental Nix feature", hint: "this Nix forbids flakes: allow nix-command and flakes in experimental-features"},
	{text: "Nix daemon disconnected unexpectedly", hint: "the nix daemon went away: see `journalctl -u nix-daemon` where it was building"},
	{text: "error: unrecognized arguments: ", hint: argumentHint},
	{text: "nixos-rebuild: unknown option `", hint: argumentHint},
	{text: "unexpected end-of-file", hint: "the other side of a copy went away: see whether the machine is up, and `journalctl -u nix-daemon` on it"},
}

const (
	hostKeyHint  = "connect once with ssh by hand to check and accept the host's key, or set hostKey in fleet.nix"
	downHint     = "the machine does not answer: is it up, and the network or VPN too?"
	lostHint     = "the connection broke: see whether the machine is up and what it runs now"
	platformHint = "nobody here can build for this system: build elsewhere with --build-on, or emulate it with boot.binfmt.emulatedSystems"
	trackedHint  = "a flake in a git repository sees only the files that git knows: `git add` what is missing"
	sudoHint     = "sudo wants a password that nobody can type here: allow sudo without one for this user, or log in as root"
	argumentHint = "what follows -- goes to nixos-rebuild as it is: `nixos-rebuild --help` lists what it takes"
	memoryHint   = "not enough memory: run fewer at a time with --parallel, or build elsewhere with --build-on"
)

// clueIn finds the first known text in what was printed.
func clueIn(printed string) (clue, bool) {
	for _, c := range clues {
		if strings.Contains(printed, c.text) {
			return c, true
		}
	}
	return clue{}, false
}

// hintFor is what to do about what was printed, or "".
func hintFor(printed string) string {
	c, _ := clueIn(printed)
	return c.hint
}

// bestClue is the one of those found that stands first in the table.
func bestClue(found []clue) (clue, bool) {
	for _, c := range clues {
		for _, f := range found {
			if f.text == c.text {
				return f, true
			}
		}
	}
	return clue{}, false
}

// look notes what is known of a line.
func (s *finder) look(line string) {
	c, ok := clueIn(line)
	if !ok {
		return
	}
	for _, known := range s.clues {
		if known.text == c.text {
			return
		}
	}
	s.clues = append(s.clues, c)
	if !strings.HasPrefix(line, "error:") {
		s.clueLines = addOnce(s.clueLines, line)
	}
}
