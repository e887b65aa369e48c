package nixcmd

import (
	"context"
	"net/url"
	"strconv"
	"strings"
)

// HostFacts is what evaluating one host tells.
type HostFacts struct {
	System       string    // hostPlatform, such as "aarch64-linux"
	BuildSystem  string    // buildPlatform; differs when cross-compiled
	HostName     string    // networking.hostName
	FQDN         string    // networking.fqdnOrHostName
	Wanted       string    // toplevel's outPath: the system that the flake wants (W)
	TrustedKeys  []string  // nix.settings.trusted-public-keys
	Machines     []Machine // nix.buildMachines
	StateVersion string
	Deploy       Deploy // colmena's deployment options, if the flake has them
}

// factsFunction evaluates one host in a single call. The system comes first:
// what is wrong with it is what is wrong with the host. Every other fact is
// guarded against options that are missing, and against those that throw.
const factsFunction = `cs: let
  c = cs.%HOST%;
  wanted = c.config.system.build.toplevel.outPath;
  calm = value: let tried = builtins.tryEval (builtins.deepSeq value value); in if tried.success then tried.value else null;
  deployment = c.config.deployment or { };
  machine = m: {
    hostName = m.hostName or null; protocol = m.protocol or null; system = m.system or null; systems = m.systems or [ ];
    sshUser = m.sshUser or null; sshKey = m.sshKey or null; maxJobs = m.maxJobs or null; speedFactor = m.speedFactor or null;
    supportedFeatures = m.supportedFeatures or [ ]; mandatoryFeatures = m.mandatoryFeatures or [ ]; publicHostKey = m.publicHostKey or null;
  };
in builtins.seq wanted {
  inherit wanted;
  system = calm (c.pkgs.stdenv.hostPlatform.system or null);
  buildSystem = calm (c.pkgs.stdenv.buildPlatform.system or null);
  hostName = calm (c.config.networking.hostName or null);
  fqdn = calm (c.config.networking.fqdnOrHostName or null);
  trustedKeys = calm (c.config.nix.settings.trusted-public-keys or [ ]);
  machines = calm (map machine (c.config.nix.buildMachines or [ ]));
  stateVersion = calm (c.config.system.stateVersion or null);
  targetHost = calm (deployment.targetHost or null);
  targetUser = calm (deployment.targetUser or null);
  targetPort = calm (deployment.targetPort or null);
  tags = calm (deployment.tags or [ ]);
  clan = calm (c.config.clan.core.networking.targetHost or null);
}`

// factsAnswer is what factsFunction returns; null is "" or 0 or nothing.
type factsAnswer struct {
	Wanted       string         `json:"wanted"`
	System       string         `json:"system"`
	BuildSystem  string         `json:"buildSystem"`
	HostName     string         `json:"hostName"`
	FQDN         string         `json:"fqdn"`
	TrustedKeys  []string       `json:"trustedKeys"`
	Machines     []buildMachine `json:"machines"`
	StateVersion string         `json:"stateVersion"`
	TargetHost   string         `json:"targetHost"`
	TargetUser   string         `json:"targetUser"`
	TargetPort   int            `json:"targetPort"`
	Tags         []string       `json:"tags"`
	Clan         string         `json:"clan"`
}

// Facts evaluates one host, in one evaluation. Nothing is built or written
// unless the flake imports from derivations.
func (n *Nix) Facts(ctx context.Context, ref, host string) (HostFacts, error) {
	var a factsAnswer
	apply := strings.Replace(factsFunction, "%HOST%", quoteNix(host), 1)
	if err := n.evalAttr(ctx, "evaluating "+host, ref, "nixosConfigurations", apply, &a); err != nil {
		return HostFacts{}, err
	}
	f := HostFacts{
		System: a.System, BuildSystem: a.BuildSystem, HostName: a.HostName, FQDN: a.FQDN, Wanted: a.Wanted,
		TrustedKeys: a.TrustedKeys, StateVersion: a.StateVersion,
		Deploy: Deploy{Host: a.TargetHost, User: a.TargetUser, Port: a.TargetPort, Tags: a.Tags},
	}
	if f.Deploy.Host == "" && a.Clan != "" {
		f.Deploy.Host, f.Deploy.User, f.Deploy.Port = splitTarget(a.Clan)
	}
	for _, m := range a.Machines {
		f.Machines = append(f.Machines, m.machine())
	}
	return f, nil
}

// quoteNix writes s as a Nix string; it also serves as an attribute name.
func quoteNix(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `${`, `\${`, "\n", `\n`).Replace(s) + `"`
}

// splitTarget reads clan's user@host:port?options.
func splitTarget(target string) (host, user string, port int) {
	u, err := url.Parse("ssh://" + target)
	if err != nil {
		return target, "", 0
	}
	port, _ = strconv.Atoi(u.Port()) // no port is 0
	return u.Hostname(), u.User.Username(), port
}
