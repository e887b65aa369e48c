# The options of NixOS that ./../module.nix sets or reads, with the types and
# defaults that they have there, and what NixOS itself says of them.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  option = type: default: mkOption { inherit type default; };
  texts = types.listOf types.str;
in
{
  options = {
    assertions = option (types.listOf types.raw) [ ];
    warnings = option texts [ ];

    networking.hostName = option types.str "nixos";

    programs.ssh.extraConfig = option types.lines "";
    programs.ssh.knownHosts = option
      (types.attrsOf (types.submodule {
        hostNames = mkOption { type = texts; };
        publicKey = option (types.nullOr types.str) null;
      }))
      { };

    nix.distributedBuilds = option types.bool false;
    nix.buildMachines = option
      (types.listOf (types.submodule {
        hostName = mkOption { type = types.str; };
        protocol = option (types.enum [ null "ssh" "ssh-ng" ]) "ssh";
        system = option (types.nullOr types.str) null;
        systems = option texts [ ];
        sshUser = option (types.nullOr types.str) null;
        sshKey = option (types.nullOr types.str) null;
        maxJobs = option types.int 1;
        speedFactor = option types.number 1;
        mandatoryFeatures = option texts [ ];
        supportedFeatures = option texts [ ];
        publicHostKey = option (types.nullOr types.str) null;
      })) [ ];
    nix.settings = option (types.attrsOf texts) { };

    users.users = option
      (types.attrsOf (types.submodule {
        isNormalUser = option types.bool false;
        isSystemUser = option types.bool false;
        group = option types.str "";
        useDefaultShell = option types.bool false;
        openssh.authorizedKeys.keys = option texts [ ];
      }))
      { };
    users.groups = option (types.attrsOf (types.submodule { })) { };

    security.pam.ussh = {
      enable = option types.bool false;
      caFile = option (types.nullOr types.path) null;
      authorizedPrincipals = option (types.nullOr types.commas) null;
      group = option (types.nullOr types.str) null;
      control = option (types.enum [ "required" "requisite" "sufficient" "optional" ]) "sufficient";
    };

    services.openssh.settings = option (types.attrsOf types.str) { };
  };

  config.nix.settings = {
    trusted-public-keys = [ "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=" ];
    trusted-users = [ "root" ];
  };
}
