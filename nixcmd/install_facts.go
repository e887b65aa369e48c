package nixcmd

import (
	"context"
	"strings"
)

// InstallFacts is what has to be known of a host before it is installed. A
// pointer that is nil, or a list, says that the configuration has no such option.
type InstallFacts struct {
	System      string    `json:"system"`      // hostPlatform
	HostName    string    `json:"hostName"`    // networking.hostName
	Wanted      string    `json:"wanted"`      // toplevel's outPath
	FileSystems []string  `json:"fileSystems"` // mount points; nil: not known
	SSH         *bool     `json:"ssh"`         // services.openssh.enable
	HostKeys    []HostKey `json:"hostKeys"`    // services.openssh.hostKeys; nil: not known
	LoginKeys   []string  `json:"loginKeys"`   // authorized keys of all users; nil: not known
	Secrets     []Secret  `json:"secrets"`     // agenix's
	Sops        []string  `json:"sops"`        // names of sops-nix's secrets that the host's SSH key opens
	Disko       bool      `json:"disko"`       // disko says how its disks are to be made
}

// Secret is one of agenix's: its name, and the encrypted file as the flake has
// it in the store; "" where it names none.
type Secret struct {
	Name string `json:"name"`
	File string `json:"file"`
}

// HostKey is one of services.openssh.hostKeys.
type HostKey struct {
	Type string `json:"type"`
	Path string `json:"path"`
	Bits int    `json:"bits"` // 0: ssh-keygen's default
}

// installFunction reads a host in a single evaluation; what is missing is null.
const installFunction = `cs: let
  c = cs.%HOST%;
  calm = value: let tried = builtins.tryEval (builtins.deepSeq value value); in if tried.success then tried.value else null;
  sshd = c.config.services.openssh or { };
  wanted = c.config.system.build.toplevel.outPath;
in builtins.seq wanted {
  inherit wanted;
  system = calm (c.pkgs.stdenv.hostPlatform.system or null);
  hostName = calm (c.config.networking.hostName or null);
  fileSystems = calm (if c.config ? fileSystems then builtins.attrNames c.config.fileSystems else null);
  ssh = calm (sshd.enable or null);
  hostKeys = calm (if sshd ? hostKeys then map (k: { type = k.type; path = toString k.path; bits = k.bits or 0; }) sshd.hostKeys else null);
  loginKeys = calm (if c.config ? users.users
    then builtins.concatMap (u: (u.openssh.authorizedKeys.keys or [ ]) ++ map builtins.readFile (u.openssh.authorizedKeys.keyFiles or [ ])) (builtins.attrValues c.config.users.users)
    else null);
  secrets = calm (let all = c.config.age.secrets or { }; in map (name: { inherit name; file = toString (all.${name}.file or ""); }) (builtins.attrNames all));
  sops = calm (if (c.config.sops.age.sshKeyPaths or [ ]) == [ ] then [ ] else builtins.attrNames (c.config.sops.secrets or { }));
  disko = calm ((c.config.disko.devices.disk or { }) != { });
}`

// InstallFacts evaluates one host. A host that the flake lacks is an error
// whose message names the attribute.
func (n *Nix) InstallFacts(ctx context.Context, ref, host string) (InstallFacts, error) {
	var f InstallFacts
	apply := strings.Replace(installFunction, "%HOST%", quoteNix(host), 1)
	err := n.evalAttr(ctx, "evaluating "+host, ref, "nixosConfigurations", apply, &f)
	return f, err
}

// SystemAttr is the installable of a host's toplevel, for nix build.
func SystemAttr(ref, host string) string {
	return ref + "#nixosConfigurations." + quoteNix(host) + ".config.system.build.toplevel"
}
