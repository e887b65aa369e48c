# The fleet as one NixOS machine of it sees it: what ./lib.nix works out from
# fleet.nix, given to the options of NixOS that it is for. Only the known hosts
# come by themselves; the rest is switched on by name.
{ config, lib, ... }:
let
  inherit (lib) concatStringsSep literalExpression mkIf mkMerge mkOption optional types;

  fleetLib = import ./lib.nix;
  cfg = config.nixfleet;
  self = cfg.self;

  # With a mistake in it, the inventory says nothing at all, so that what NixOS
  # reports is the mistake and not where an evaluation stumbled over it.
  mistakes = fleetLib.mistakes cfg.inventory;
  fleet = if mistakes == [ ] then cfg.inventory else { };

  named = map (machine: machine.name) (fleetLib.find self fleet);
  role = fleetLib.builderRole self fleet;
  clashes = fleetLib.ambiguousFor self fleet;
  caFile = fleetLib.caFile fleet;

  # Whom the role is played for, or null.
  sshUser = if cfg.builderRole.enable && role != null then role.sshUser else null;

  # An assertion on the inventory, which must be without mistakes to be judged.
  must = assertion: message: { assertion = mistakes != [ ] || assertion; message = "nixfleet: ${message}"; };
  hasCA = option: must (caFile != null)
    "${option} needs the public key of an SSH certificate authority: set ca.publicKey in fleet.nix.";

  switch = description: mkOption {
    type = types.bool;
    default = false;
    example = true;
    inherit description;
  };
in
{
  options.nixfleet = {
    inventory = mkOption {
      type = types.raw;
      example = literalExpression "import ./fleet.nix";
      description = ''
        The fleet: the attribute set in `fleet.nix`, which `nixfleet-tui` reads
        too. A key that neither knows is an error.
      '';
    };

    self = mkOption {
      type = types.str;
      default = config.networking.hostName;
      defaultText = literalExpression "config.networking.hostName";
      example = "kelyus";
      description = ''
        Which machine of the fleet this one is: its attribute in `hosts` or
        `builders` of `fleet.nix`, or its address. It must be one of them, or a
        machine might be told to build on itself.
      '';
    };

    dispatch.enable = switch ''
      Whether this machine sends builds to the builders of the fleet, itself
      excepted: sets `nix.buildMachines` and `nix.distributedBuilds`, and trusts
      the keys that the builders sign with (`signingKey`). A builder whose ssh
      listens on another port than 22 gets that port in `programs.ssh.extraConfig`.
    '';

    builderRole = {
      enable = switch ''
        Whether this machine builds for the others, as its `builder` entry in
        `fleet.nix` says: lets `sshUser` log in with `authorizedKey` and makes it
        one of `nix.settings.trusted-users`, for Nix takes no inputs from others.
        A user that is not declared elsewhere becomes a system user.
      '';

      secretKeyFiles = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "/run/agenix/nix-signing-key" ];
        description = ''
          Files on this machine with the secret keys that it signs what it builds
          with: the other halves of `signingKey` in `fleet.nix`. Write them as
          strings: a path of the Nix language would be copied to the Nix store,
          where everybody can read it.
        '';
      };
    };

    ussh.enable = switch ''
      Whether sudo on this machine takes an SSH certificate of the fleet's
      authority (`ca` in `fleet.nix`) from the forwarded agent in place of a
      password. The certificate must name the user who asks, and one of the
      authority's principals or `PRINCIPAL@HOST`, such as `sudoer@kelyus`.
    '';

    sshCA.enable = switch ''
      Whether sshd on this machine lets in who shows a certificate of the
      fleet's authority (`ca` in `fleet.nix`) that names the user.
    '';
  };

  config = mkMerge [
    {
      assertions =
        map (mistake: { assertion = false; message = "nixfleet: fleet.nix: ${mistake}"; }) mistakes
        ++ [
          (must (named != [ ])
            "there is no machine \"${self}\" in fleet.nix: add hosts.\"${self}\", or say in nixfleet.self which of them this one is.")
          (must (builtins.length named < 2)
            "\"${self}\" is the address of ${concatStringsSep " and " named}: say in nixfleet.self which of them this one is.")
        ];
      programs.ssh.knownHosts = fleetLib.knownHosts fleet;
    }

    (mkIf cfg.dispatch.enable {
      assertions = [
        (must (clashes == [ ])
          "two builders share the address ${concatStringsSep ", " clashes}, and Nix cannot tell them apart by their ports: give each a name of its own in DNS.")
      ];
      nix.buildMachines = fleetLib.buildMachinesFor self fleet;
      nix.distributedBuilds = true;
      nix.settings.trusted-public-keys = fleetLib.trustedPublicKeysFor self fleet;
      programs.ssh.extraConfig = fleetLib.sshConfigFor self fleet;
    })

    (mkIf cfg.builderRole.enable {
      assertions = [
        (must (role != null)
          "nixfleet.builderRole is on, but ${self} has no builder in fleet.nix: give it one, or switch the role off.")
        (must (role == null || sshUser != null)
          "the builder of ${self} in fleet.nix has no sshUser: nobody could log in to build.")
      ];
      warnings = optional
        (role != null && role.signingKey != null && (config.nix.settings.secret-key-files or [ ]) == [ ])
        "nixfleet: others trust the signingKey of ${self}, but ${self} signs nothing: set nixfleet.builderRole.secretKeyFiles.";
      nix.settings.secret-key-files = mkIf (cfg.builderRole.secretKeyFiles != [ ]) cfg.builderRole.secretKeyFiles;
    })

    (mkIf (sshUser != null) {
      nix.settings.trusted-users = [ sshUser ];
      users.users.${sshUser}.openssh.authorizedKeys.keys = optional (role.authorizedKey != null) role.authorizedKey;
    })

    (mkIf (sshUser != null && sshUser != "root") {
      # Somebody may build as who they are. The conditions stand at the leaves:
      # further up, whether there is a user would depend on what the user is.
      users.users.${sshUser} =
        let unlessPerson = mkIf (!config.users.users.${sshUser}.isNormalUser); in
        {
          isSystemUser = unlessPerson true;
          group = unlessPerson sshUser;
          useDefaultShell = unlessPerson true; # sshd runs Nix through the user's shell
        };
      users.groups.${sshUser} = { };
    })

    (mkIf cfg.ussh.enable {
      assertions = [
        (hasCA "nixfleet.ussh")
        (must (fleetLib.principals fleet != [ ]) "without ca.principals in fleet.nix pam_ussh would take any certificate: name one, such as \"sudoer\".")
        (must (builtins.all (p: builtins.match "[^,=[:space:]]+" p != null) (fleetLib.principals fleet))
          "pam_ussh cannot read a principal with a comma, an equals sign or a space: change ca.principals in fleet.nix.")
        (must (config.security.pam.ussh.group == null)
          "security.pam.ussh.group lets everybody outside of the group use sudo without a certificate: leave it out.")
      ];
      security.pam.ussh = fleetLib.ussh fleet self;
    })

    (mkIf cfg.sshCA.enable {
      assertions = [ (hasCA "nixfleet.sshCA") ];
      services.openssh.settings.TrustedUserCAKeys = mkIf (caFile != null) caFile;
    })
  ];
}
